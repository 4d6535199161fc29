//! `HEAD` and the refs of a repository in one go.

use super::{Repository, RepositoryError};
use crate::{
    at_once::{self, side_by_side},
    refs::{Head, Listing, Peeled, Ref, RefError, peel},
    store::Store,
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

/// `HEAD` and refs as they were at about one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefListing {
    /// What `HEAD` says.
    pub head: Head,
    /// Sorted by name.
    pub refs: Vec<Ref>,
    /// Refs among them that cannot be read: for each, its key and what is wrong with it. Who needs all
    /// refs must not go on where there are any.
    pub broken: Vec<String>,
}

/// Whether a listing of refs is to say what tags lead to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Peel {
    /// As far as that is known without reading objects.
    #[default]
    Known,
    /// Of all of them. A tag that cannot be read stays `Unknown`.
    All,
}

impl<S: Store + Clone> Repository<S> {
    /// `HEAD` and the refs whose names start with one of `prefixes` (all, if there are none).
    ///
    /// # Errors
    /// `Missing`: there is no repository. `Unsupported`: it is stored in a format that is not known.
    pub async fn list_refs(
        &self,
        prefixes: &[&str],
        depth: Peel,
    ) -> Result<RefListing, RepositoryError> {
        let refs = self.refs.list_with_broken(prefixes);
        let (head, format, refs) = at_once::join3(self.refs.head(), self.format(), refs).await;
        // In a format that is not known `HEAD` may be written otherwise too.
        format?;
        let Some(head) = head? else { return Err(self.absence().await) };
        let Listing { mut refs, broken } = refs?;
        if depth == Peel::All {
            self.peel_all(&mut refs).await;
        }
        Ok(RefListing { head, refs, broken: broken.iter().map(RefError::to_string).collect() })
    }

    pub(super) async fn peel_all(&self, refs: &mut [Ref]) {
        let unknown: Vec<&mut Ref> =
            refs.iter_mut().filter(|each| each.peeled == Peeled::Unknown).collect();
        let peels = unknown
            .into_iter()
            .map(|each| async {
                if let Ok(peeled) = peel(&self.objects, &each.id).await {
                    each.peeled = peeled;
                }
            })
            .collect();
        side_by_side(peels).await;
    }
}
