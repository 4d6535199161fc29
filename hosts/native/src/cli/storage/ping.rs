//! `trunks storage ping`

use super::probe;
use crate::{
    cli::{
        CliError,
        arguments::Access,
        backend, block_on,
        output::{Output, Resource},
        place,
        workspace::Workspace,
    },
    settings::Storage,
    store::{StoreSpec, StoreUrl},
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
        format!("{name} ({}): reads, writes, lists and compares, {} ms", self.url, self.time_ms)
    }
}

/// Tests one storage, a URL that is not saved yet, or all storage of this repository. All are tested
/// whatever becomes of the first; the first failure is the one that is told last.
pub fn run(target: Option<&str>, access: &Access, output: &Output) -> Result<(), CliError> {
    let said = backend::said(access)?;
    let named = |storage: &Storage| {
        let mut spec = storage.spec()?;
        spec.options = said.clone().or(&spec.options);
        Ok((Some(storage.name.clone()), spec))
    };
    let targets = match target {
        Some(url) if url.contains("://") => {
            let spec = StoreSpec::new(StoreUrl::parse(url)?, said);
            vec![(None, place::completed(spec)?)]
        }
        Some(name) => vec![named(Workspace::find()?.settings()?.storage(name)?)?],
        None => {
            let settings = Workspace::find()?.settings()?;
            settings.primary()?;
            settings.storages.iter().map(named).collect::<Result<_, CliError>>()?
        }
    };
    let mut failure = None;
    let is_one = targets.len() == 1;
    for (name, spec) in targets {
        match ping(&name, &spec) {
            Ok(pinged) => output.object(&pinged)?,
            Err(error) if is_one => return Err(error),
            Err(mut error) => {
                error.message = format!("{}: {}", name.unwrap_or_default(), error.message);
                if let Some(earlier) = failure.replace(error) {
                    output.error(&earlier);
                }
            }
        }
    }
    failure.map_or(Ok(()), Err)
}

fn ping(name: &Option<String>, spec: &StoreSpec) -> Result<Pinged, CliError> {
    let started = Instant::now();
    let store = spec.open()?;
    block_on(probe::probe(&store))?;
    let time_ms = started.elapsed().as_millis();
    Ok(Pinged { name: name.clone(), url: spec.url.to_string(), ok: true, time_ms })
}
