//! The resource API: repositories, branches, tags, commits and files as JSON, below `/v1/`.
//!
//! A list is always `{"object":"list","data":[…],"limit","offset","total_count","has_more"}`, an error
//! `{"object":"error","code","message"}`. `openapi.json`, which is served as well, has every path.

mod call;
mod commits;
mod files;
mod openapi;
mod range;
mod refs;
mod reply;
mod repos;

use super::{
    body::{Dialogue, Unanswered},
    error::Refusal,
    head::{Connection, RequestHead, ResponseHead},
    serve::Host,
};
use crate::{code::Code, exchange::Exchange, store::Store, wire::WireError};
use alloc::vec::Vec;
use call::{Call, Place};
use reply::Reply;

/// What the paths of the API begin with.
pub(super) const PREFIX: &str = "/v1/";

/// Longest body of JSON, which is held whole.
const BODY_BYTES: usize = 16 * 1024 * 1024;

/// Serves one request.
pub(super) async fn serve<S: Store + Clone, C: Connection>(
    store: S,
    request: &RequestHead,
    connection: &mut C,
    host: &Host,
) -> Result<(), WireError> {
    let outcome = match place(request) {
        Ok(place) => answer(store, request, connection, host, &place).await,
        Err(refusal) => Err(Unanswered::Refused(refusal)),
    };
    let reply = match outcome {
        Ok(Some(reply)) => reply,
        Ok(None) => return Ok(()),
        Err(Unanswered::Lost(error)) => return Err(error.into()),
        Err(Unanswered::Refused(refusal)) => Reply::refusal(&refusal),
    };
    connection.begin(reply.head).await?;
    if !reply.body.is_empty() {
        connection.write(reply.body).await?;
    }
    Ok(())
}

/// The reply, or `None` when it was written already.
async fn answer<S: Store + Clone, C: Connection>(
    store: S,
    request: &RequestHead,
    connection: &mut C,
    host: &Host,
    place: &Place,
) -> Result<Option<Reply>, Unanswered> {
    if *place == Place::Description {
        return only_get(request).map(|()| Some(openapi::reply())).map_err(Unanswered::Refused);
    }
    let mut call = Call::new(store, request, host);
    if let Place::File(name, path) = place {
        only_get(request).map_err(Unanswered::Refused)?;
        return files::send(&call, name, path, connection).await;
    }
    if matches!(request.method.as_str(), "POST" | "PATCH") {
        call.body = body(request, connection).await?;
    }
    let reply = match place {
        Place::Repos => repos::all(&call).await,
        Place::Repo(name) => repos::one(&call, name).await,
        Place::Refs(name, kind) => refs::all(&call, name, *kind).await,
        Place::Ref(name, kind, short) => refs::one(&call, name, *kind, short).await,
        Place::Commits(name) => commits::all(&call, name).await,
        Place::Commit(name, revision) => commits::one(&call, name, revision).await,
        Place::Files(name) => files::list(&call, name).await,
        Place::Description | Place::File(..) => Err(Refusal::NotFound),
    };
    reply.map(Some).map_err(Unanswered::Refused)
}

fn only_get(request: &RequestHead) -> Result<(), Refusal> {
    if request.method == "GET" { Ok(()) } else { Err(Refusal::Method("GET")) }
}

fn place(request: &RequestHead) -> Result<Place, Refusal> {
    let path = request.path.strip_prefix(PREFIX).ok_or(Refusal::NotFound)?;
    call::place(path)
}

/// Reads a body of JSON.
async fn body<C: Connection>(
    request: &RequestHead,
    connection: &mut C,
) -> Result<Vec<u8>, Unanswered> {
    let head = ResponseHead::new(200, reply::JSON);
    let mut dialogue =
        Dialogue::new(connection, request, head, Vec::new()).map_err(Unanswered::Refused)?;
    let mut body = Vec::new();
    loop {
        match dialogue.read().await {
            Ok(piece) if piece.is_empty() => return Ok(body),
            Ok(mut piece) => body.append(&mut piece),
            Err(error) => return Err(Unanswered::Refused(Refusal::Malformed(error.reason))),
        }
        if body.len() > BODY_BYTES {
            let message = "a body of JSON can have 16 MiB: push what is larger".into();
            let code = Code::TooLarge;
            return Err(Unanswered::Refused(Refusal::Failed { code, message }));
        }
    }
}
