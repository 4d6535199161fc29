//! Fsck of the store, collecting what nothing reaches and packing refs that have come to rest.
//!
//! A check looks at everything: each pack against its trailer and its idx, each object against its
//! id and the rules of its kind, and whether all that the refs lead to is there.
//!
//! # Why cleaning is safe beside pushes
//!
//! A file goes only if nothing reached it in two cleans that lie at least the grace period apart,
//! it was not written within the grace period, and nothing reaches it when all that is read again
//! just before. The first of the two cleans names it in `journals/unreachable`. So a push that takes
//! less than the grace period loses nothing:
//!
//! - What it wrote itself is younger than the grace period, and stays.
//! - What it left out, because the refs that it was told of lead there, was reachable when it began,
//!   and so was not found unreachable by a clean a grace period before it ends.
//! - Where it finds its own pack stored already, by a push that came to nothing, it looks into the
//!   list, and then whether the pack is still there: one that is named or gone it stores again under
//!   another name; one that is not cannot go before another grace period is over. See [`is_doomed`].
//!
//! One cleans at a time: who does holds a lease in `journals/maintenance`, and looks before each step that
//! removes something whether it was taken over, as it is when it has ended. Even then nothing is lost,
//! if the first one comes to its end within a grace period: it may be about to remove what is in the
//! list, so that all times begin anew, and what is found reached again stays in the list. `docs/adr/0013-one-cleans-at-a-time.md` says what happened without.
//!
//! Times are compared with the store's own clock; when that goes wrong by more than the grace
//! period, the promise is void. With a grace period of 0 both cleans are one, and nothing else may
//! write. Nothing at all is removed while a ref or an object that is reached cannot be read, or while
//! stock git keeps an index in the repository, whose entries are not looked at.

mod clean;
mod graphs;
mod inventory;
mod lease;
mod loose;
mod marks;
mod metadata;
mod packs;
mod reach;
#[cfg(test)]
mod tests;
mod tips;
mod worktrees;

pub use marks::is_doomed;

use crate::{
    odb::ReadError,
    refs::RefError,
    repository::{Repository, RepositoryError},
    store::{Store, StoreError},
};
use alloc::{format, string::String, vec::Vec};
use clean::Found;
use inventory::Inventory;
use lease::Lease;
use marks::Marks;
use reach::Reach;

/// What a check does besides looking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// Whether to remove what nothing reaches, and to write the refs that have not moved lately into
    /// `packed-refs`.
    pub clean: bool,
    /// The time, in seconds since 1970.
    pub now_s: u64,
    /// What was written less than this ago, in seconds, is never removed, and a ref stays where it is.
    pub grace_s: u64,
    /// Who cleans, for others to be told: a name that no two who clean at once have.
    pub owner: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many objects are stored.
    pub objects: u64,
    /// How many packs are stored.
    pub packs: u64,
    /// How many refs there are.
    pub refs: u64,
    /// What is wrong, each naming its object, ref or key.
    pub problems: Vec<String>,
    /// Why what nothing reaches was not removed, though it was to be: no fault of what is stored.
    pub kept: Vec<String>,
    /// Keys that nothing reaches; with `clean`, those that were removed.
    pub unreachable: Vec<String>,
    /// How many refs a clean has written into `packed-refs`.
    pub packed_refs: u64,
}

/// Why a check could not be finished. What is wrong with the repository is in its [`Report`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object could not be read for a reason other than what is stored.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A ref could not be read for a reason other than what is stored.
    #[error(transparent)]
    Ref(#[from] RefError),
    /// Another one cleans it.
    #[error(
        "{owner} cleans it, until {until} at the latest: wait for that, or remove {key} if nobody does \
         any more"
    )]
    Busy {
        /// Who does.
        owner: String,
        /// When that is over in any case.
        until: String,
        /// The key that says so.
        key: String,
    },
    /// A clean took too long, and another one took over. What is left to be removed is left to that.
    #[error("this clean took so long that it was taken over by {owner}: clean again")]
    Overtaken {
        /// Who did.
        owner: String,
    },
    /// The repository could not be read.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// Checks what is stored against itself, and removes what nothing reaches if asked.
///
/// # Errors
/// `Busy`, `Overtaken`: another one cleans. Else the store failed. What is wrong with what is stored is
/// in the report.
pub async fn run<S: Store + Clone>(
    repository: &Repository<S>,
    options: &CheckOptions,
) -> Result<Report, CheckError> {
    if !options.clean {
        return look(repository, options, None).await;
    }
    repository.demand().await?;
    let (store, layout) = (repository.store(), repository.layout());
    let lease = Lease::take(store, layout, &options.owner, options.now_s).await?;
    let report = look(repository, options, Some(&lease)).await;
    lease.release().await;
    report
}

/// Checks, and cleans with the lease that allows it.
async fn look<S: Store + Clone>(
    repository: &Repository<S>,
    options: &CheckOptions,
    lease: Option<&Lease<'_, S>>,
) -> Result<Report, CheckError> {
    let objects = &repository.objects;
    let mut report = Report::default();
    let format = repository.format().await?;
    let tips = tips::find(repository).await?;
    report.refs = tips.refs;
    report.problems.extend(tips.problems.iter().cloned());
    report.problems.extend(metadata::problems(repository).await?);
    let inventory = Inventory::list(repository.store(), repository.layout()).await?;
    objects.refresh().await?;
    read_all(repository, &inventory, &mut report).await?;

    let mut reach = Reach::new(objects);
    for (name, id) in &tips.found {
        reach.follow(name, id).await?;
    }
    let is_known = tips.problems.is_empty() && reach.problems.is_empty();
    report.problems.append(&mut reach.problems);
    if !is_known {
        // What could not be read might lead to anything.
        return Ok(report);
    }
    let rubbish = clean::find(repository.store(), &inventory, &reach).await?;
    let Some(lease) = lease else {
        report.unreachable =
            rubbish.iter().flat_map(clean::Rubbish::keys).map(String::from).collect();
        return Ok(report);
    };
    if let (false, Some(key)) = (rubbish.is_empty(), &tips.index) {
        report.kept.push(worktrees::refusal(key));
        return Ok(report);
    }
    if format.is_precious && !rubbish.is_empty() {
        let key = repository.layout().config();
        report.kept.push(format!("nothing was removed: {key} has extensions.preciousObjects"));
        return Ok(report);
    }
    let found = Found { inventory, rubbish, tips };
    report.unreachable = clean::remove(repository, options, found, lease, &mut reach).await?;
    let until_s = options.now_s.saturating_sub(options.grace_s);
    report.packed_refs = repository.refs.pack_cold(objects, until_s).await? as u64;
    Ok(report)
}

/// Looks at each object by itself.
async fn read_all<S: Store + Clone>(
    repository: &Repository<S>,
    inventory: &Inventory,
    report: &mut Report,
) -> Result<(), CheckError> {
    let (store, objects) = (repository.store(), &repository.objects);
    for files in inventory.packs.values() {
        let problems = &mut report.problems;
        report.objects += packs::check(objects, store, files, objects.limits(), problems).await?;
        report.packs += u64::from(files.pack.is_some() && files.idx.is_some());
    }
    loose::check(objects, &inventory.loose, &mut report.problems).await?;
    report.objects += inventory.loose.len() as u64;
    Ok(())
}
