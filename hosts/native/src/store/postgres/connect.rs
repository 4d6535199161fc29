//! Getting into the database.

use super::{
    config::{PostgresConfig, SslMode},
    failure::{self, Failure},
};
use secrecy::ExposeSecret;
use std::{error::Error as _, io, time::Duration};
use tokio::time::timeout;
use tokio_postgres::{
    Client, Connection, Socket, config,
    error::SqlState,
    tls::{MakeTlsConnect, TlsConnect},
};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls;

type Tls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;

/// A client, and what moves its bytes.
pub(super) type Connected = (Client, Connection<Socket, <Tls as TlsConnect<Socket>>::Stream>);

/// Connects to the first host that lets us in.
pub(super) async fn connect(
    config: &PostgresConfig,
    tls: &MakeRustlsConnect,
    statement_timeout: Duration,
) -> Result<Connected, Failure> {
    let mut worst = None;
    for (host, port) in config.places() {
        let place = Place { config, host: &host, port };
        match place.connect(tls, statement_timeout).await {
            Ok(connected) => return Ok(connected),
            // What can be mended by waiting must not be hidden by a host that is down.
            Err(failure) => match &worst {
                Some(Failure::Busy(_) | Failure::Denied(_)) => {}
                _ => worst = Some(failure),
            },
        }
    }
    Err(worst.unwrap_or_else(|| Failure::Failed("no host is named".to_owned())))
}

/// What it means that no host said anything for so long.
pub(super) fn all_silent(config: &PostgresConfig, patience: Duration) -> Failure {
    let places = config.places();
    let places = places.iter().map(|(host, port)| Place { config, host, port: *port }.to_string());
    silent(&places.collect::<Vec<_>>().join(", "), patience)
}

fn silent(place: &str, patience: Duration) -> Failure {
    Failure::Lost(format!(
        "{place} did not let us in within {} s: check the host's name and port, the network, and what \
         is between",
        patience.as_secs()
    ))
}

struct Place<'a> {
    config: &'a PostgresConfig,
    host: &'a str,
    port: u16,
}

