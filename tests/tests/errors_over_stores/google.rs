//! Google Cloud Storage, by a double and a proxy that refuse as Google documents.

use super::is_told;
use trunks_tests::{
    faults::{Fault, HttpFaults, Plan},
    google::Google,
};

#[test]
fn a_wrong_token() {
    let place = Google::start().place("part").with("token", "not-the-right-one");
    is_told(&place, &["bucket trunks-test", "credentials", "check"]);
}

#[test]
fn a_missing_bucket() {
    let mut place = Google::start().place("part");
    place.url = "gs://trunks-nowhere".to_owned();
    is_told(&place, &["there is no bucket trunks-nowhere", "make it, or check its name"]);
}

#[test]
fn no_rights_to_write() {
    let google = Google::start();
    let proxy = HttpFaults::before(google.address());
    proxy.plan(Plan::next(Fault::Answer(403, "AccessDenied")).method("PUT").forever());
    let place = google.place("part").with("endpoint", proxy.endpoint());
    is_told(&place, &["no right", "bucket trunks-test", "docs/backends/gcs.md"]);
}
