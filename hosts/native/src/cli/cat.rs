//! `trunks cat`

use super::{CliError, Exit, arguments, block_on, output::Output, place::Place};
use crate::component::Exchange;

/// Prints a file as it comes.
pub fn run(arguments: &arguments::Cat, _output: &Output) -> Result<Exit, CliError> {
    let (url, target) = match arguments.target.as_slice() {
        [url, target] => (Some(url.as_str()), target),
        [target] => (None, target),
        _ => return Err(CliError::new(Exit::Usage, "name one file, as in main:README.md")),
    };
    let (revision, path) = target.split_once(':').ok_or_else(|| {
        CliError::new(Exit::Usage, format!("{target:?} names no file"))
            .advise("put a ref and a colon before the path, as in main:README.md or :README.md")
    })?;
    if path.starts_with("//") && url.is_none() {
        return Err(CliError::new(
            Exit::Usage,
            format!("{target:?} names a repository but no file"),
        )
        .advise("add one, as in: trunks cat local:///dir/my-app main:README.md"));
    }
    let revision = if revision.is_empty() { "HEAD" } else { revision };
    let place = Place::find(url)?;
    block_on(async {
        let read = place
            .core
            .read_file(place.name(), revision, path, None, Exchange::writing(tokio::io::stdout()))
            .await;
        read.map_err(|error| place.explain(error))
    })?;
    Ok(Exit::Done)
}
