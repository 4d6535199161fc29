//! S3: what its emulators do not refuse by themselves, a proxy refuses as Amazon documents.
//!
//! # Source
//! Amazon S3 API, "Error responses"

use super::is_told;
use trunks_tests::{
    faults::{Fault, HttpFaults, Plan},
    servers::S3,
};

fn answered(plan: Plan, says: &[&str]) {
    let server = S3::ministack();
    let proxy = HttpFaults::before(server.address());
    proxy.plan(plan.forever());
    is_told(&server.place_at(proxy.address()), says);
}

#[test]
fn a_wrong_key() {
    let unknown = Plan::next(Fault::Answer(403, "InvalidAccessKeyId"));
    answered(unknown, &["bucket trunks-", "the access key is not known there", "check"]);
    let wrong = Plan::next(Fault::Answer(403, "SignatureDoesNotMatch"));
    let says = ["bucket trunks-", "the secret key does not belong to the access key", "check"];
    answered(wrong, &says);
    let expired = Plan::next(Fault::Answer(400, "ExpiredToken"));
    answered(expired, &["bucket trunks-", "expired", "sign in again"]);
}

#[test]
fn a_missing_bucket() {
    for server in [S3::ministack(), S3::moto()] {
        let mut place = server.place();
        place.url = "s3://trunks-nowhere/prefix".to_owned();
        is_told(&place, &["there is no bucket trunks-nowhere", "make it, or check its name"]);
    }
}

#[test]
fn no_rights_to_write() {
    let says = ["no right", "bucket trunks-", "docs/backends/s3.md"];
    answered(Plan::next(Fault::Answer(403, "AccessDenied")).method("PUT"), &says);
}

#[test]
fn a_clock_that_is_wrong() {
    let late = Fault::AnswerDated(403, "RequestTimeTooSkewed", "Sat, 01 Jan 2000 00:00:00 GMT");
    answered(Plan::next(late), &["clock", "days ahead of the store's", "set it right"]);
    let early = Fault::AnswerDated(403, "RequestTimeTooSkewed", "Thu, 01 Jan 2099 00:00:00 GMT");
    answered(Plan::next(early), &["clock", "days behind the store's", "set it right"]);
}

#[test]
fn a_full_disk() {
    // MinIO's word for it.
    let full = Fault::Answer(507, "XMinioStorageFull");
    answered(Plan::next(full).method("PUT"), &["bucket trunks-", "is full", "free some space"]);
}
