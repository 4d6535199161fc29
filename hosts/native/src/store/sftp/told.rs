//! What a URL and options say of a server.

use super::config::SftpConfig;
use crate::store::{Key, OpenError, Server, StoreOptions};

impl SftpConfig {
    /// The directory of a server that a URL and options name; what they leave open is left to `ssh`.
    ///
    /// # Errors
    /// A value says nothing that can be meant.
    pub(in crate::store) fn told(
        server: &Server,
        path: &str,
        options: &StoreOptions,
    ) -> Result<Self, OpenError> {
        let in_url = server.password.as_ref().map(|password| password.0.clone());
        let mut config = Self {
            port: server.port,
            user: server.user.clone(),
            password: options.secret(Key::Password).or(in_url),
            identity_file: options.path(Key::IdentityFile),
            passphrase: options.secret(Key::Passphrase),
            known_hosts: options.path(Key::KnownHosts),
            ..Self::new(&server.host, root(path))
        };
        if let Some(timeout) = options.timeout()? {
            config.connect_timeout = timeout;
            config.silence_timeout = timeout;
        }
        Ok(config)
    }
}

/// The directory on the server: `~` is where a login begins.
fn root(path: &str) -> &str {
    match path.strip_prefix('~') {
        Some(below) => below.trim_start_matches('/'),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreUrl;
    use secrecy::ExposeSecret;
    use std::time::Duration;

    fn told(url: &str, said: &[(Key, &str)]) -> Result<SftpConfig, OpenError> {
        let mut options = StoreOptions::new();
        for (key, value) in said {
            options.set(*key, *value);
        }
        match StoreUrl::parse(url).expect(url) {
            StoreUrl::Sftp { server, path } => SftpConfig::told(&server, &path, &options),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn url_and_options_are_put_together() {
        let said = [(Key::IdentityFile, "key"), (Key::Timeout, "5"), (Key::Password, "two")];
        let config = told("sftp://me:one@host:2222/srv/git", &said).expect("told");
        assert_eq!((config.host.as_str(), config.port), ("host", Some(2222)));
        assert_eq!((config.user.as_deref(), config.root.as_str()), (Some("me"), "/srv/git"));
        assert_eq!(config.password.map(|it| it.expose_secret().to_owned()), Some("two".to_owned()));
        assert!(config.identity_file.is_some() && config.known_hosts.is_none());
        assert_eq!(config.silence_timeout, Duration::from_secs(5));
        let config = told("sftp://me:one@host/srv", &[]).expect("told");
        assert_eq!(config.password.map(|it| it.expose_secret().to_owned()), Some("one".to_owned()));
    }

    #[test]
    fn a_tilde_is_where_a_login_begins() {
        for (url, root) in [
            ("sftp://h/~", ""),
            ("sftp://h/~/a/b", "a/b"),
            ("sftp://h/a", "/a"),
            ("sftp://h/", "/"),
        ] {
            assert_eq!(told(url, &[]).expect(url).root, root, "{url}");
        }
        assert_eq!(told("sftp://h/~me/a", &[]).expect("a directory").root, "/~me/a");
    }
}
