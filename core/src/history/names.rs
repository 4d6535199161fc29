//! Making and deleting branches and tags.

use crate::{
    at_once,
    code::{Code, Coded},
    files::{
        FileError,
        commit::{CommitError, PackBuilder, Person, publish},
        peel_to, resolve,
    },
    object::{Kind, NewTag, ObjectId},
    odb::ReadError,
    refs::{Head, InvalidRefName, OldValue, RefError, RefName, RefUpdate},
    repository::{Repository, RepositoryError, UpdateError},
    store::Store,
};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

/// What makes a tag an object of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Who makes it, and when.
    pub tagger: Person,
    /// The message, as it is to be stored.
    pub message: Vec<u8>,
    /// 20 random bytes.
    pub nonce: [u8; 20],
}

/// Why a branch or tag was not made or deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is one already.
    #[error("{name} exists already")]
    Exists {
        /// The ref.
        name: String,
    },
    /// There is none.
    #[error("{name} does not exist")]
    Missing {
        /// The ref.
        name: String,
    },
    /// It is the branch that is shown first.
    #[error("{name} is the default branch: make another one the default first")]
    Default {
        /// The ref.
        name: String,
    },
    /// Git does not allow the name.
    #[error(transparent)]
    InvalidName(#[from] InvalidRefName),
    /// The revision that it is to name could not be found.
    #[error(transparent)]
    File(#[from] FileError),
    /// The tag's object could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The ref could not be moved.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// The repository is not there.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Coded for NameError {
    fn code(&self) -> Code {
        match self {
            Self::Exists { .. } => Code::Exists,
            Self::Missing { .. } => Code::NotFound,
            Self::Default { .. } => Code::Refused,
            Self::InvalidName(_) => Code::Invalid,
            Self::File(error) => error.code(),
            Self::Commit(error) => error.code(),
            Self::Update(error) => error.code(),
            Self::Repository(error) => error.code(),
        }
    }
}

impl From<ReadError> for NameError {
    fn from(error: ReadError) -> Self {
        Self::File(error.into())
    }
}

impl From<RefError> for NameError {
    fn from(error: RefError) -> Self {
        Self::Update(error.into())
    }
}

/// Makes a branch at the commit that `from` means, which it returns.
///
/// `branch`: without `refs/heads/`. `from`: a revision.
///
/// # Errors
/// `Exists`; `InvalidName`; those of [`resolve`].
pub async fn create_branch<S: Store + Clone>(
    repository: &Repository<S>,
    branch: &str,
    from: &str,
) -> Result<ObjectId, NameError> {
    let name = branch_name(branch)?;
    let id = resolve(repository, from).await?;
    let (id, _) = peel_to(&repository.objects, from, id, Kind::Commit).await?;
    move_ref(repository, name, OldValue::Absent, Some(id)).await?;
    Ok(id)
}

/// Deletes a branch and returns the commit at which it was.
///
/// `branch`: without `refs/heads/`. `expected`: where it must be.
///
/// # Errors
/// `Missing`; `Default`: `HEAD` follows it; `Update(Ref(Stale))`: it is elsewhere.
pub async fn delete_branch<S: Store + Clone>(
    repository: &Repository<S>,
    branch: &str,
    expected: Option<ObjectId>,
) -> Result<ObjectId, NameError> {
    let name = branch_name(branch)?;
    let head = repository.refs.head().await?;
    if head == Some(Head::Symbolic(name.clone())) {
        return Err(NameError::Default { name: name.as_str().to_owned() });
    }
    delete(repository, name, expected).await
}

/// Makes a tag of what `target` means, and returns what the tag names: that, or with an annotation a
/// tag object of its own.
///
/// `tag`: without `refs/tags/`. `target`: a revision.
///
/// # Errors
/// `Exists`; `InvalidName`; `Commit(InvalidPerson)`; those of [`resolve`].
pub async fn create_tag<S: Store + Clone>(
    repository: &Repository<S>,
    tag: &str,
    target: &str,
    annotation: Option<&Annotation>,
) -> Result<ObjectId, NameError> {
    let name = tag_name(tag)?;
    let (id, exists) =
        at_once::join(resolve(repository, target), repository.refs.find(&name)).await;
    let mut id = id?;
    if exists?.is_some() {
        return Err(NameError::Exists { name: name.as_str().to_owned() });
    }
    if let Some(Annotation { tagger, message, nonce }) = annotation {
        let (target_kind, _) = repository.objects.header(&id).await?;
        let tagger = tagger.line()?;
        if message.contains(&0) {
            return Err(CommitError::InvalidMessage.into());
        }
        let tag =
            NewTag { target: id, target_kind, name: tag.as_bytes(), tagger: &tagger, message };
        let mut pack = PackBuilder::new(repository.objects.limits());
        id = pack.add(Kind::Tag, &tag.write(), None)?;
        publish(repository, pack, nonce).await.map_err(CommitError::from)?;
        repository.objects.refresh().await?;
    }
    move_ref(repository, name, OldValue::Absent, Some(id)).await?;
    Ok(id)
}

/// Deletes a tag and returns what it named.
///
/// `tag`: without `refs/tags/`. `expected`: what it must name.
///
/// # Errors
/// `Missing`; `Update(Ref(Stale))`: it names something else.
pub async fn delete_tag<S: Store + Clone>(
    repository: &Repository<S>,
    tag: &str,
    expected: Option<ObjectId>,
) -> Result<ObjectId, NameError> {
    delete(repository, tag_name(tag)?, expected).await
}

async fn delete<S: Store + Clone>(
    repository: &Repository<S>,
    name: RefName,
    expected: Option<ObjectId>,
) -> Result<ObjectId, NameError> {
    let Some(found) = repository.refs.find(&name).await? else {
        repository.demand().await?;
        return Err(NameError::Missing { name: name.as_str().to_owned() });
    };
    let old = expected.unwrap_or(found.id);
    move_ref(repository, name, OldValue::Is(old), None).await?;
    Ok(old)
}

async fn move_ref<S: Store + Clone>(
    repository: &Repository<S>,
    name: RefName,
    old: OldValue,
    new: Option<ObjectId>,
) -> Result<(), NameError> {
    let text = name.as_str().to_owned();
    for outcome in repository.update_refs(&[RefUpdate { name, old, new }]).await? {
        match outcome {
            Err(UpdateError::Ref(RefError::Stale { .. })) if old == OldValue::Absent => {
                return Err(NameError::Exists { name: text });
            }
            outcome => outcome?,
        }
    }
    Ok(())
}

fn branch_name(branch: &str) -> Result<RefName, InvalidRefName> {
    short_name("refs/heads/", branch)
}

fn tag_name(tag: &str) -> Result<RefName, InvalidRefName> {
    short_name("refs/tags/", tag)
}

/// # Source
/// git-check-ref-format(1), `--branch`
fn short_name(prefix: &str, short: &str) -> Result<RefName, InvalidRefName> {
    let invalid = |reason| Err(InvalidRefName { name: short.to_owned(), reason });
    if short.starts_with('-') {
        return invalid("it must not begin with a dash");
    }
    if short == "HEAD" {
        return invalid("a branch or tag must not be called that");
    }
    RefName::new(&format!("{prefix}{short}"))
}
