//! Calls over a network that breaks: what is answered is true, and what can be mended is.

use super::{keys, noise, present, put};
use crate::faults::{ByteFault, ByteFaults, Fault, HttpFaults, Plan};
use std::{cell::Cell, time::Duration};
use trunks_core::store::{Expected, Store, StoreError, Version};

/// What a call must come to when something breaks during it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    /// What it comes to when nothing breaks: it was tried again, or looked at again.
    Success,
    /// That, or `Unavailable`; a conditional write that says it lost has written nothing.
    Truth,
}

/// What a server may do to a request that a client can mend by itself.
const FAULTS: [Fault; 10] = [
    Fault::CutBefore,
    Fault::CutWithin,
    Fault::LoseAnswer,
    Fault::CutAnswer,
    Fault::Answer(429, "TooManyRequests"),
    Fault::Answer(500, "InternalError"),
    Fault::Answer(503, "ServerBusy"),
    Fault::AnswerAfter(500, "InternalError"),
    Fault::AnswerAfter(503, "ServerBusy"),
    Fault::Late(Duration::from_millis(50)),
];

/// Each call meets each fault at its first request, at its second, and twice in a row.
///
/// `store`: one that is reached through `proxy`.
pub async fn faults_of_requests_change_nothing<S: Store>(store: &S, proxy: &HttpFaults) {
    for (number, fault) in FAULTS.into_iter().enumerate() {
        for (after, times) in [(0, 1), (1, 1), (0, 2)] {
            let round = format!("faults/{number}-{after}-{times}");
            let met = Cell::new(0);
            let set = || proxy.plan(Plan::next(fault).after(after).times(times));
            let mend = || met.set(met.get() + proxy.clear());
            calls(store, &round, Demand::Success, set, mend).await;
            assert!(met.get() > 0, "{round}: {fault:?} met nothing");
        }
    }
}

/// S3 asks a conditional write to be tried again with this status, which elsewhere means a lost race.
pub async fn a_conflict_of_requests_is_tried_again<S: Store>(store: &S, proxy: &HttpFaults) {
    let fault = Fault::Answer(409, "ConditionalRequestConflict");
    for times in [1, 2] {
        proxy.plan(Plan::next(fault).method("PUT").times(times));
        let key = format!("tried-again/{times}");
        let version = store.put(&key, b"one".to_vec(), Expected::Absent).await.expect("created");
        proxy.plan(Plan::next(fault).method("PUT").times(times));
        store.put(&key, b"two".to_vec(), Expected::Is(version)).await.expect("updated");
        assert_eq!(present(store, &key).await.bytes, b"two");
        proxy.clear();
    }
}

/// Connections end or fall silent after so many bytes, whatever the protocol is doing then.
///
/// `store`: one that is reached through `proxy`.
pub async fn faults_of_connections_are_survived<S: Store>(store: &S, proxy: &ByteFaults) {
    for bytes in [0, 60, 300, 1000, 4000, 15_000] {
        for fault in [
            ByteFault::CutAfterSent(bytes),
            ByteFault::CutAfterReceived(bytes),
            ByteFault::LoseAnswersAfterSent(bytes),
        ] {
            let round = format!("faults/{fault:?}");
            let met = Cell::new(0);
            let set = || proxy.plan(fault);
            let mend = || met.set(met.get() + proxy.clear());
            calls(store, &round, Demand::Truth, set, mend).await;
            assert!(met.get() > 0, "{round} met nothing");
        }
    }
}

