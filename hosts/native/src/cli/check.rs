//! `trunks check`

use super::{
    CliError, Exit, arguments, block_on,
    output::{Output, Resource},
    place::Place,
};
use serde::Serialize;
use std::{
    env, fs, process,
    time::{SystemTime, UNIX_EPOCH},
};
use trunks_core::check::CheckOptions;

/// What a check has found.
#[derive(Debug, Serialize)]
struct Check {
    url: String,
    objects: u64,
    packs: u64,
    refs: u64,
    problems: Vec<String>,
    /// Why what nothing reaches was not removed.
    kept: Vec<String>,
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
            problems => counted(problems as u64, "problem"),
        };
        text.push_str(&format!(
            "{}: {} in {}, {}: {verdict}",
            self.url,
            counted(self.objects, "object"),
            counted(self.packs, "pack"),
            counted(self.refs, "ref")
        ));
        for reason in &self.kept {
            text.push_str(&format!("\n{reason}"));
        }
        match (self.unreachable.len(), self.cleaned) {
            (0, _) => {}
            (files, true) => {
                let files = counted(files as u64, "file");
                text.push_str(&format!("\nremoved {files} that nothing reached"))
            }
            (files, false) => text.push_str(&format!(
                "\n{} that nothing reaches: clear up with trunks check --clean",
                counted(files as u64, "file")
            )),
        }
        if self.packed_refs > 0 {
            text.push_str(&format!(
                "\npacked {} that did not move lately",
                counted(self.packed_refs, "ref")
            ));
        }
        text
    }
}

/// Checks the repository in its store.
pub fn run(arguments: &arguments::Check, output: &Output) -> Result<Exit, CliError> {
    let place = Place::find(arguments.url.as_deref())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let options = CheckOptions {
        clean: arguments.clean,
        now_s: now.as_secs(),
        grace_s: arguments.grace,
        owner: owner(),
    };
    let report = block_on(async {
        let mut swept = sweep(&place, arguments, output).await;
        let checked = place.core.check(place.name(), &options).await;
        let mut report = checked.map_err(|error| place.explain(error))?;
        // What the clean itself has left goes too.
        swept.extend(sweep(&place, arguments, output).await);
        report.unreachable.extend(swept);
        Ok::<_, CliError>(report)
    })?;
    let exit = if report.problems.is_empty() { Exit::Done } else { Exit::Corrupt };
    output.object(&Check {
        url: place.remote.to_string(),
        objects: report.objects,
        packs: report.packs,
        refs: report.refs,
        problems: report.problems,
        kept: report.kept,
        unreachable: report.unreachable,
        cleaned: arguments.clean,
        packed_refs: report.packed_refs,
    })?;
    Ok(exit)
}

/// Removes what killed pushes have left beside objects, for a clean. Where that fails it is said, and
/// no more: what is left of them harms nobody, and the rights for it are not those for the rest.
async fn sweep(place: &Place, arguments: &arguments::Check, output: &Output) -> Vec<String> {
    if !arguments.clean {
        return Vec::new();
    }
    place.store.sweep(place.name(), arguments.grace).await.unwrap_or_else(|error| {
        output.say(&format!("what killed pushes have left was not removed: {error}"));
        Vec::new()
    })
}

/// Who this is, for others who would clean at the same time.
fn owner() -> String {
    let user = env::var("USER").or_else(|_| env::var("LOGNAME"));
    let user = user.unwrap_or_else(|_| "somebody".to_owned());
    let host = env::var("HOSTNAME").or_else(|_| fs::read_to_string("/proc/sys/kernel/hostname"));
    let host = host.unwrap_or_else(|_| "some machine".to_owned());
    format!("{user} on {} (process {})", host.trim(), process::id())
}

/// A number of things that are called `name`.
fn counted(number: u64, name: &str) -> String {
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}
