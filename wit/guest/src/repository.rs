//! The repository export: each function calls the core's of the same name.

use crate::{
    bindings::exports::trunks::core::repository as wit, error::invalid, exchange::Client,
    storage::Storage,
};
use trunks_core::{
    check::{self, CheckOptions},
    exchange::Exchange,
    files::{
        self,
        commit::{self, Applied, Change, CommitRequest, Content, Person},
    },
    limits::Limits,
    object::{Mode, ObjectId},
    refs::{Head, OldValue, Peeled, Ref, RefName, RefUpdate},
    repository::{CreateOptions, Peel, RepoName, Repository, RepositoryInfo},
    wire::{self, ReceiveOptions, Session, UploadOptions, Version, WireError},
};
use wit::Error;

/// What implements the export.
#[derive(Debug)]
pub struct Exports;

impl wit::Guest for Exports {
    async fn create(name: String, options: wit::CreateOptions) -> Result<(), Error> {
        let options = CreateOptions {
            default_branch: options.default_branch,
            is_static: options.is_static,
            id: options.id,
        };
        Ok(Repository::create(Storage, &RepoName::new(&name)?, &options).await?)
    }

    async fn names(after: Option<String>, limit: u32) -> Result<Vec<String>, Error> {
        let names = Repository::list(Storage, after.as_deref(), limit).await?;
        Ok(names.iter().map(|name| name.as_str().to_owned()).collect())
    }

    async fn remove(name: String) -> Result<(), Error> {
        Ok(Repository::delete(Storage, &RepoName::new(&name)?).await?)
    }

    async fn show(name: String) -> Result<wit::RepositoryInfo, Error> {
        let RepositoryInfo { id, head, is_static, is_public } = open(&name)?.show().await?;
        Ok(wit::RepositoryInfo { id, head: told_head(head), is_static, is_public })
    }

    async fn set_public(name: String, is_public: bool) -> Result<(), Error> {
        Ok(open(&name)?.set_public(is_public).await?)
    }

    async fn refs(name: String, prefixes: Vec<String>, peel: bool) -> Result<wit::Listing, Error> {
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let peel = if peel { Peel::All } else { Peel::Known };
        let listing = open(&name)?.list_refs(&prefixes, peel).await?;
        Ok(wit::Listing {
            head: told_head(listing.head),
            refs: listing.refs.into_iter().map(told_ref).collect(),
            broken: listing.broken,
        })
    }

    async fn update_refs(
        name: String,
        updates: Vec<wit::RefUpdate>,
    ) -> Result<Vec<Result<(), Error>>, Error> {
        let updates = updates.into_iter().map(asked_update).collect::<Result<Vec<_>, _>>()?;
        let outcomes = open(&name)?.update_refs(&updates).await?;
        Ok(outcomes.into_iter().map(|outcome| outcome.map_err(Error::from)).collect())
    }

    async fn move_refs(
        name: String,
        updates: Vec<wit::RefUpdate>,
    ) -> Result<Vec<Result<(), Error>>, Error> {
        let updates = updates.into_iter().map(asked_update).collect::<Result<Vec<_>, _>>()?;
        let outcomes = open(&name)?.move_refs(&updates).await?;
        Ok(outcomes.into_iter().map(|outcome| outcome.map_err(Error::from)).collect())
    }

    async fn pack_refs(name: String) -> Result<u32, Error> {
        let removed = open(&name)?.pack_refs().await?;
        Ok(removed.try_into().unwrap_or(u32::MAX))
    }

    async fn set_head(name: String, head: wit::Head) -> Result<(), Error> {
        let head = match head {
            wit::Head::Symbolic(name) => Head::Symbolic(RefName::new(&name)?),
            wit::Head::Detached(id) => Head::Detached(id.parse()?),
        };
        Ok(open(&name)?.set_head(&head).await?)
    }

    async fn upload_pack(name: String, options: wit::WireOptions) -> Result<(), Error> {
        let options = UploadOptions {
            version: version(options.version),
            session: session(options.session),
            agent: options.agent,
        };
        Ok(wire::upload_pack(&open(&name)?, &mut Client, &options).await?)
    }

    async fn receive_pack(name: String, options: wit::WireOptions) -> Result<(), Error> {
        let options = ReceiveOptions {
            version: version(options.version),
            session: session(options.session),
            agent: options.agent,
            nonce: nonce(options.nonce)?,
        };
        Ok(wire::receive_pack(&open(&name)?, &mut Client, &options).await?)
    }

    async fn packs(name: String) -> Result<Vec<wit::Pack>, Error> {
        let repository = open(&name)?;
        let packs = repository.objects.packs().await?;
        let told = packs.into_iter().map(|pack| wit::Pack {
            pack_key: repository.layout().pack(&pack.name),
            idx_key: repository.layout().idx(&pack.name),
            pack_bytes: pack.pack_bytes,
            idx_bytes: pack.idx_bytes,
        });
        Ok(told.collect())
    }

    fn pack_keys(name: String, checksum: String) -> Result<(String, String), Error> {
        let repository = open(&name)?;
        let checksum = checksum.parse::<ObjectId>()?.to_string();
        let layout = repository.layout();
        Ok((layout.pack(&checksum), layout.idx(&checksum)))
    }

    async fn is_doomed(name: String, keys: Vec<String>) -> Result<bool, Error> {
        let repository = open(&name)?;
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        Ok(check::is_doomed(&Storage, repository.layout(), &keys).await?)
    }

