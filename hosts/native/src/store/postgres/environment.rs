//! What libpq would take where nothing was said: its variables and its password file.

use super::{
    config::{PostgresConfig, SslMode},
    password_file::{self, Login},
};
use std::{ffi::OsString, path::PathBuf, time::Duration};
use trunks_core::store::StoreError;

/// Looks a variable of the environment up.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl PostgresConfig {
    /// Fills what was not said from `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`,
    /// `PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY` and `PGCONNECT_TIMEOUT`, then the password
    /// from the file at `PGPASSFILE` or `.pgpass` of the home directory.
    ///
    /// # Errors
    /// `Failed`: a variable does not say what it should.
    ///
    /// # Source
    /// PostgreSQL, "libpq: Environment Variables", "The Password File"
    pub fn with_environment(mut self, variable: Variable<'_>) -> Result<Self, StoreError> {
        let text = |name| variable(name).and_then(|value| value.into_string().ok());
        let said = |name| text(name).filter(|value| !value.is_empty());
        let path = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if self.hosts.is_empty() {
            self.hosts = list(&said("PGHOST").unwrap_or_default());
        }
        if self.ports.is_empty() {
            for port in list(&said("PGPORT").unwrap_or_default()) {
                self.ports.push(port.parse().map_err(|_| wrong("PGPORT", "a port"))?);
            }
        }
        self.user = self.user.or_else(|| said("PGUSER"));
        self.database = self.database.or_else(|| said("PGDATABASE"));
        if self.ssl_mode.is_none()
            && let Some(word) = said("PGSSLMODE")
        {
            let expects = "disable, prefer, require, verify-ca or verify-full";
            self.ssl_mode = Some(SslMode::parse(&word).ok_or_else(|| wrong("PGSSLMODE", expects))?);
        }
        if self.connect_timeout.is_none()
            && let Some(seconds) = said("PGCONNECT_TIMEOUT")
        {
            let seconds = seconds.trim().parse().map_err(|_| wrong("PGCONNECT_TIMEOUT", "seconds"));
            // 0 waits forever in libpq; a deadline is kept here all the same.
            self.connect_timeout = Some(seconds?).filter(|&s| s > 0).map(Duration::from_secs);
        }
        let home = path("HOME");
        let of_home = |name: &str| home.as_ref().map(|home| home.join(name));
        let known = |name| of_home(".postgresql").map(|d| d.join(name)).filter(|f| f.is_file());
        self.root_certificate =
            self.root_certificate.or_else(|| path("PGSSLROOTCERT")).or_else(|| known("root.crt"));
        if self.client_certificate.is_none() {
            self.client_certificate = path("PGSSLCERT").or_else(|| known("postgresql.crt"));
            self.client_key =
                self.client_key.or_else(|| path("PGSSLKEY")).or_else(|| known("postgresql.key"));
        }
        self.user = self.user.or_else(|| said("USER")).or_else(|| said("LOGNAME"));
        if self.password.is_none() {
            self.password = said("PGPASSWORD").map(Into::into);
        }
        if self.password.is_none()
            && let Some(file) = path("PGPASSFILE").or_else(|| of_home(".pgpass"))
        {
            self.look_into(&file);
        }
        Ok(self)
    }

    fn look_into(&mut self, file: &std::path::Path) {
        let user = self.user.clone().unwrap_or_default();
        let database = self.database.clone().unwrap_or_else(|| user.clone());
        for (host, port) in self.places() {
            let login = Login { host: &host, port, database: &database, user: &user };
            match password_file::find(file, &login) {
                Ok(None) => {}
                Ok(found) => {
                    self.password = found;
                    return;
                }
                Err(note) => self.password_note = Some(note),
            }
        }
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn wrong(name: &str, expects: &str) -> StoreError {
    StoreError::Failed { key: String::new(), reason: format!("{name} must be {expects}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::{fs, os::unix::fs::PermissionsExt};

    fn from(config: PostgresConfig, set: &[(&str, &str)]) -> PostgresConfig {
        let variable = |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        config.with_environment(&variable).expect("a configuration")
    }

    fn password(config: &PostgresConfig) -> Option<&str> {
        config.password.as_ref().map(|password| password.expose_secret())
    }

    #[test]
    fn variables_fill_what_was_not_said() {
        let set = [
            ("PGHOST", "one, two"),
            ("PGPORT", "5433,5434"),
            ("PGUSER", "me"),
            ("PGPASSWORD", "secret"),
            ("PGDATABASE", "mine"),
            ("PGSSLMODE", "verify-full"),
            ("PGCONNECT_TIMEOUT", "3"),
        ];
        let config = from(PostgresConfig::default(), &set);
        assert_eq!(config.places(), [("one".into(), 5433), ("two".into(), 5434)]);
        assert_eq!((config.user.as_deref(), password(&config)), (Some("me"), Some("secret")));
        assert_eq!(config.database.as_deref(), Some("mine"));
        assert_eq!(config.ssl_mode, Some(SslMode::VerifyFull));
        assert_eq!(config.connect_timeout(), Duration::from_secs(3));
        let said = PostgresConfig {
            hosts: vec!["said".into()],
            user: Some("you".into()),
            ssl_mode: Some(SslMode::Disable),
            ..PostgresConfig::new("yours")
        };
        let config = from(said, &set);
        assert_eq!(config.places(), [("said".into(), 5433)]);
        assert_eq!(config.user.as_deref(), Some("you"));
        assert_eq!(config.database.as_deref(), Some("yours"));
        assert_eq!(config.ssl_mode, Some(SslMode::Disable));
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [("PGPORT", "x"), ("PGSSLMODE", "on"), ("PGCONNECT_TIMEOUT", "soon")] {
            let variable = |asked: &str| (asked == name).then(|| OsString::from(value));
            let error = PostgresConfig::default().with_environment(&variable).expect_err(name);
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn the_password_file_is_found_and_must_be_private() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join(".pgpass");
        fs::write(&file, "db.example:5432:mine:me:from-the-file\n").expect("written");
        let set = [("HOME", home.path().to_str().expect("UTF-8")), ("PGUSER", "me")];
        let said =
            PostgresConfig { hosts: vec!["db.example".into()], ..PostgresConfig::new("mine") };
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("set");
        let config = from(said.clone(), &set);
        assert_eq!(password(&config), None);
        assert!(config.password_note.expect("a note").contains("chmod 600"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("set");
        let config = from(said, &set);
        assert_eq!(password(&config), Some("from-the-file"));
        assert!(!format!("{config:?}").contains("from-the-file"));
    }
}
