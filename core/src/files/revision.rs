//! Resolving a revision to an object.

use super::FileError;
use crate::{
    at_once,
    object::{Commit, Kind, Malformed, Object, ObjectId, Tag},
    odb::{Objects, ReadError},
    refs::RefName,
    repository::Repository,
    store::Store,
};
use alloc::{borrow::ToOwned, format, string::ToString, vec::Vec};

/// The object that a revision means.
///
/// A full object id, a ref's name or the short form of one (`main`, `v1.0`, `origin/main`), `HEAD` or
/// `@`; behind it any number of `~N` (first parents), `^N` (a parent), `^{}` (what a tag leads to),
/// `^{commit}`, `^{tree}`, `^{blob}`, `^{tag}` and `^{object}`. Abbreviated ids are not taken.
///
/// # Errors
/// `InvalidRevision`, `NoRevision`, `WrongKind`; `Repository(Missing)`: there is no repository.
///
/// # Source
/// gitrevisions(7)
pub async fn resolve<S: Store + Clone>(
    repository: &Repository<S>,
    revision: &str,
) -> Result<ObjectId, FileError> {
    let (base, steps) = parse(revision)?;
    let Some(mut id) = resolve_base(repository, base).await? else {
        repository.demand().await?;
        return Err(FileError::NoRevision { revision: revision.to_owned() });
    };
    for step in steps {
        id = step.take(&repository.objects, revision, id).await?;
    }
    Ok(id)
}

/// Follows tags, and a commit to its tree, until an object of the kind is reached.
pub(crate) async fn peel_to<S: Store>(
    objects: &Objects<S>,
    revision: &str,
    id: ObjectId,
    wanted: Kind,
) -> Result<(ObjectId, Object), FileError> {
    let mut at = id;
    loop {
        let object = match objects.read(&at).await {
            // Of an id that somebody has named nobody said that it is stored.
            Err(ReadError::Missing { id }) if is_named(revision, &id) => {
                return Err(FileError::NoRevision { revision: revision.to_owned() });
            }
            outcome => outcome?,
        };
        at = match object.kind {
            kind if kind == wanted => return Ok((at, object)),
            Kind::Tag => parsed(at, Tag::parse(&object.data))?.target,
            Kind::Commit if wanted == Kind::Tree => parsed(at, Commit::parse(&object.data))?.tree,
            found => {
                let revision = revision.to_owned();
                return Err(FileError::WrongKind { revision, found, wanted });
            }
        };
    }
}

/// Whether a revision begins with the id itself, rather than with a ref.
fn is_named(revision: &str, id: &ObjectId) -> bool {
    let base = revision.get(..2 * ObjectId::BYTES);
    base.is_some_and(|base| ObjectId::from_hex(base.as_bytes()).as_ref() == Ok(id))
}

pub(crate) fn parsed<T>(id: ObjectId, parsed: Result<T, Malformed>) -> Result<T, ReadError> {
    parsed.map_err(|error| ReadError::Corrupt { id, reason: error.to_string() })
}

/// A step from an object to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// `^N`: a commit's parent by its number, from 1; 0 is the commit itself.
    Parent(usize),
    /// `~N`: so many first parents.
    Ancestor(usize),
    /// `^{}`: the first object that is no tag.
    Untag,
    /// `^{kind}`
    Kind(Kind),
    /// `^{object}`
    Object,
}

