//! The core with a store in its hands: a method for each export.

use super::{
    Bounds, Core, CoreError, Exchange, SendStore, bindings::trunks::core::storage::ByteRange,
    convert,
};
use std::{ops::Range, sync::Arc};
use trunks_core::{
    check::{CheckOptions, Report},
    files::{Entry, Stat, commit::CommitRequest},
    object::ObjectId,
    refs::{Head, RefUpdate},
    repository::{CreateOptions, Peel, RefListing, RepoName},
    wire::{ReceiveOptions, UploadOptions},
};

/// The core with a store in its hands. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Guest {
    pub(super) core: &'static Core,
    pub(super) store: Arc<dyn SendStore>,
    pub(super) bounds: Bounds,
}

/// A stored pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPack {
    /// The key of the `.pack`.
    pub pack_key: String,
    /// The key of the `.idx`.
    pub idx_key: String,
    /// Length of the `.pack`, in bytes.
    pub pack_bytes: u64,
    /// Length of the `.idx`, in bytes.
    pub idx_bytes: u64,
}

impl Guest {
    /// The core with `store` in its hands, within the default [`Bounds`].
    pub fn new(core: &'static Core, store: Arc<dyn SendStore>) -> Self {
        Self { core, store, bounds: Bounds::default() }
    }

