//! Many writers of one value at once, of whom one may win.

use super::{broken, unsafe_for_refs};
use crate::cli::CliError;
use futures_util::future::join_all;
use trunks_core::store::{Expected, Store, StoreError, Version};

/// How many try at once.
const RIVALS: usize = 20;
/// How often they create a value, and replace it as often: those who look, then write, seldom get
/// through one round and never through all.
const ROUNDS: usize = 5;

/// Has rivals create a value and replace it, round by round.
pub(super) async fn probe<S: Store>(store: &S, key: &str) -> Result<(), CliError> {
    for round in 0..ROUNDS {
        let created = rivals(store, key, round, "create", &Expected::Absent).await?;
        let replaced = rivals(store, key, round, "replace", &Expected::Is(created)).await?;
        store.delete(key, Expected::Is(replaced)).await?;
    }
    Ok(())
}

/// Lets all write at once. Returns the version of the one who won.
async fn rivals<S: Store>(
    store: &S,
    key: &str,
    round: usize,
    what: &str,
    expected: &Expected,
) -> Result<Version, CliError> {
    let words: Vec<Vec<u8>> =
        (0..RIVALS).map(|rival| format!("{what} {round} {rival}").into_bytes()).collect();
    let puts = words.iter().map(|bytes| store.put(key, bytes.clone(), expected.clone()));
    let mut won: Vec<(usize, Version)> = Vec::new();
    let mut failure = None;
    for (rival, outcome) in join_all(puts).await.into_iter().enumerate() {
        match outcome {
            Ok(version) => won.push((rival, version)),
            Err(StoreError::Conflict { .. }) => {}
            // A busy server may turn some away: what counts is how many got in.
            Err(error) => failure = Some(error),
        }
    }
    let value = store.get(key, None).await?;
    match (won.as_slice(), value) {
        ([], _) => Err(failure.map_or_else(
            || broken(&format!("lets nobody {what} a value when several try at once")),
            Into::into,
        )),
        ([(rival, version)], Some(value))
            if value.version == *version && value.bytes == words[*rival] =>
        {
            Ok(version.clone())
        }
        ([_], _) => Err(broken(&format!("keeps another value than that of who could {what} it"))),
        (several, _) => {
            let several = several.len();
            Err(unsafe_for_refs(&format!("let {several} of {RIVALS} writers {what} one value")))
        }
    }
}
