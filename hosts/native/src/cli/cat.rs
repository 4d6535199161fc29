//! `trunks cat`

use super::{
    CliError, Exit, arguments, block_on,
    output::{Output, unprinted},
    place::Place,
};
use crate::component::Exchange;
use std::{
    ffi::OsStr,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncWrite, Stdout};

/// Prints a file as it comes.
pub fn run(arguments: &arguments::Cat, _output: &Output) -> Result<Exit, CliError> {
    let (url, target) = match arguments.target.as_slice() {
        [url, target] => (Some(text(url)?), target),
        [target] => (None, target),
        _ => return Err(CliError::new(Exit::Usage, "name one file, as in main:README.md")),
    };
    let shown = target.to_string_lossy();
    let target = target.as_encoded_bytes();
    let colon = target.iter().position(|&byte| byte == b':').ok_or_else(|| {
        CliError::new(Exit::Usage, format!("{shown:?} names no file"))
            .advise("put a ref and a colon before the path, as in main:README.md or :README.md")
    })?;
    let (revision, path) = (&target[..colon], &target[colon + 1..]);
    if path.starts_with(b"//") && url.is_none() {
        return Err(CliError::new(
            Exit::Usage,
            format!("{shown:?} names a repository but no file"),
        )
        .advise("add one, as in: trunks cat local:///dir/my-app main:README.md"));
    }
    let revision = match str::from_utf8(revision) {
        Ok("") => "HEAD",
        Ok(revision) => revision,
        Err(_) => return Err(not_utf8(&String::from_utf8_lossy(revision))),
    };
    let place = Place::find(url)?;
    let printer = Printer { output: tokio::io::stdout(), error: Arc::default() };
    let failed = printer.error.clone();
    let client = Exchange::writing(printer);
    let read = block_on(async {
        let read = place.core.read_file(place.name(), revision, path, None, client).await;
        read.map_err(|error| match place.explain(error) {
            error if error.exit == Exit::Corrupt => {
                error.advise(format!("see all that is wrong with: trunks check {}", place.remote))
            }
            error => error,
        })
    });
    // The core was told no more than that it is of no use to go on.
    match failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => Err(unprinted(&error)),
        None => read.map(|_| Exit::Done),
    }
}

fn text(word: &OsStr) -> Result<&str, CliError> {
    word.to_str().ok_or_else(|| not_utf8(&word.to_string_lossy()))
}

fn not_utf8(name: &str) -> CliError {
    CliError::new(Exit::Usage, format!("{name:?} is not UTF-8, which URLs and refs in storage are"))
}

/// Standard output, and why it took no more.
struct Printer {
    output: Stdout,
    error: Arc<Mutex<Option<io::Error>>>,
}

impl Printer {
    /// Takes note of the first error.
    fn noted<T>(&self, outcome: io::Result<T>) -> io::Result<T> {
        outcome.map_err(|error| {
            let told = io::Error::from(error.kind());
            self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            told
        })
    }
}

impl AsyncWrite for Printer {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.output).poll_write(context, bytes));
        Poll::Ready(self.noted(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.output).poll_flush(context));
        Poll::Ready(self.noted(flushed))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = ready!(Pin::new(&mut self.output).poll_shutdown(context));
        Poll::Ready(self.noted(ended))
    }
}
