//! Orders judged against a listing and a made-up local repository.

use super::*;
use trunks_core::refs::{Peeled, Ref};

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const BLOB: &str = "cccccccccccccccccccccccccccccccccccccccc";
const ELSEWHERE: &str = "dddddddddddddddddddddddddddddddddddddddd";

fn oid(hex: &str) -> ObjectId {
    hex.parse().expect(hex)
}

fn ref_name(name: &str) -> RefName {
    RefName::new(name).expect(name)
}

fn listing(refs: &[(&str, &str)]) -> RefListing {
    let refs = refs.iter().map(|(name, id)| Ref {
        name: ref_name(name),
        id: oid(id),
        peeled: Peeled::Unknown,
        symbolic: None,
    });
    let head = Head::Symbolic(ref_name("refs/heads/main"));
    RefListing { head, refs: refs.collect(), broken: Vec::new() }
}

fn local() -> Local {
    let mut objects = HashMap::new();
    for (name, id, kind) in
        [(A, A, "commit"), ("refs/heads/main", B, "commit"), (B, B, "commit"), (BLOB, BLOB, "blob")]
    {
        objects.insert(name.to_owned(), LocalObject { id: oid(id), kind: kind.into() });
    }
    Local(objects)
}

fn judged(order: &str, refs: &[(&str, &str)], options: &Options) -> Result<Plan, String> {
    let listing = listing(refs);
    let local = local();
    let judge = Judge { listing: &listing, listed: listed(&listing), options, local: &local };
    judge.judge(&Order::parse(order).expect("an order"))
}

fn refusal(order: &str, refs: &[(&str, &str)]) -> String {
    judged(order, refs, &Options::default()).expect_err(order)
}

#[test]
fn orders_are_read_as_git_writes_them() {
    let order = |forced, source: Option<&str>, destination: &str| Order {
        forced,
        source: source.map(str::to_owned),
        destination: destination.into(),
    };
    for (text, expected) in [
        ("refs/heads/a:refs/heads/b", order(false, Some("refs/heads/a"), "refs/heads/b")),
        ("+HEAD:refs/heads/b", order(true, Some("HEAD"), "refs/heads/b")),
        (":refs/heads/b", order(false, None, "refs/heads/b")),
        ("main:file:refs/blobs/b", order(false, Some("main:file"), "refs/blobs/b")),
    ] {
        assert_eq!(Order::parse(text), Some(expected), "{text}");
    }
    assert_eq!(Order::parse("refs/heads/a"), None);
}

#[test]
fn a_new_ref_must_not_be_there_yet() {
    let plan = judged("refs/heads/main:refs/heads/new", &[], &Options::default()).expect("fine");
    let update =
        RefUpdate { name: ref_name("refs/heads/new"), old: OldValue::Absent, new: Some(oid(B)) };
    assert_eq!(plan, Plan { update, on_conflict: "fetch first" });
}

#[test]
fn a_ref_moves_from_what_was_listed() {
    let refs = [("refs/heads/main", A)];
    let plan = judged("refs/heads/main:refs/heads/main", &refs, &Options::default()).expect("fine");
    assert_eq!(plan.update.old, OldValue::Is(oid(A)));
    let plan = judged(":refs/heads/gone", &[("refs/heads/gone", ELSEWHERE)], &Options::default())
        .expect("fine");
    assert_eq!(plan.update.new, None);
    assert_eq!(plan.update.old, OldValue::Is(oid(ELSEWHERE)));
}

#[test]
fn what_git_cannot_compare_is_refused_in_its_words() {
    let main = "refs/heads/main:refs/heads/main";
    assert_eq!(refusal(main, &[("refs/heads/main", ELSEWHERE)]), "fetch first");
    assert_eq!(refusal(main, &[("refs/heads/main", BLOB)]), "needs force");
    let note = format!("{BLOB}:refs/notes/x");
    assert_eq!(refusal(&note, &[("refs/notes/x", A)]), "needs force");
    assert_eq!(refusal("refs/heads/main:refs/tags/v1", &[("refs/tags/v1", A)]), "already exists");
}

#[test]
fn force_overrides_and_still_demands_what_was_listed() {
    let plan = judged(
        "+refs/heads/main:refs/heads/main",
        &[("refs/heads/main", ELSEWHERE)],
        &Options::default(),
    )
    .expect("forced");
    assert_eq!(plan.update.old, OldValue::Is(oid(ELSEWHERE)));
}

#[test]
fn a_lease_forces_when_it_holds() {
    let mut options = Options::default();
    options.leases.insert("refs/heads/main".into(), oid(ELSEWHERE));
    options.leases.insert("refs/heads/new".into(), ObjectId::ZERO);
    let main = "refs/heads/main:refs/heads/main";
    let plan = judged(main, &[("refs/heads/main", ELSEWHERE)], &options).expect("held");
    assert_eq!(plan.on_conflict, "stale info");
    assert_eq!(judged(main, &[("refs/heads/main", A)], &options), Err("stale info".into()));
    assert_eq!(judged(main, &[], &options), Err("stale info".into()));
    let new = "refs/heads/main:refs/heads/new";
    assert!(judged(new, &[], &options).is_ok());
    assert_eq!(judged(new, &[("refs/heads/new", A)], &options), Err("stale info".into()));
}

#[test]
fn what_must_not_be_is_refused() {
    for (order, said) in [
        (":refs/heads/main", "deletion of the current branch prohibited"),
        ("refs/heads/main:HEAD", "funny refname"),
        ("refs/heads/main:refs/heads/a..b", "funny refname"),
        ("refs/heads/none:refs/heads/b", "refs/heads/none is not in the local repository"),
        (&format!("{BLOB}:refs/heads/b"), "a branch names a commit"),
    ] {
        let why = refusal(order, &[("refs/heads/main", A)]);
        assert!(why.contains(said), "{order}: {why}");
    }
}

#[test]
fn an_atomic_push_is_of_one_ref() {
    let plan = |name: &str| {
        judged(&format!("refs/heads/main:{name}"), &[], &Options::default()).expect("fine")
    };
    let mut one = [Ok(plan("refs/heads/a"))];
    refuse_half(&mut one);
    assert!(one[0].is_ok());
    let mut two = [Ok(plan("refs/heads/a")), Ok(plan("refs/heads/b"))];
    refuse_half(&mut two);
    assert!(two.iter().all(Result::is_err));
    let mut broken = [Ok(plan("refs/heads/a")), Err("fetch first".to_owned())];
    refuse_half(&mut broken);
    assert_eq!(broken[0], Err("atomic push failed".into()));
    assert_eq!(broken[1], Err("fetch first".into()));
}