    async fn read_file(
        name: String,
        revision: String,
        path: Vec<u8>,
        range: Option<wit::ByteRange>,
    ) -> Result<wit::FileStat, Error> {
        let repository = open(&name)?;
        let range = range.map(|range| range.start..range.end);
        let mut file = files::open(&repository, &revision, &path, range).await?;
        while let Some(piece) = file.next().await? {
            Client.write(piece).await.map_err(WireError::from)?;
        }
        Ok(told_stat(&file.stat))
    }

    async fn stat(name: String, revision: String, path: String) -> Result<wit::FileStat, Error> {
        Ok(told_stat(&files::stat(&open(&name)?, &revision, path.as_bytes()).await?))
    }

    async fn list_files(
        name: String,
        revision: String,
        path: String,
    ) -> Result<Vec<wit::TreeEntry>, Error> {
        let entries = files::list(&open(&name)?, &revision, path.as_bytes()).await?;
        let told = entries.into_iter().map(|entry| wit::TreeEntry {
            name: entry.name,
            mode: entry.mode.0,
            id: entry.id.to_string(),
        });
        Ok(told.collect())
    }

    async fn commit(name: String, request: wit::CommitRequest) -> Result<String, Error> {
        let request = asked_commit(request)?;
        Ok(commit::commit(&open(&name)?, &request).await?.to_string())
    }

    async fn apply(name: String, request: wit::CommitRequest) -> Result<wit::Applied, Error> {
        let request = asked_commit(request)?;
        let Applied { id, parent } = commit::apply(&open(&name)?, &request).await?;
        let parent = parent.map(|id| id.to_string());
        Ok(wit::Applied { id: id.to_string(), parent })
    }

    async fn check(name: String, options: wit::CheckOptions) -> Result<wit::Report, Error> {
        let wit::CheckOptions { clean, now_s, grace_s, owner } = options;
        let options = CheckOptions { clean, now_s, grace_s, owner };
        let report = check::run(&open(&name)?, &options).await?;
        Ok(wit::Report {
            objects: report.objects,
            packs: report.packs,
            refs: report.refs,
            problems: report.problems,
            kept: report.kept,
            unreachable: report.unreachable,
            packed_refs: report.packed_refs,
        })
    }
}

pub(crate) fn open(name: &str) -> Result<Repository<Storage>, Error> {
    Ok(Repository::open(Storage, &RepoName::new(name)?, Limits::default()))
}

fn told_head(head: Head) -> wit::Head {
    match head {
        Head::Symbolic(name) => wit::Head::Symbolic(name.as_str().to_owned()),
        Head::Detached(id) => wit::Head::Detached(id.to_string()),
    }
}

fn told_ref(found: Ref) -> wit::Reference {
    wit::Reference {
        name: found.name.as_str().to_owned(),
        id: found.id.to_string(),
        peeled: match found.peeled {
            Peeled::NoTag => wit::Peeled::NoTag,
            Peeled::To(id) => wit::Peeled::To(id.to_string()),
            Peeled::Unknown => wit::Peeled::Unknown,
        },
        symbolic: found.symbolic.map(|target| target.as_str().to_owned()),
    }
}

fn asked_update(update: wit::RefUpdate) -> Result<RefUpdate, Error> {
    Ok(RefUpdate {
        name: RefName::new(&update.name)?,
        old: match update.old {
            wit::OldValue::Any => OldValue::Any,
            wit::OldValue::Absent => OldValue::Absent,
            wit::OldValue::Is(id) => OldValue::Is(id.parse()?),
        },
        new: update.new.map(|id| id.parse()).transpose()?,
    })
}

fn told_stat(stat: &files::Stat) -> wit::FileStat {
    wit::FileStat { id: stat.id.to_string(), mode: stat.mode.0, size_bytes: stat.size_bytes }
}

fn asked_commit(request: wit::CommitRequest) -> Result<CommitRequest, Error> {
    Ok(CommitRequest {
        branch: RefName::new(&request.branch)?,
        parent: request.parent.map(|id| id.parse()).transpose()?,
        changes: request.changes.into_iter().map(asked_change).collect(),
        author: asked_person(request.author),
        committer: asked_person(request.committer),
        message: request.message.into_bytes(),
        nonce: nonce(request.nonce)?,
    })
}

fn asked_change(change: wit::Change) -> Change {
    let content = match change.content {
        wit::Content::Nothing => Content::Nothing,
        wit::Content::Blob(wit::Blob { mode, bytes }) => Content::Blob { mode: Mode(mode), bytes },
        wit::Content::Moved(from) => Content::Moved { from: from.into_bytes() },
        wit::Content::Copied(from) => Content::Copied { from: from.into_bytes() },
    };
    Change { path: change.path.into_bytes(), content }
}

pub(crate) fn asked_person(person: wit::Person) -> Person {
    let wit::Person { name, email, time_s, zone_minutes } = person;
    Person { name, email, time_s, zone_minutes }
}

pub(crate) fn nonce(bytes: Vec<u8>) -> Result<[u8; 20], Error> {
    bytes.try_into().map_err(|_| invalid("the nonce must have 20 bytes"))
}

fn version(version: wit::ProtocolVersion) -> Version {
    match version {
        wit::ProtocolVersion::V0 => Version::V0,
        wit::ProtocolVersion::V1 => Version::V1,
        wit::ProtocolVersion::V2 => Version::V2,
    }
}

fn session(session: wit::Session) -> Session {
    match session {
        wit::Session::Duplex => Session::Duplex,
        wit::Session::Advertise => Session::Advertise,
        wit::Session::Request => Session::Request,
    }
}