    /// The same within other bounds.
    pub fn with_bounds(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// Makes an empty repository.
    ///
    /// # Errors
    /// `Exists`: there is one of that name; it is left as it is.
    pub async fn create(&self, name: &RepoName, options: &CreateOptions) -> Result<(), CoreError> {
        let (name, options) = (text(name), convert::create_options(options));
        self.call(Exchange::none(), async move |guest, world| {
            world.trunks_core_repository().call_create(guest, name, options).await
        })
        .await
    }

    /// The names of the repositories, at most `limit` from the one after `after`, in the order of
    /// their keys: `a-b` comes before `a`.
    pub async fn names(&self, after: Option<&str>, limit: u32) -> Result<Vec<RepoName>, CoreError> {
        let after = after.map(str::to_owned);
        let names = self
            .call(Exchange::none(), async move |guest, world| {
                world.trunks_core_repository().call_names(guest, after, limit).await
            })
            .await?;
        names.iter().map(|name| convert::repo_name(name)).collect()
    }

    /// Deletes a repository and all that it holds.
    pub async fn remove(&self, name: &RepoName) -> Result<(), CoreError> {
        let name = text(name);
        self.call(Exchange::none(), async move |guest, world| {
            world.trunks_core_repository().call_remove(guest, name).await
        })
        .await
    }

    /// `HEAD` and the refs whose names start with one of `prefixes`; all, if there are none.
    pub async fn refs(
        &self,
        name: &RepoName,
        prefixes: &[&str],
        peel: Peel,
    ) -> Result<RefListing, CoreError> {
        let name = text(name);
        let prefixes = prefixes.iter().map(|&prefix| prefix.to_owned()).collect();
        let peel = peel == Peel::All;
        let listing = self
            .call(Exchange::none(), async move |guest, world| {
                world.trunks_core_repository().call_refs(guest, name, prefixes, peel).await
            })
            .await?;
        convert::listing(listing)
    }

    /// Moves refs, each by compare-and-swap, if the objects that they are to name are stored; what
    /// those lead to is not looked at. An outcome for each, in order.
    pub async fn update_refs(
        &self,
        name: &RepoName,
        updates: &[RefUpdate],
    ) -> Result<Vec<Result<(), CoreError>>, CoreError> {
        let (name, updates) = (text(name), updates.iter().map(convert::update).collect());
        let outcomes = self
            .call(Exchange::none(), async move |guest, world| {
                world.trunks_core_repository().call_update_refs(guest, name, updates).await
            })
            .await?;
        Ok(outcomes.into_iter().map(|outcome| outcome.map_err(CoreError::from)).collect())
    }

    /// As [`Guest::update_refs`], for a caller who knows that the objects are stored: they were stored
    /// by the caller, or refs that were just listed lead to them. No object is looked up.
    pub async fn move_refs(
        &self,
        name: &RepoName,
        updates: &[RefUpdate],
    ) -> Result<Vec<Result<(), CoreError>>, CoreError> {
        let (name, updates) = (text(name), updates.iter().map(convert::update).collect());
        let outcomes = self
            .call(Exchange::none(), async move |guest, world| {
                world.trunks_core_repository().call_move_refs(guest, name, updates).await
            })
            .await?;
        Ok(outcomes.into_iter().map(|outcome| outcome.map_err(CoreError::from)).collect())
    }

    /// Writes the loose refs into `packed-refs`, and removes those that nobody moved meanwhile.
    /// Returns how many were removed.
    pub async fn pack_refs(&self, name: &RepoName) -> Result<u32, CoreError> {
        let name = text(name);
        self.call(Exchange::none(), async move |guest, world| {
            world.trunks_core_repository().call_pack_refs(guest, name).await
        })
        .await
    }

    /// Makes `HEAD` follow a branch or name a commit.
    pub async fn set_head(&self, name: &RepoName, head: &Head) -> Result<(), CoreError> {
        let (name, head) = (text(name), convert::head(head));
        self.call(Exchange::none(), async move |guest, world| {
            world.trunks_core_repository().call_set_head(guest, name, head).await
        })
        .await
    }

    /// Serves a fetch or clone to `client`.
    pub async fn upload_pack(
        &self,
        name: &RepoName,
        options: &UploadOptions,
        client: Exchange,
    ) -> Result<(), CoreError> {
        let (name, options) = (text(name), convert::upload_options(options));
        self.call(client, async move |guest, world| {
            world.trunks_core_repository().call_upload_pack(guest, name, options).await
        })
        .await
    }

    /// Serves a push to `client`.
    pub async fn receive_pack(
        &self,
        name: &RepoName,
        options: &ReceiveOptions,
        client: Exchange,
    ) -> Result<(), CoreError> {
        let (name, options) = (text(name), convert::receive_options(options));
        self.call(client, async move |guest, world| {
            world.trunks_core_repository().call_receive_pack(guest, name, options).await
        })
        .await
    }

    /// The stored packs, for a host that copies them whole.
    pub async fn packs(&self, name: &RepoName) -> Result<Vec<StoredPack>, CoreError> {
        let name = text(name);
        let packs = self
            .call(Exchange::none(), async move |guest, world| {
                world.trunks_core_repository().call_packs(guest, name).await
            })
            .await?;
        Ok(packs.into_iter().map(convert::pack).collect())
    }

    /// The keys at which a host that was handed a pack and its idx by git stores them, the idx last.
    ///
    /// `checksum`: the pack's trailer.
    pub async fn pack_keys(
        &self,
        name: &RepoName,
        checksum: &ObjectId,
    ) -> Result<(String, String), CoreError> {
        let (name, checksum) = (text(name), checksum.to_string());
        self.call(Exchange::none(), async move |guest, world| {
            world.trunks_core_repository().call_pack_keys(guest, name, checksum).await
        })
        .await
    }

    /// Whether a clean may remove one of these keys, or has done so: for a host that finds its pack
    /// stored already.
    pub async fn is_doomed(&self, name: &RepoName, keys: &[&str]) -> Result<bool, CoreError> {
        let name = text(name);
        let keys = keys.iter().map(|&key| key.to_owned()).collect();
        self.call(Exchange::none(), async move |guest, world| {
            world.trunks_core_repository().call_is_doomed(guest, name, keys).await
        })
        .await
    }

    /// Writes the file at `path` in `revision`, or a range of its bytes, to `client`. A path is in
    /// whatever encoding it was made.
    pub async fn read_file(
        &self,
        name: &RepoName,
        revision: &str,
        path: &[u8],
        range: Option<Range<u64>>,
        client: Exchange,
    ) -> Result<Stat, CoreError> {
        let (name, revision, path) = (text(name), revision.to_owned(), path.to_vec());
        let range = range.map(|range| ByteRange { start: range.start, end: range.end });
        let stat = self
            .call(client, async move |guest, world| {
                let repository = world.trunks_core_repository();
                repository.call_read_file(guest, name, revision, path, range).await
            })
            .await?;
        convert::stat(&stat)
    }

    /// Looks at what lies at `path` in `revision`; the empty path is the root.
    pub async fn stat(
        &self,
        name: &RepoName,
        revision: &str,
        path: &str,
    ) -> Result<Stat, CoreError> {
        let (name, revision, path) = (text(name), revision.to_owned(), path.to_owned());
        let stat = self
            .call(Exchange::none(), async move |guest, world| {
                world.trunks_core_repository().call_stat(guest, name, revision, path).await
            })
            .await?;
        convert::stat(&stat)
    }

    /// Lists the directory at `path` in `revision`, in git's order; the empty path is the root.
    pub async fn list_files(
        &self,
        name: &RepoName,
        revision: &str,
        path: &str,
    ) -> Result<Vec<Entry>, CoreError> {
        let (name, revision, path) = (text(name), revision.to_owned(), path.to_owned());
        let entries = self
            .call(Exchange::none(), async move |guest, world| {
                world.trunks_core_repository().call_list_files(guest, name, revision, path).await
            })
            .await?;
        entries.into_iter().map(convert::entry).collect()
    }

    /// Makes a commit on a branch, if the branch is at its parent, and gives its id.
    pub async fn commit(
        &self,
        name: &RepoName,
        request: CommitRequest,
    ) -> Result<ObjectId, CoreError> {
        let (name, request) = (text(name), convert::commit_request(request)?);
        let id = self
            .call(Exchange::none(), async move |guest, world| {
                world.trunks_core_repository().call_commit(guest, name, request).await
            })
            .await?;
        convert::object_id(&id)
    }

    /// Checks what is stored against itself, and removes what nothing reaches if asked.
    pub async fn check(
        &self,
        name: &RepoName,
        options: &CheckOptions,
    ) -> Result<Report, CoreError> {
        let (name, options) = (text(name), convert::check_options(options));
        let report = self
            .call(Exchange::none(), async move |guest, world| {
                world.trunks_core_repository().call_check(guest, name, options).await
            })
            .await?;
        Ok(convert::report(report))
    }
}

fn text(name: &RepoName) -> String {
    name.as_str().to_owned()
}
