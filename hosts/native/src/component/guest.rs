//! The core with a store in its hands: a method for each export.

use super::{
    Bounds, Core, CoreError, Exchange, SendStore,
    bindings::{
        Trunks, exports::trunks::core::repository as wit, trunks::core::storage::ByteRange,
    },
    bounds::MemoryBound,
    convert,
    ticker::TICK,
};
use std::{ops::Range, sync::Arc};
use trunks_core::{
    check::{CheckOptions, Report},
    object::ObjectId,
    refs::{Head, RefUpdate},
    repository::{CreateOptions, Peel, RefListing, RepoName},
    wire::{ReceiveOptions, UploadOptions},
};
use wasmtime::{Store, Trap, UpdateDeadline, WasmBacktrace, component::Accessor};

/// The core with a store in its hands. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Guest {
    core: &'static Core,
    store: Arc<dyn SendStore>,
    bounds: Bounds,
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

/// A file that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// The blob.
    pub id: ObjectId,
    /// As in a tree: 0o100644, 0o100755, 0o120000.
    pub mode: u32,
    /// The whole file's length, in bytes.
    pub size_bytes: u64,
}

/// What one call holds outside the sandbox.
pub(super) struct State {
    pub store: Arc<dyn SendStore>,
    pub exchange: Exchange,
    memory: MemoryBound,
    /// Ticks for which the guest computed since it last called the host.
    ticks: u128,
}

impl State {
    /// Notes that the guest called the host.
    pub fn called(&mut self) -> &mut Self {
        self.ticks = 0;
        self
    }
}

/// The guest computed for longer than it may.
#[derive(Debug, thiserror::Error)]
#[error("it computed for too long")]
struct ComputeBound;

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

    /// The names of the repositories, sorted, at most `limit` from the one after `after`.
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

    /// Writes the file at `path` in `revision`, or a range of its bytes, to `client`.
    pub async fn read_file(
        &self,
        name: &RepoName,
        revision: &str,
        path: &str,
        range: Option<Range<u64>>,
        client: Exchange,
    ) -> Result<File, CoreError> {
        let (name, revision, path) = (text(name), revision.to_owned(), path.to_owned());
        let range = range.map(|range| ByteRange { start: range.start, end: range.end });
        let file = self
            .call(client, async move |guest, world| {
                let repository = world.trunks_core_repository();
                repository.call_read_file(guest, name, revision, path, range).await
            })
            .await?;
        let id = convert::object_id(&file.id)?;
        Ok(File { id, mode: file.mode, size_bytes: file.size_bytes })
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

    /// Makes an instance, runs `export` in it and throws it away.
    async fn call<R>(
        &self,
        exchange: Exchange,
        export: impl AsyncFnOnce(&Accessor<State>, &Trunks) -> wasmtime::Result<Result<R, wit::Error>>,
    ) -> Result<R, CoreError> {
        let _running = self
            .core
            .ticker
            .run(&self.core.engine)
            .map_err(|error| CoreError::internal(format_args!("no thread: {error}")))?;
        let mut store = self.instance_store(exchange);
        let outcome = match self.core.component.instantiate_async(&mut store).await {
            Ok(world) => store
                .run_concurrent(async |guest| export(guest, &world).await)
                .await
                .and_then(|outcome| outcome),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(answer) => answer.map_err(CoreError::from),
            Err(error) => Err(self.broken_off(&error, store.data())),
        }
    }

    fn instance_store(&self, exchange: Exchange) -> Store<State> {
        let memory = MemoryBound { limit_bytes: self.bounds.memory_bytes, was_reached: false };
        let state = State { store: self.store.clone(), exchange, memory, ticks: 0 };
        let mut store = Store::new(&self.core.engine, state);
        store.limiter(|state| &mut state.memory);
        let ticks_max = self.bounds.compute.as_nanos() / TICK.as_nanos();
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |mut guest| {
            let state = guest.data_mut();
            state.ticks += 1;
            if state.ticks > ticks_max {
                return Err(ComputeBound.into());
            }
            Ok(UpdateDeadline::Yield(1))
        });
        store
    }

    /// What to say when the guest did not come to an end of its own.
    fn broken_off(&self, error: &wasmtime::Error, state: &State) -> CoreError {
        if error.is::<ComputeBound>() {
            return CoreError::too_large(format!(
                "the core computed for more than {} s without reading or writing, and was stopped",
                self.bounds.compute.as_secs_f32()
            ));
        }
        if state.memory.was_reached {
            return CoreError::too_large(format!(
                "the core needs more than the {} MiB of memory that it is allowed",
                self.bounds.memory_bytes >> 20
            ));
        }
        trapped(error)
    }
}

/// What to say of a trap that no bound explains.
pub(super) fn trapped(error: &wasmtime::Error) -> CoreError {
    let what = match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => "it panicked".to_owned(),
        Some(trap) => trap.to_string(),
        None => format!("{error:#}"),
    };
    match error.downcast_ref::<WasmBacktrace>().and_then(culprit) {
        Some(function) => CoreError::internal(format_args!("{what} in {function}")),
        None => CoreError::internal(what),
    }
}

/// The innermost function of ours on the stack, as far as inlining left it there.
fn culprit(backtrace: &WasmBacktrace) -> Option<String> {
    let names = backtrace.frames().iter().filter_map(|frame| frame.func_name());
    let mut names = names.map(|name| format!("{:#}", rustc_demangle::demangle(name)));
    names.find(|name| name.contains("trunks_"))
}

fn text(name: &RepoName) -> String {
    name.as_str().to_owned()
}
