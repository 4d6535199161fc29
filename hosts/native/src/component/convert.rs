//! The core's types as the world's and back.

use super::{CoreError, StoredPack, bindings::exports::trunks::core::repository as wit};
use trunks_core::{
    check::{CheckOptions, Report},
    code::Code,
    files::{
        Entry, Stat,
        commit::{Change, CommitRequest, Content, Person},
    },
    object::{Mode, ObjectId},
    refs::{Head, OldValue, Peeled, Ref, RefName, RefUpdate},
    repository::{CreateOptions, RefListing, RepoName},
    wire::{ReceiveOptions, Session, UploadOptions, Version},
};

pub fn create_options(options: &CreateOptions) -> wit::CreateOptions {
    wit::CreateOptions {
        default_branch: options.default_branch.clone(),
        is_static: options.is_static,
        id: options.id.clone(),
    }
}

pub fn upload_options(options: &UploadOptions) -> wit::WireOptions {
    wit::WireOptions {
        version: version(options.version),
        session: session(options.session),
        agent: options.agent.clone(),
        nonce: Vec::new(),
    }
}

pub fn receive_options(options: &ReceiveOptions) -> wit::WireOptions {
    wit::WireOptions {
        version: version(options.version),
        session: session(options.session),
        agent: options.agent.clone(),
        nonce: options.nonce.to_vec(),
    }
}

pub fn check_options(options: &CheckOptions) -> wit::CheckOptions {
    let CheckOptions { clean, now_s, grace_s, owner } = options.clone();
    wit::CheckOptions { clean, now_s, grace_s, owner }
}

pub fn update(update: &RefUpdate) -> wit::RefUpdate {
    wit::RefUpdate {
        name: update.name.as_str().to_owned(),
        old: match update.old {
            OldValue::Any => wit::OldValue::Any,
            OldValue::Absent => wit::OldValue::Absent,
            OldValue::Is(id) => wit::OldValue::Is(id.to_string()),
        },
        new: update.new.map(|id| id.to_string()),
    }
}

pub fn head(head: &Head) -> wit::Head {
    match head {
        Head::Symbolic(name) => wit::Head::Symbolic(name.as_str().to_owned()),
        Head::Detached(id) => wit::Head::Detached(id.to_string()),
    }
}

pub fn listing(listing: wit::Listing) -> Result<RefListing, CoreError> {
    let head = match listing.head {
        wit::Head::Symbolic(name) => Head::Symbolic(ref_name(&name)?),
        wit::Head::Detached(id) => Head::Detached(object_id(&id)?),
    };
    let refs = listing.refs.iter().map(reference).collect::<Result<_, _>>()?;
    Ok(RefListing { head, refs, broken: listing.broken })
}

pub fn pack(pack: wit::Pack) -> StoredPack {
    StoredPack {
        pack_key: pack.pack_key,
        idx_key: pack.idx_key,
        pack_bytes: pack.pack_bytes,
        idx_bytes: pack.idx_bytes,
    }
}

pub fn report(report: wit::Report) -> Report {
    Report {
        objects: report.objects,
        packs: report.packs,
        refs: report.refs,
        problems: report.problems,
        kept: report.kept,
        unreachable: report.unreachable,
        packed_refs: report.packed_refs,
    }
}

pub fn stat(stat: &wit::FileStat) -> Result<Stat, CoreError> {
    let id = object_id(&stat.id)?;
    Ok(Stat { id, mode: Mode(stat.mode), size_bytes: stat.size_bytes })
}

pub fn entry(entry: wit::TreeEntry) -> Result<Entry, CoreError> {
    Ok(Entry { id: object_id(&entry.id)?, mode: Mode(entry.mode), name: entry.name })
}

pub fn commit_request(request: CommitRequest) -> Result<wit::CommitRequest, CoreError> {
    let changes = request.changes.into_iter().map(change).collect::<Result<_, _>>()?;
    Ok(wit::CommitRequest {
        branch: request.branch.as_str().to_owned(),
        parent: request.parent.map(|id| id.to_string()),
        changes,
        author: person(request.author),
        committer: person(request.committer),
        message: utf8(request.message)?,
        nonce: request.nonce.to_vec(),
    })
}

fn change(change: Change) -> Result<wit::Change, CoreError> {
    let content = match change.content {
        Content::Blob { mode, bytes } => wit::Content::Blob(wit::Blob { mode: mode.0, bytes }),
        Content::Moved { from } => wit::Content::Moved(utf8(from)?),
        Content::Copied { from } => wit::Content::Copied(utf8(from)?),
        Content::Nothing => wit::Content::Nothing,
    };
    Ok(wit::Change { path: utf8(change.path)?, content })
}

fn person(person: Person) -> wit::Person {
    let Person { name, email, time_s, zone_minutes } = person;
    wit::Person { name, email, time_s, zone_minutes }
}

/// Text of a commit, which is UTF-8 at the component's edge.
fn utf8(bytes: Vec<u8>) -> Result<String, CoreError> {
    String::from_utf8(bytes).map_err(|error| {
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        CoreError {
            code: Code::Invalid,
            message: format!("{text:?} is not UTF-8"),
            was_stopped: false,
        }
    })
}

pub fn repo_name(name: &str) -> Result<RepoName, CoreError> {
    RepoName::new(name).map_err(CoreError::internal)
}

pub fn object_id(id: &str) -> Result<ObjectId, CoreError> {
    id.parse().map_err(CoreError::internal)
}

fn ref_name(name: &str) -> Result<RefName, CoreError> {
    RefName::new(name).map_err(CoreError::internal)
}

fn reference(reference: &wit::Reference) -> Result<Ref, CoreError> {
    Ok(Ref {
        name: ref_name(&reference.name)?,
        id: object_id(&reference.id)?,
        peeled: match &reference.peeled {
            wit::Peeled::NoTag => Peeled::NoTag,
            wit::Peeled::To(id) => Peeled::To(object_id(id)?),
            wit::Peeled::Unknown => Peeled::Unknown,
        },
        symbolic: reference.symbolic.as_deref().map(ref_name).transpose()?,
    })
}

fn version(version: Version) -> wit::ProtocolVersion {
    match version {
        Version::V0 => wit::ProtocolVersion::V0,
        Version::V1 => wit::ProtocolVersion::V1,
        Version::V2 => wit::ProtocolVersion::V2,
    }
}

fn session(session: Session) -> wit::Session {
    match session {
        Session::Duplex => wit::Session::Duplex,
        Session::Advertise => wit::Session::Advertise,
        Session::Request => wit::Session::Request,
    }
}