impl Place<'_> {
    async fn connect(
        &self,
        tls: &MakeRustlsConnect,
        statement_timeout: Duration,
    ) -> Result<Connected, Failure> {
        let patience = self.config.connect_timeout();
        let mut wanted = self.wanted();
        wanted.options(options(statement_timeout));
        let first = match timeout(patience, wanted.connect(tls.clone())).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => error,
            Err(_) => return Err(self.silent(patience)),
        };
        if !is_about_options(&first) {
            return Err(self.failure(&first));
        }
        // A pooler in between that knows no options: the server's own settings will do.
        match timeout(patience, self.wanted().connect(tls.clone())).await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(error)) => Err(self.failure(&error)),
            Err(_) => Err(self.silent(patience)),
        }
    }

    fn wanted(&self) -> config::Config {
        let mut wanted = config::Config::new();
        wanted
            .host(self.host)
            .port(self.port)
            .application_name("trunks")
            .keepalives_idle(Duration::from_secs(30))
            .keepalives_interval(Duration::from_secs(10))
            .keepalives_retries(3)
            .ssl_mode(self.ssl_mode());
        if let Some(user) = &self.config.user {
            wanted.user(user);
        }
        if let Some(password) = &self.config.password {
            wanted.password(password.expose_secret());
        }
        if let Some(database) = &self.config.database {
            wanted.dbname(database);
        }
        if self.config.places().len() > 1 {
            wanted.target_session_attrs(config::TargetSessionAttrs::ReadWrite);
        }
        wanted
    }

    fn ssl_mode(&self) -> config::SslMode {
        match self.config.ssl_mode.unwrap_or(SslMode::Prefer) {
            // Nobody is in between there, and servers speak no TLS there.
            _ if self.host.starts_with('/') => config::SslMode::Disable,
            SslMode::Disable => config::SslMode::Disable,
            SslMode::Prefer => config::SslMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => config::SslMode::Require,
        }
    }

    fn silent(&self, patience: Duration) -> Failure {
        silent(&self.to_string(), patience)
    }

    fn failure(&self, error: &tokio_postgres::Error) -> Failure {
        if let Some(said) = error.as_db_error() {
            return self.refusal(said);
        }
        let text = failure::with_causes(error);
        if text.contains("password missing") {
            let note = self.config.password_note.as_deref();
            return Failure::Denied(format!(
                "{self} asks {} for a password, and none was given: {}",
                self.user(),
                note.unwrap_or("say it in PGPASSWORD or the password file (.pgpass)")
            ));
        }
        if let Some(failure) = self.tls_failure(error, &text) {
            return failure;
        }
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        if text.starts_with("error connecting") {
            let cause = cause.map_or(text.clone(), ToString::to_string);
            return match error.source().and_then(|cause| cause.downcast_ref::<io::Error>()) {
                Some(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    Failure::Denied(format!("{self}: {cause}"))
                }
                Some(error) if error.kind() == io::ErrorKind::TimedOut => {
                    Failure::Lost(format!("{self} does not answer: {cause}"))
                }
                _ => Failure::Unreachable(format!(
                    "{self} cannot be reached: {cause}; check the host's name and port, and that \
                     the server runs and listens there"
                )),
            };
        }
        if text.starts_with("authentication error") {
            return Failure::Denied(format!("{self}: {text}"));
        }
        Failure::Lost(format!("{self}: {text}"))
    }

    /// What a failed handshake means.
    fn tls_failure(&self, error: &tokio_postgres::Error, text: &str) -> Option<Failure> {
        let mode = self.config.ssl_mode.unwrap_or(SslMode::Prefer).as_str();
        if text.contains("server does not support TLS") {
            return Some(Failure::Failed(format!(
                "{self} speaks no TLS, which sslmode={mode} demands: turn ssl on in the server"
            )));
        }
        let mut cause = error.source();
        let mut refused = None;
        while let Some(error) = cause {
            let io = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
            let inner = io.and_then(|error| error.downcast_ref::<rustls::Error>());
            refused = refused.or(inner).or(error.downcast_ref::<rustls::Error>());
            cause = error.source();
        }
        match refused? {
            rustls::Error::InvalidCertificate(why) => Some(Failure::Denied(format!(
                "the certificate of {self} is not accepted under sslmode={mode}: {why}; say in \
                 sslrootcert which certificates to trust, or name the host as the certificate does"
            ))),
            other => Some(Failure::Failed(format!("{self}: no TLS connection: {other}"))),
        }
    }

    /// What the server said instead of letting us in.
    fn refusal(&self, said: &tokio_postgres::error::DbError) -> Failure {
        let message = said.message();
        let database = self.config.database.as_deref().unwrap_or("");
        match *said.code() {
            SqlState::INVALID_PASSWORD => {
                Failure::Denied(format!("{self}: {message}; check the password of {}", self.user()))
            }
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION => Failure::Denied(format!(
                "{self}: {message}; check the role's name, and pg_hba.conf on the server"
            )),
            SqlState::INVALID_CATALOG_NAME => {
                Failure::Failed(format!("{self}: {message}; make it first: createdb {database}"))
            }
            SqlState::INSUFFICIENT_PRIVILEGE => Failure::Denied(format!(
                "{self}: {message}; let the owner grant connect on database {database}"
            )),
            SqlState::TOO_MANY_CONNECTIONS | SqlState::CANNOT_CONNECT_NOW => {
                Failure::Busy(format!("{self}: {message}"))
            }
            _ => match failure::of_server(said) {
                Failure::Failed(text) => Failure::Failed(format!("{self}: {text}")),
                other => other,
            },
        }
    }

    fn user(&self) -> String {
        self.config.user.as_deref().map_or("the role".to_owned(), |user| format!("role {user:?}"))
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.starts_with('/') {
            write!(f, "{}/.s.PGSQL.{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Settings of a session. A statement whose client is gone ends by itself.
fn options(statement_timeout: Duration) -> String {
    format!(
        "-c statement_timeout={} -c default_transaction_isolation=read\\ committed \
         -c client_min_messages=warning",
        statement_timeout.as_millis()
    )
}

fn is_about_options(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|said| {
        *said.code() == SqlState::PROTOCOL_VIOLATION && said.message().contains("options")
            || said.message().contains("startup parameter")
    })
}
