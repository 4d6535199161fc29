//! Which database, and how to get into it.

use secrecy::SecretString;
use std::{path::PathBuf, time::Duration};

/// What a [`Postgres`](super::Postgres) store is told.
///
/// What is `None` or empty is what libpq would take: see
/// [`with_environment`](PostgresConfig::with_environment) for variables and the password file, and
/// each field for what holds without them.
#[derive(Clone, Debug, Default)]
pub struct PostgresConfig {
    /// Names, addresses, or directories of Unix sockets (with a leading `/`), tried in this order.
    /// With more than one, only a server that takes writes will do. Empty: the local server.
    pub hosts: Vec<String>,
    /// One for each host, or one for all. Empty: 5432.
    pub ports: Vec<u16>,
    /// The role. `None`: the name of the system's user.
    pub user: Option<String>,
    /// The role's password, where the server asks for one.
    pub password: Option<SecretString>,
    /// The database, which must exist. `None`: the one named as the user.
    pub database: Option<String>,
    /// The schema that holds the tables. `None`: `trunks`.
    pub schema: Option<String>,
    /// What all keys begin with in the tables: empty, or ending with a slash.
    pub prefix: String,
    /// What is demanded of the connection. `None`: [`SslMode::Prefer`].
    pub ssl_mode: Option<SslMode>,
    /// A PEM file of the certificates that the server's must lead to. `None`: the system's, or
    /// `root.crt` in `.postgresql` of the home directory.
    pub root_certificate: Option<PathBuf>,
    /// A PEM file of the client's certificate, where the server asks for one.
    pub client_certificate: Option<PathBuf>,
    /// A PEM file of the client certificate's key.
    pub client_key: Option<PathBuf>,
    /// How long one host may take to let us in. `None`: 10 seconds.
    pub connect_timeout: Option<Duration>,
    /// How long a call may take, with all its attempts; one on a large value may take as long for
    /// each of its pieces. `None`: 30 seconds.
    pub deadline: Option<Duration>,
    /// How many connections are opened at most. `None`: 4.
    pub connections: Option<usize>,
    /// How long pieces of a large value may lie without being finished before they are swept.
    /// `None`: a day.
    pub grace: Option<Duration>,
    /// Why a password that should be there was not taken, for the error of a failed login.
    pub password_note: Option<String>,
}

/// What is demanded of the connection, in libpq's words.
///
/// # Source
/// PostgreSQL, "SSL Support", table "SSL Mode Descriptions"
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SslMode {
    /// Never TLS.
    Disable,
    /// TLS if the server has it, whoever it is.
    Prefer,
    /// TLS, whoever the server is; if a root certificate is given, as [`SslMode::VerifyCa`].
    Require,
    /// TLS, and the server's certificate leads to a root certificate.
    VerifyCa,
    /// TLS, and the certificate is for the host's name too.
    VerifyFull,
}

impl SslMode {
    /// Reads libpq's word for it. `allow` is [`SslMode::Prefer`]: TLS where it can be had.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "disable" => Self::Disable,
            "allow" | "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }

    /// libpq's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

impl PostgresConfig {
    /// Nothing but the name of a database.
    pub fn new(database: impl Into<String>) -> Self {
        Self { database: Some(database.into()), ..Self::default() }
    }

    pub(super) fn schema(&self) -> &str {
        self.schema.as_deref().unwrap_or("trunks")
    }

    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect_timeout.unwrap_or(Duration::from_secs(10))
    }

    pub(super) fn deadline(&self) -> Duration {
        self.deadline.unwrap_or(Duration::from_secs(30))
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.unwrap_or(4).max(1)
    }

    pub(super) fn grace(&self) -> Duration {
        self.grace.unwrap_or(Duration::from_secs(24 * 60 * 60))
    }

    /// The hosts with their ports, in the order in which they are tried.
    pub(super) fn places(&self) -> Vec<(String, u16)> {
        let local = [default_host()];
        let hosts = if self.hosts.is_empty() { &local[..] } else { &self.hosts };
        let port = |at| self.ports.get(at).or(self.ports.first()).copied().unwrap_or(5432);
        hosts.iter().enumerate().map(|(at, host)| (host.clone(), port(at))).collect()
    }
}

/// Where Debian's and most other packages put the socket, else the loopback.
fn default_host() -> String {
    let directory = "/var/run/postgresql";
    if std::path::Path::new(directory).is_dir() { directory } else { "localhost" }.to_owned()
}
