//! `trunks check`

use super::{
    CliError, Exit, arguments, block_on,
    output::{Output, Resource},
    place::Place,
};
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};
use trunks_core::check::CheckOptions;

/// What a check has found.
#[derive(Debug, Serialize)]
struct Check {
    url: String,
    objects: u64,
    packs: u64,
    refs: u64,
    problems: Vec<String>,
    unreachable: Vec<String>,
    /// Whether what nothing reaches was removed.
    cleaned: bool,
    /// How many refs were written into `packed-refs`.
    packed_refs: u64,
}

impl Resource for Check {
    const OBJECT: &str = "check";

    fn line(&self) -> String {
        let mut text = String::new();
        for problem in &self.problems {
            text.push_str(problem);
            text.push('\n');
        }
        let verdict = match self.problems.len() {
            0 => "all well".to_owned(),
            1 => "1 problem".to_owned(),
            problems => format!("{problems} problems"),
        };
        text.push_str(&format!(
            "{}: {} objects in {} packs, {} refs: {verdict}",
            self.url, self.objects, self.packs, self.refs
        ));
        match (self.unreachable.len(), self.cleaned) {
            (0, _) => {}
            (files, true) => {
                text.push_str(&format!("\nremoved {files} files that nothing reached"))
            }
            (files, false) => text.push_str(&format!(
                "\n{files} files that nothing reaches: remove them with trunks check --clean"
            )),
        }
        if self.packed_refs > 0 {
            text.push_str(&format!(
                "\npacked {} refs that have not moved lately",
                self.packed_refs
            ));
        }
        text
    }
}

/// Checks the repository in its store.
pub fn run(arguments: &arguments::Check, output: &Output) -> Result<Exit, CliError> {
    let place = Place::find(arguments.url.as_deref())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let options =
        CheckOptions { clean: arguments.clean, now_s: now.as_secs(), grace_s: arguments.grace };
    let report = block_on(async {
        if arguments.clean {
            // What is left of it harms nobody, and the rights for it are not those for the rest.
            if let Err(error) = place.store.sweep(place.name(), arguments.grace).await {
                output.say(&format!("what killed pushes have left was not removed: {error}"));
            }
        }
        place.core.check(place.name(), &options).await.map_err(|error| place.explain(error))
    })?;
    let exit = if report.problems.is_empty() { Exit::Done } else { Exit::Corrupt };
    output.object(&Check {
        url: place.remote.to_string(),
        objects: report.objects,
        packs: report.packs,
        refs: report.refs,
        problems: report.problems,
        unreachable: report.unreachable,
        cleaned: arguments.clean,
        packed_refs: report.packed_refs,
    })?;
    Ok(exit)
}
