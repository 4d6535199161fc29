//! Azure Blob Storage, by its emulator, which looks at keys and at what signatures allow.

use super::is_told;
use trunks_tests::{
    faults::{Fault, HttpFaults, Plan},
    servers::Azurite,
};

#[test]
fn a_wrong_key() {
    // As long as a right one, and no less Base64.
    let key = format!("{}==", "A".repeat(86));
    let place = Azurite::shared().place().with("access_key", key);
    is_told(&place, &["container trunks-", "the key or the shared access signature is wrong"]);
}

#[test]
fn what_is_no_key_at_all() {
    let place = Azurite::shared().place().with("access_key", "geheim");
    is_told(&place, &["the account's key", "Base64", "copy it again"]);
}

#[test]
fn a_missing_container() {
    let mut place = Azurite::shared().place();
    place.url = format!("azure://{}/nowhere", Azurite::ACCOUNT);
    is_told(&place, &["there is no container nowhere", "make it, or check its name"]);
}

#[test]
fn no_rights_to_write() {
    let place = Azurite::shared().place().without("access_key");
    let place = place.with("sas_token", Azurite::SAS_TO_READ);
    is_told(&place, &["no right", "container trunks-", "docs/backends/azure.md"]);
}

#[test]
fn a_clock_that_is_wrong() {
    // Azure has no word of its own for it: "Server failed to authenticate the request".
    let proxy = HttpFaults::before(Azurite::shared().address());
    let date = "Sat, 01 Jan 2000 00:00:00 GMT";
    proxy.plan(Plan::next(Fault::AnswerDated(403, "AuthenticationFailed", date)).forever());
    let place = Azurite::shared().place_at(proxy.address());
    is_told(&place, &["clock", "days ahead of the store's", "set it right"]);
}
