//! One call of a store: requests are signed and sent until there is an answer, or no time is left.
//!
//! Everything is sent again after a failure that may pass. That is safe for conditional writes too:
//! their condition holds only once, and the answer says whether an earlier request
//! [may have acted](Reply::is_unsure), so that the caller looks who it was.

use super::{
    failure,
    text::{self, Refusal},
};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Method, StatusCode, header::CONTENT_LENGTH};
use object_store::client::{HttpClient, HttpError, HttpErrorKind, HttpRequest};
use std::{fmt::Debug, sync::OnceLock, time::Duration};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout, timeout_at},
};
use trunks_core::store::StoreError;

/// Requests of one store that are under way at once, at most.
const IN_FLIGHT: usize = 64;
/// How much a call may send for each second that it gets beyond its time.
const SLOWEST_BYTES_PER_S: u64 = 256 * 1024;
/// Of a call's time, what one request may use: a server that hangs is asked again.
const REQUESTS_IN_TIME: u32 = 3;
/// Connections that are refused in a row before the call gives up.
const CONNECTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Of an answer's length, what is believed before it has arrived.
const BELIEVED_BYTES: u64 = 64 * 1024 * 1024;

/// Where requests go, and how they show who sends them.
pub(super) trait Account: Debug + Send + Sync + 'static {
    /// The URL of the bucket's key, or of the bucket for an empty one. Has no query.
    fn url(&self, key: &str) -> String;

    /// What a user knows the store by, as in `bucket "name" at host`.
    fn place(&self) -> String;

    /// Adds what shows who asks.
    ///
    /// # Errors
    /// Why there are no credentials, and what to do.
    fn sign(&self, request: &mut HttpRequest) -> impl Future<Output = Result<(), String>> + Send;

    /// Looks at a refusal; true if the same request will do better now.
    fn learn(&self, _refused: &Reply) -> bool {
        false
    }
}

/// A request, before it is signed.
#[derive(Clone, Debug)]
pub(super) struct Call<'k> {
    pub method: Method,
    /// The bucket's key; empty for the bucket itself.
    pub key: &'k str,
    /// Escaped; empty for none.
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The request itself, if it was signed before: it is worth nothing once that is long ago.
    pub signed: Option<HttpRequest>,
}

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Whether an earlier request of this call may have taken effect.
    pub is_unsure: bool,
    /// Whether a success may turn out to be a failure: S3 begins its answer to the end of an upload
    /// before it knows.
    may_recant: bool,
    refusal: OnceLock<Refusal>,
}

/// A bucket's connections.
#[derive(Debug)]
pub(super) struct Wire<A> {
    pub account: A,
    client: HttpClient,
    places: Semaphore,
    timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
struct Broken {
    reason: String,
    kind: BrokenKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BrokenKind {
    /// No connection: nothing was sent.
    NotSent,
    /// It was sent, or may have been.
    Sent,
    /// Trying again is in vain.
    ForGood,
}

impl<'k> Call<'k> {
    pub fn new(method: Method, key: &'k str) -> Self {
        let (query, headers, body) = (String::new(), HeaderMap::new(), Bytes::new());
        Self { method, key, query, headers, body, signed: None }
    }
}

impl Reply {
    /// What the store says about a refusal.
    pub fn refusal(&self) -> &Refusal {
        self.refusal.get_or_init(|| {
            if self.status.is_success() && !self.may_recant {
                return Refusal::default();
            }
            let mut refusal = Refusal::parse(&self.body);
            if let (true, Some(code)) =
                (refusal.code.is_empty(), text::header(&self.headers, "x-ms-error-code"))
            {
                refusal.code = code.to_owned();
            }
            refusal
        })
    }

    /// Whether the same request may succeed a little later.
    fn is_passing(&self) -> bool {
        match self.status.as_u16() {
            408 | 429 | 500 | 502 | 503 | 504 => true,
            // Two conditional writes at once on S3: neither lost yet.
            409 => matches!(
                self.refusal().code.as_str(),
                "ConditionalRequestConflict" | "OperationAborted"
            ),
            400 => self.refusal().code == "RequestTimeout",
            200 => matches!(
                self.refusal().code.as_str(),
                "InternalError" | "ServiceUnavailable" | "SlowDown"
            ),
            _ => false,
        }
    }

    fn may_have_acted(&self) -> bool {
        !matches!(self.status.as_u16(), 400 | 409 | 429)
    }