fn parse(revision: &str) -> Result<(&str, Vec<Step>), FileError> {
    let invalid = |reason| {
        let revision = revision.to_owned();
        FileError::InvalidRevision { revision, reason }
    };
    let end = revision.find(['~', '^']).unwrap_or(revision.len());
    let (base, mut rest) = revision.split_at(end);
    if base.is_empty() {
        return Err(invalid("it begins with no name"));
    }
    let mut steps = Vec::new();
    while let Some(sign) = rest.chars().next() {
        rest = rest.get(1..).unwrap_or_default();
        if let Some(braced) = rest.strip_prefix('{') {
            let (kind, after) =
                braced.split_once('}').ok_or_else(|| invalid("a brace is not closed"))?;
            steps.push(match (sign, kind) {
                ('^', "") => Step::Untag,
                ('^', "object") => Step::Object,
                ('^', _) => Step::Kind(
                    Kind::from_name(kind.as_bytes())
                        .ok_or_else(|| invalid("only the kind of an object may stand in braces"))?,
                ),
                _ => return Err(invalid("a brace must follow ^")),
            });
            rest = after;
            continue;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let number = match number {
            "" => 1,
            _ => number.parse().map_err(|_| invalid("a number is too large"))?,
        };
        steps.push(match sign {
            '~' => Step::Ancestor(number),
            '^' => Step::Parent(number),
            _ => return Err(invalid("only ~ and ^ may follow a name")),
        });
        rest = after;
    }
    Ok((base, steps))
}

async fn resolve_base<S: Store + Clone>(
    repository: &Repository<S>,
    base: &str,
) -> Result<Option<ObjectId>, FileError> {
    // What is asked for in any case, and the format with it, so that nothing gets deeper.
    let first = at_once::join(repository.format(), repository.objects.packs());
    if let Ok(id) = ObjectId::from_hex(base.as_bytes()) {
        let (format, listed) = first.await;
        format?;
        listed?;
        return Ok(Some(id));
    }
    let names = candidates(base);
    let guess = repository.refs.guess_first(&names);
    let (guess, (format, listed)) = at_once::join(guess, first).await;
    format?;
    let guess = guess?;
    listed?;
    if guess.is_confirmed() {
        return Ok(guess.found.map(|found| found.id));
    }
    // The object's place in the packs is looked up meanwhile: most likely it is the one.
    let likely = guess.found.as_ref().map(|found| found.id);
    let look_up = async {
        if let Some(id) = likely {
            let _ = repository.objects.locate(&id).await;
        }
    };
    let confirmed = repository.refs.confirm_first(&names, guess);
    let (found, ()) = at_once::join(confirmed, look_up).await;
    Ok(found?.map(|found| found.id))
}

/// The refs that a name can mean, in git's order.
fn candidates(name: &str) -> Vec<RefName> {
    let full = [
        if name == "@" { "HEAD".to_owned() } else { name.to_owned() },
        format!("refs/{name}"),
        format!("refs/tags/{name}"),
        format!("refs/heads/{name}"),
        format!("refs/remotes/{name}"),
        format!("refs/remotes/{name}/HEAD"),
    ];
    match RefName::new(&full[0]) {
        // Who writes a full name means that ref: no request is spent on what git would try next.
        Ok(name) => [name].into(),
        Err(_) => full.iter().filter_map(|name| RefName::new(name).ok()).collect(),
    }
}

impl Step {
    async fn take<S: Store>(
        self,
        objects: &Objects<S>,
        revision: &str,
        id: ObjectId,
    ) -> Result<ObjectId, FileError> {
        match self {
            Step::Object => Ok(objects.header(&id).await.map(|_| id)?),
            Step::Kind(kind) => Ok(peel_to(objects, revision, id, kind).await?.0),
            Step::Untag => {
                let mut at = id;
                while objects.header(&at).await?.0 == Kind::Tag {
                    at = parsed(at, Tag::parse(&objects.read(&at).await?.data))?.target;
                }
                Ok(at)
            }
            Step::Parent(number) => parent(objects, revision, id, number).await,
            Step::Ancestor(generations) => {
                let mut at = parent(objects, revision, id, 0).await?;
                for _ in 0..generations {
                    at = parent(objects, revision, at, 1).await?;
                }
                Ok(at)
            }
        }
    }
}

async fn parent<S: Store>(
    objects: &Objects<S>,
    revision: &str,
    id: ObjectId,
    number: usize,
) -> Result<ObjectId, FileError> {
    let (id, object) = peel_to(objects, revision, id, Kind::Commit).await?;
    let Some(index) = number.checked_sub(1) else { return Ok(id) };
    let commit = parsed(id, Commit::parse(&object.data))?;
    let missing = || FileError::NoRevision { revision: revision.to_owned() };
    commit.parents.get(index).copied().ok_or_else(missing)
}
