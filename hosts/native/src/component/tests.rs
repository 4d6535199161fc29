//! The component in its sandbox.

use super::*;
use std::sync::Arc;
use trunks_core::{code::Code, repository::RepoName, store::Memory};

fn guest() -> Guest {
    Guest::new(Core::shared().expect("the component loads"), Arc::new(Memory::new()))
}

fn name() -> RepoName {
    RepoName::new("team/app").expect("well-formed")
}

#[test]
fn imports_are_the_world_and_nothing_else() {
    let core = Core::shared().expect("the component loads");
    let component = core.component.instance_pre().component();
    let imports: Vec<_> =
        component.component_type().imports(&core.engine).map(|(name, _)| name.to_owned()).collect();
    let world = ["trunks:core/storage@0.1.0", "trunks:core/exchange@0.1.0"];
    assert!(imports.iter().all(|import| world.contains(&import.as_str())), "{imports:?}");
}

#[tokio::test]
async fn a_call_answers() {
    let checksum = "0123456789abcdef0123456789abcdef01234567".parse().expect("an id");
    let keys = guest().pack_keys(&name(), &checksum).await.expect("keys");
    let root = "trunks/team/app.trunk/objects/pack/pack-0123456789abcdef0123456789abcdef01234567";
    assert_eq!(keys, (format!("{root}.pack"), format!("{root}.idx")));
}

#[tokio::test]
async fn a_panic_is_an_error() {
    let error = guest()
        .read_file(&name(), "HEAD", "a", None, Exchange::none())
        .await
        .expect_err("it is not there yet");
    assert_eq!(error.code, Code::Failed);
    assert_eq!(error.message, "internal error in the core: it panicked; please report it");
}

#[test]
fn calls_can_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    let (guest, name) = (guest(), name());
    is_send(guest.names(None, 1));
    is_send(guest.read_file(&name, "HEAD", "a", None, Exchange::none()));
}