    fn retry_after(&self) -> Option<Duration> {
        let seconds = text::header(&self.headers, "retry-after")?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

impl<A: Account> Wire<A> {
    pub fn new(account: A, client: HttpClient, timeout: Duration) -> Self {
        Self { account, client, places: Semaphore::new(IN_FLIGHT), timeout }
    }

    /// How long a call may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends `call`, and again after what may pass.
    ///
    /// # Errors
    /// `Unavailable`: there was no answer in time, or none but failures that may pass.
    /// `Denied`: there are no credentials. `Failed`: the server cannot be trusted.
    pub async fn send(&self, call: &Call<'_>) -> Result<Reply, StoreError> {
        let _place = self.places.acquire().await;
        let started = Instant::now();
        let sending = Duration::from_secs(call.body.len() as u64 / SLOWEST_BYTES_PER_S);
        let deadline = started + self.timeout + sending;
        let (mut is_unsure, mut refused_connects, mut pause) = (false, 0, FIRST_PAUSE);
        loop {
            let limit = (Instant::now() + self.timeout / REQUESTS_IN_TIME + sending).min(deadline);
            let (reason, least) = match self.attempt(call, limit).await? {
                Ok(mut reply) if !reply.is_passing() => {
                    reply.is_unsure = is_unsure;
                    return Ok(reply);
                }
                Ok(reply) => {
                    is_unsure |= reply.may_have_acted();
                    (failure::said(&reply), reply.retry_after())
                }
                Err(broken) if broken.kind == BrokenKind::ForGood => {
                    return Err(failure::failed(call.key, broken.reason));
                }
                Err(broken) => {
                    let is_sent = broken.kind == BrokenKind::Sent;
                    is_unsure |= is_sent;
                    refused_connects = if is_sent { 0 } else { refused_connects + 1 };
                    (broken.reason, None)
                }
            };
            let wait = pause.mul_f64(0.5 + jitter() / 2.0).max(least.unwrap_or_default());
            if refused_connects == CONNECTS || Instant::now() + wait >= deadline {
                return Err(failure::unavailable(call.key, reason));
            }
            sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Signs `call` as of now, however late it is sent.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`: there are no credentials.
    pub async fn sign(&self, call: &mut Call<'_>) -> Result<(), StoreError> {
        match self.request(call, Instant::now() + self.timeout).await? {
            Ok(request) => call.signed = Some(request),
            Err(broken) => return Err(failure::unavailable(call.key, broken.reason)),
        }
        Ok(())
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        limit: Instant,
    ) -> Result<Result<Reply, Broken>, StoreError> {
        let mut has_learned = false;
        loop {
            let outcome = match self.request(call, limit).await? {
                Ok(request) => {
                    let mut outcome = self.exchange(request, limit).await;
                    if let Ok(reply) = &mut outcome {
                        reply.may_recant = call.method == Method::POST;
                    }
                    outcome
                }
                Err(broken) => Err(broken),
            };
            match outcome {
                Ok(reply) if !has_learned && self.account.learn(&reply) => has_learned = true,
                outcome => return Ok(outcome),
            }
        }
    }

    async fn request(
        &self,
        call: &Call<'_>,
        limit: Instant,
    ) -> Result<Result<HttpRequest, Broken>, StoreError> {
        if let Some(signed) = &call.signed {
            return Ok(Ok(signed.clone()));
        }
        let mut url = self.account.url(call.key);
        if !call.query.is_empty() {
            url = format!("{url}?{}", call.query);
        }
        let mut request = http::Request::builder()
            .method(call.method.clone())
            .uri(url)
            .body(call.body.clone().into())
            .map_err(|error| failure::failed(call.key, format!("the URL is wrong: {error}")))?;
        *request.headers_mut() = call.headers.clone();
        if !call.body.is_empty() || matches!(call.method, Method::PUT | Method::POST) {
            request.headers_mut().insert(CONTENT_LENGTH, call.body.len().into());
        }
        match timeout_at(limit, self.account.sign(&mut request)).await {
            Ok(Ok(())) => Ok(Ok(request)),
            Ok(Err(reason)) => Err(failure::denied(call.key, reason)),
            Err(_) => Ok(Err(Broken {
                reason: "no answer from where the credentials come from".to_owned(),
                kind: BrokenKind::NotSent,
            })),
        }
    }

    async fn exchange(&self, request: HttpRequest, limit: Instant) -> Result<Reply, Broken> {
        let hanging = || Broken {
            reason: format!(
                "no answer from {} within {} s: check the endpoint, the network, and what is between",
                self.account.place(),
                self.timeout.as_secs()
            ),
            kind: BrokenKind::Sent,
        };
        let answer = timeout_at(limit, self.client.execute(request)).await;
        let answer = answer.map_err(|_| hanging())?.map_err(|error| self.broken(&error))?;
        let (parts, body) = answer.into_parts();
        let length = text::header(&parts.headers, "content-length").and_then(|n| n.parse().ok());
        let is_bodied = parts.status.is_success();
        let length = if is_bodied { length.unwrap_or(0) } else { 0 };
        let mut bytes = Vec::with_capacity(u64::min(length, BELIEVED_BYTES) as usize);
        let mut chunks = body.bytes_stream();
        let idle = self.timeout / REQUESTS_IN_TIME;
        while let Some(chunk) = timeout(idle, chunks.next()).await.map_err(|_| hanging())? {
            bytes.extend_from_slice(&chunk.map_err(|error| self.broken(&error))?);
        }
        Ok(Reply {
            status: parts.status,
            headers: parts.headers,
            body: bytes,
            is_unsure: false,
            may_recant: false,
            refusal: OnceLock::new(),
        })
    }

    fn broken(&self, error: &HttpError) -> Broken {
        let cause = innermost(error);
        let (is_untrusted, is_unready) =
            (cause.contains("certificate"), error.kind() == HttpErrorKind::Unknown);
        let kind = match error.kind() {
            _ if is_untrusted => BrokenKind::ForGood,
            HttpErrorKind::Connect => BrokenKind::NotSent,
            _ => BrokenKind::Sent,
        };
        let place = self.account.place();
        let reason = match kind {
            BrokenKind::ForGood if is_unready => cause,
            BrokenKind::ForGood => format!(
                "{place} cannot be trusted: {cause}; name the file of its CA in SSL_CERT_FILE"
            ),
            BrokenKind::NotSent => {
                format!("cannot reach {place}: {cause}; check the endpoint and the network")
            }
            BrokenKind::Sent => format!("the connection to {place} broke: {cause}"),
        };
        Broken { reason, kind }
    }
}

fn innermost(error: &HttpError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// A number from 0 to 1.
fn jitter() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness all wait for equally long.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
