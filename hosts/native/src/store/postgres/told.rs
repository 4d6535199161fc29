//! What a URL and options say of a database.

use super::config::{PostgresConfig, SslMode};
use crate::store::{Key, OpenError, Server, StoreOptions};
use std::time::Duration;

impl PostgresConfig {
    /// The database that a URL and options name; what they leave open is libpq's.
    ///
    /// # Errors
    /// A value says nothing that can be meant.
    pub(in crate::store) fn told(
        server: &Server,
        database: &str,
        ssl_mode: Option<&str>,
        options: &StoreOptions,
    ) -> Result<Self, OpenError> {
        let word = options.text(Key::SslMode).or(ssl_mode);
        let ssl_mode =
            word.map(|word| SslMode::parse(word).ok_or_else(wrong_ssl_mode)).transpose()?;
        let timeout = options.timeout()?;
        let in_url = server.password.as_ref().map(|password| password.0.clone());
        let config = Self {
            hosts: server.host.split(',').filter(|h| !h.is_empty()).map(str::to_owned).collect(),
            ports: server.port.into_iter().collect(),
            user: server.user.clone(),
            password: options.secret(Key::Password).or(in_url),
            schema: options.text(Key::Schema).map(str::to_owned),
            ssl_mode,
            root_certificate: options.path(Key::SslRootCert),
            client_certificate: options.path(Key::SslCert),
            client_key: options.path(Key::SslKey),
            connect_timeout: timeout.map(|limit| limit.min(Duration::from_secs(10))),
            deadline: timeout,
            ..Self::new(database)
        };
        Ok(config.with_environment(&|name| std::env::var_os(name))?)
    }
}

fn wrong_ssl_mode() -> OpenError {
    OpenError::BadValue {
        flag: Key::SslMode.flag(),
        expects: "disable, prefer, require, verify-ca or verify-full",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreUrl;

    fn told(url: &str, said: &[(Key, &str)]) -> Result<PostgresConfig, OpenError> {
        let mut options = StoreOptions::new();
        for (key, value) in said {
            options.set(*key, *value);
        }
        match StoreUrl::parse(url).expect(url) {
            StoreUrl::Postgres { server, database, ssl_mode } => {
                PostgresConfig::told(&server, &database, ssl_mode.as_deref(), &options)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn url_and_options_are_put_together() {
        let said = [(Key::Schema, "mine"), (Key::Timeout, "5"), (Key::SslRootCert, "ca.pem")];
        let config = told("postgres://me@one:5433/db?sslmode=verify-ca", &said).expect("told");
        assert_eq!(config.places(), [("one".to_owned(), 5433)]);
        assert_eq!(config.user.as_deref(), Some("me"));
        assert_eq!(config.database.as_deref(), Some("db"));
        assert_eq!((config.schema(), config.ssl_mode), ("mine", Some(SslMode::VerifyCa)));
        assert_eq!(config.deadline(), Duration::from_secs(5));
        assert_eq!(config.connect_timeout(), Duration::from_secs(5));
        let config = told("postgres://h/db?sslmode=disable", &[(Key::SslMode, "require")]);
        assert_eq!(config.expect("told").ssl_mode, Some(SslMode::Require));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for said in [(Key::SslMode, "on"), (Key::Timeout, "0"), (Key::Timeout, "soon")] {
            let error = told("postgres://h/db", &[said]).expect_err(said.1).to_string();
            assert!(error.starts_with(&said.0.flag()), "{error}");
        }
    }
}
