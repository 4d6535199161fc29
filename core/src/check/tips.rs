//! What the refs and `HEAD` name.

use super::{CheckError, worktrees};
use crate::{
    object::ObjectId,
    refs::{Head, RefError},
    repository::Repository,
    store::Store,
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};

/// The objects that everything wanted is reached from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tips {
    /// What names it, and the object.
    pub found: Vec<(String, ObjectId)>,
    /// How many refs there are.
    pub refs: u64,
    /// What cannot be read, so that what it leads to is not known.
    pub problems: Vec<String>,
    /// The key of an index: it names objects that are not in `found`, so nothing may be removed.
    pub index: Option<String>,
}

/// Reads `HEAD`, all refs, and what git keeps for work trees and in reflogs.
///
/// # Errors
/// The store failed, or there is no repository. What is wrong with refs is in the problems.
pub(super) async fn find<S: Store + Clone>(repository: &Repository<S>) -> Result<Tips, CheckError> {
    let mut tips = Tips::default();
    match repository.refs.head().await {
        Ok(Some(Head::Detached(id))) => tips.found.push(("HEAD".to_owned(), id)),
        Ok(Some(Head::Symbolic(name))) if !name.as_str().starts_with("refs/heads/") => {
            tips.problems.push(format!("HEAD: it follows {}, which is no branch", name.as_str()));
        }
        Ok(Some(Head::Symbolic(_))) => {}
        Ok(None) => return Err(repository.absence().await.into()),
        Err(error @ RefError::Corrupt { .. }) => tips.problems.push(error.to_string()),
        Err(error) => return Err(error.into()),
    }
    match repository.refs.list_with_broken(&[]).await {
        Ok(listing) => {
            tips.refs = listing.refs.len() as u64;
            let named = listing.refs.into_iter();
            tips.found.extend(named.map(|found| (found.name.as_str().to_owned(), found.id)));
            tips.problems.extend(listing.broken.iter().map(RefError::to_string));
            let key = repository.layout().packed_refs();
            for name in repository.refs.odd_packed_names().await? {
                let what = format!("{key}: no ref can be called '{name}': remove that line");
                tips.problems.push(what);
            }
        }
        Err(error @ RefError::Corrupt { .. }) => tips.problems.push(error.to_string()),
        Err(error) => return Err(error.into()),
    }
    worktrees::find(repository.store(), repository.layout(), &mut tips).await?;
    Ok(tips)
}
