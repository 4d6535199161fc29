//! HTTP clients: a pool of connections for each store, made on its first request.

use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    },
};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The same for services beside the machine, which answer at once or are not there.
const SIGN_IN_CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Connections that are idle for longer are closed: servers close theirs soon after.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Whose certificates a server may show.
#[derive(Clone, Copy, Debug)]
pub(super) enum Roots {
    /// Those that this system trusts.
    System,
    /// None: the server is asked without TLS.
    None,
}

/// A client for the store at `endpoint`.
pub(super) fn store_client(endpoint: &str) -> HttpClient {
    let roots = if endpoint.starts_with("http://") { Roots::None } else { Roots::System };
    HttpClient::new(Lazy { roots, connect_timeout: CONNECT_TIMEOUT, client: OnceLock::new() })
}

/// Makes the clients that credentials are fetched with.
#[derive(Debug)]
pub(super) struct SignIn;

impl HttpConnector for SignIn {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = OnceLock::new();
        let connect_timeout = SIGN_IN_CONNECT_TIMEOUT;
        Ok(HttpClient::new(Lazy { roots: Roots::System, connect_timeout, client }))
    }
}

/// A client that reads certificates when it is first used, not when a store is made.
#[derive(Debug)]
struct Lazy {
    roots: Roots,
    connect_timeout: Duration,
    client: OnceLock<Result<reqwest::Client, Unready>>,
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
struct Unready(String);

#[async_trait::async_trait]
impl HttpService for Lazy {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        match self.client.get_or_init(|| build(self.roots, self.connect_timeout)) {
            Ok(client) => client.call(request).await,
            Err(error) => Err(HttpError::new(HttpErrorKind::Unknown, error.clone())),
        }
    }
}

fn build(roots: Roots, connect_timeout: Duration) -> Result<reqwest::Client, Unready> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls(roots)?)
        .user_agent(concat!("trunks/", env!("CARGO_PKG_VERSION")))
        // A redirected request would have to be signed again.
        .redirect(reqwest::redirect::Policy::none())
        // Many requests side by side want many connections.
        .http1_only()
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build()
        .map_err(|error| Unready(error.to_string()))
}

fn tls(roots: Roots) -> Result<tokio_rustls::rustls::ClientConfig, Unready> {
    let mut store = tokio_rustls::rustls::RootCertStore::empty();
    if let Roots::System = roots {
        let found = rustls_native_certs::load_native_certs();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            return Err(Unready(
                "this system has no CA certificates: install them, or name a file of them in \
                 SSL_CERT_FILE"
                    .to_owned(),
            ));
        }
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = tokio_rustls::rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Unready(error.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(config)
}
