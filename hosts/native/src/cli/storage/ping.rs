//! `trunks storage ping`

use super::{mirror, probe};
use crate::{
    cli::{
        CliError,
        arguments::Access,
        backend, block_on,
        output::{Output, Resource},
        place,
        workspace::Workspace,
    },
    mirror::Target,
    settings::{Settings, Storage},
    store::{StoreOptions, StoreSpec, StoreUrl},
};
use serde::Serialize;
use std::time::Instant;

/// A storage that was tested.
#[derive(Debug, Serialize)]
struct Pinged {
    name: Option<String>,
    url: String,
    ok: bool,
    /// How long the test took, in milliseconds.
    time_ms: u128,
}

impl Resource for Pinged {
    const OBJECT: &str = "ping";

    fn line(&self) -> String {
        let name = self.name.as_deref().unwrap_or("storage");
        let what = if self.url.starts_with("git:") {
            "answers"
        } else {
            "reads, writes, lists and compares"
        };
        format!("{name} ({}): {what}, {} ms", self.url, self.time_ms)
    }
}

impl Pinged {
    fn since(started: Instant, name: Option<String>, url: String) -> Self {
        Self { name, url, ok: true, time_ms: started.elapsed().as_millis() }
    }
}

/// Tests one storage, a URL that is not saved yet, or all storage of this repository. All are tested
/// whatever becomes of the first; the first failure is the one that is told last.
pub fn run(target: Option<&str>, access: &Access, output: &Output) -> Result<(), CliError> {
    let said = backend::said(access)?;
    if let Some(url) = target.filter(|target| target.contains("://")) {
        let spec = StoreSpec::new(StoreUrl::parse(url)?, said);
        return output.object(&ping(None, &place::completed(spec)?)?);
    }
    let workspace = Workspace::find()?;
    let settings = workspace.settings()?;
    let storages = match target {
        Some(name) => vec![settings.storage(name)?],
        None => {
            settings.primary()?;
            settings.storages.iter().collect()
        }
    };
    let mut failure = None;
    for storage in &storages {
        match ping_saved(storage, &said, &workspace, &settings) {
            Ok(pinged) => output.object(&pinged)?,
            Err(mut error) => {
                if storages.len() > 1 {
                    error.message = format!("{}: {}", storage.name, error.message);
                }
                if let Some(earlier) = failure.replace(error) {
                    output.error(&earlier);
                }
            }
        }
    }
    failure.map_or(Ok(()), Err)
}

fn ping_saved(
    storage: &Storage,
    said: &StoreOptions,
    workspace: &Workspace,
    settings: &Settings,
) -> Result<Pinged, CliError> {
    let storage = Storage { options: said.clone().or(&storage.options), ..storage.clone() };
    if storage.target()?.is_store() {
        return ping(Some(storage.name.clone()), &storage.connected()?);
    }
    let started = Instant::now();
    if let Target::Git(remote) = mirror::open(&storage, workspace, settings)?.target {
        block_on(mirror::ping(&remote))?;
    }
    Ok(Pinged::since(started, Some(storage.name), storage.url))
}

fn ping(name: Option<String>, spec: &StoreSpec) -> Result<Pinged, CliError> {
    let started = Instant::now();
    let store = spec.open()?;
    spec.require_directory()?;
    block_on(probe::probe(&store))?;
    Ok(Pinged::since(started, name, spec.url.to_string()))
}
