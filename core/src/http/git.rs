//! Git's smart HTTP.

use super::{
    body::{Dialogue, Unanswered},
    error::Refusal,
    head::{Connection, RequestHead, ResponseHead},
    serve::Host,
};
use crate::{
    repository::{RepoName, Repository},
    store::Store,
    wire::{ReceiveOptions, Session, UploadOptions, Version, WireError, receive_pack, upload_pack},
};
use alloc::{format, vec::Vec};

/// What a Git client talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Upload,
    Receive,
}

impl Service {
    /// The service that `info/refs` is asked for.
    pub fn of_query(request: &RequestHead) -> Result<Self, Refusal> {
        match request.parameter("service") {
            Some("git-upload-pack") => Ok(Self::Upload),
            Some("git-receive-pack") => Ok(Self::Receive),
            Some(_) => Err(Refusal::Forbidden("there is no such service")),
            None => Err(Refusal::Forbidden("only smart HTTP is served here: use a newer git")),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Upload => "git-upload-pack",
            Self::Receive => "git-receive-pack",
        }
    }
}

/// Serves one request to a repository, by someone who may make it.
///
/// # Source
/// gitprotocol-http(5)
pub(super) async fn serve<S: Store + Clone, C: Connection>(
    store: S,
    request: &RequestHead,
    connection: &mut C,
    host: &Host,
    call: &Call,
) -> Result<Result<(), WireError>, Unanswered> {
    let Call { name, service, session } = call;
    let repository = Repository::open(store, name, host.limits.clone());
    let exists = repository.exists().await.map_err(|error| refused(Refusal::of(&error)))?;
    if !exists {
        return Err(refused(Refusal::NotFound));
    }
    let version = version(request);
    let head = head(request, *service, *session).map_err(refused)?;
    let preface = preface(*service, *session, version);
    let mut dialogue = Dialogue::new(connection, request, head, preface).map_err(refused)?;
    let (session, agent) = (*session, host.agent.clone());
    let outcome = match service {
        Service::Upload => {
            let options = UploadOptions { version, session, agent };
            upload_pack(&repository, &mut dialogue, &options).await
        }
        Service::Receive => {
            let options = ReceiveOptions { version, session, agent, nonce: host.nonce };
            receive_pack(&repository, &mut dialogue, &options).await
        }
    };
    dialogue.finish().await.map(|()| outcome)
}

/// What of which repository is asked for.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub name: RepoName,
    pub service: Service,
    pub session: Session,
}

fn refused(refusal: Refusal) -> Unanswered {
    Unanswered::Refused(refusal)
}

fn head(
    request: &RequestHead,
    service: Service,
    session: Session,
) -> Result<ResponseHead, Refusal> {
    let name = service.name();
    if session == Session::Advertise {
        return Ok(ResponseHead::new(200, &format!("application/x-{name}-advertisement")));
    }
    let expected = format!("application/x-{name}-request");
    if request.header("content-type") != Some(&expected) {
        return Err(Refusal::MediaType(format!("the content-type must be {expected}")));
    }
    Ok(ResponseHead::new(200, &format!("application/x-{name}-result")))
}

/// What stands before an advertisement, except in version 2.
fn preface(service: Service, session: Session, version: Version) -> Vec<u8> {
    let is_v2 = version == Version::V2 && service == Service::Upload;
    if session != Session::Advertise || is_v2 {
        return Vec::new();
    }
    let line = format!("# service={}\n", service.name());
    format!("{:04x}{line}0000", line.len() + 4).into_bytes()
}

/// The highest version that the client speaks.
fn version(request: &RequestHead) -> Version {
    let keys = request.header("git-protocol").unwrap_or_default().split(':');
    let versions = keys.filter_map(|key| match key.trim() {
        "version=2" => Some(Version::V2),
        "version=1" => Some(Version::V1),
        _ => None,
    });
    versions.max_by_key(|version| *version as u8).unwrap_or_default()
}