/// Makes every call once, each with the fault `set` before and mended after it.
async fn calls<S: Store>(store: &S, round: &str, demand: Demand, set: impl Fn(), mend: impl Fn()) {
    let key = format!("{round}/key");
    let [one, two, three] = [1, 2, 3].map(|seed| noise(seed, 20_000));

    set();
    let created = store.put(&key, one.clone(), Expected::Absent).await;
    mend();
    let version = written(store, &key, created, None, &one, demand).await;
    let Some(first) = version else { return };

    set();
    let again = store.put(&key, two.clone(), Expected::Absent).await;
    mend();
    refused(store, &key, again.map(drop), &one, demand).await;

    set();
    let updated = store.put(&key, two.clone(), Expected::Is(first.clone())).await;
    mend();
    let version = written(store, &key, updated, Some(&one), &two, demand).await;
    let Some(second) = version else { return };

    set();
    let stale = store.put(&key, three, Expected::Is(first)).await;
    mend();
    refused(store, &key, stale.map(drop), &two, demand).await;

    set();
    let whole = store.get(&key, None).await;
    mend();
    read(round, whole.map(|value| value.map(|value| value.bytes) == Some(two.clone())), demand);
    set();
    let part = store.get(&key, Some(7..9_000)).await;
    mend();
    let is_part = |bytes: Vec<u8>| bytes == two[7..9_000];
    read(round, part.map(|value| value.is_some_and(|value| is_part(value.bytes))), demand);
    set();
    let absent = store.get(&format!("{round}/absent"), None).await;
    mend();
    read(round, absent.map(|value| value.is_none()), demand);
    set();
    let listed = store.list(&format!("{round}/"), None, 10).await;
    mend();
    let is_it =
        |page: trunks_core::store::Page| page.entries.iter().map(|entry| &entry.key).eq([&key]);
    read(round, listed.map(is_it), demand);

    set();
    let deleted = store.delete(&key, Expected::Is(second)).await;
    mend();
    gone(store, &key, deleted, &two, demand).await;
    put(store, &key, &one).await;
    set();
    let deleted = store.delete(&key, Expected::Any).await;
    mend();
    gone(store, &key, deleted, &one, demand).await;

    let key = format!("{round}/upload");
    set();
    let uploaded = upload(store, &key, &one).await;
    mend();
    written(store, &key, uploaded, None, &one, demand).await;
    store.delete(&key, Expected::Any).await.expect("the network is mended");
    assert!(keys(store, round).await.is_empty(), "{round}");
}

async fn upload<S: Store>(store: &S, key: &str, bytes: &[u8]) -> Result<Version, StoreError> {
    let upload = store.upload_start(key).await?;
    let part = store.upload_part(&upload, 1, bytes.to_vec()).await?;
    store.upload_finish(&upload, vec![part], Expected::Absent).await
}

/// A conditional write that must have won. Returns the version that is there, if it did.
async fn written<S: Store>(
    store: &S,
    key: &str,
    outcome: Result<Version, StoreError>,
    before: Option<&[u8]>,
    wanted: &[u8],
    demand: Demand,
) -> Option<Version> {
    let found = store.get(key, None).await.expect("the network is mended");
    let bytes = found.as_ref().map(|value| value.bytes.as_slice());
    match outcome {
        Ok(version) => {
            assert!(bytes == Some(wanted), "{key}: acknowledged, and not there");
            assert_eq!(found.as_ref().map(|value| &value.version), Some(&version), "{key}");
        }
        Err(StoreError::Unavailable { .. }) if demand == Demand::Truth => {
            assert!(bytes == Some(wanted) || bytes == before, "{key}: neither old nor new");
        }
        Err(error) => panic!("{key}: {error}"),
    }
    let is_written = bytes == Some(wanted);
    found.filter(|_| is_written).map(|value| value.version)
}

/// A conditional write that must have lost.
async fn refused<S: Store>(
    store: &S,
    key: &str,
    outcome: Result<(), StoreError>,
    there: &[u8],
    demand: Demand,
) {
    match outcome {
        Err(StoreError::Conflict { .. }) => {}
        Err(StoreError::Unavailable { .. }) if demand == Demand::Truth => {}
        other => panic!("{key}: {other:?} where another was first"),
    }
    assert!(present(store, key).await.bytes == there, "{key}: written by one that lost");
}

/// A deletion that must have won.
async fn gone<S: Store>(
    store: &S,
    key: &str,
    outcome: Result<(), StoreError>,
    before: &[u8],
    demand: Demand,
) {
    let found = store.get(key, None).await.expect("the network is mended");
    match outcome {
        Ok(()) => assert!(found.is_none(), "{key}: deleted, and there"),
        Err(StoreError::Unavailable { .. }) if demand == Demand::Truth => {
            assert!(found.is_none_or(|value| value.bytes == before), "{key}: changed");
            store.delete(key, Expected::Any).await.expect("the network is mended");
        }
        Err(error) => panic!("{key}: {error}"),
    }
}

/// A read that must have been true.
fn read(round: &str, is_right: Result<bool, StoreError>, demand: Demand) {
    match is_right {
        Ok(is_right) => assert!(is_right, "{round}: a read was wrong"),
        Err(StoreError::Unavailable { .. }) if demand == Demand::Truth => {}
        Err(error) => panic!("{round}: {error}"),
    }
}
