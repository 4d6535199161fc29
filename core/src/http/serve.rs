//! From a request's head to its answer.

use super::{
    access::{Access, Keys, admit},
    api,
    body::Unanswered,
    error::Refusal,
    git::{self, Call, Service},
    head::{Connection, RequestHead, ResponseHead},
    route::{Route, route},
};
use crate::{
    limits::Limits,
    store::Store,
    wire::{Session, WireError},
};
use alloc::string::String;

/// What a host brings to a request.
#[derive(Clone, Debug)]
pub struct Host {
    /// What is accepted, and how much memory may be used.
    pub limits: Limits,
    /// The `agent` that is told to Git clients.
    pub agent: String,
    /// What tokens are signed with; without one there is nobody who may see what is private.
    pub keys: Keys,
    /// The time, in seconds since 1970.
    pub now_s: u64,
    /// Random bytes, new for each request.
    pub nonce: [u8; 20],
}

/// Answers one request.
///
/// # Errors
/// What went wrong, for the host's own log: the client was told as far as that was possible.
pub async fn serve<S: Store + Clone, C: Connection>(
    store: S,
    request: &RequestHead,
    connection: &mut C,
    host: &Host,
) -> Result<(), WireError> {
    if request.method == "OPTIONS" {
        return Ok(connection.begin(ResponseHead::preflight()).await?);
    }
    if request.path.starts_with(api::PREFIX) {
        return api::serve(store, request, connection, host).await;
    }
    let refusal = match answer(store, request, connection, host).await {
        Ok(outcome) => return outcome,
        Err(Unanswered::Lost(error)) => return Err(error.into()),
        Err(Unanswered::Refused(refusal)) => refusal,
    };
    connection.begin(refusal.head("text/plain; charset=utf-8")).await?;
    let mut text = refusal.message();
    text.push('\n');
    connection.write(text.into_bytes()).await?;
    match refusal {
        Refusal::Failed { message, .. } => Err(WireError::Refused { reason: message }),
        _ => Ok(()),
    }
}

async fn answer<S: Store + Clone, C: Connection>(
    store: S,
    request: &RequestHead,
    connection: &mut C,
    host: &Host,
) -> Result<Result<(), WireError>, Unanswered> {
    let call = call(request).map_err(Unanswered::Refused)?;
    let access = match call.service {
        Service::Upload => Access::Read,
        Service::Receive => Access::Write,
    };
    admit(&store, request, &call.name, access, host).await.map_err(Unanswered::Refused)?;
    git::serve(store, request, connection, host, &call).await
}

fn call(request: &RequestHead) -> Result<Call, Refusal> {
    let (name, service, session, method) = match route(&request.path)? {
        Route::InfoRefs(name) => (name, Service::of_query(request)?, Session::Advertise, "GET"),
        Route::UploadPack(name) => (name, Service::Upload, Session::Request, "POST"),
        Route::ReceivePack(name) => (name, Service::Receive, Session::Request, "POST"),
    };
    if request.method != method {
        return Err(Refusal::Method(method));
    }
    Ok(Call { name, service, session })
}
