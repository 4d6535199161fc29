//! What is refused, and in which words.

use super::*;

#[test]
fn the_current_branch_is_not_deleted() {
    let dir = work(2);
    let store = empty();
    push(&store, dir.path(), &["main", "main:refs/heads/other"], true);
    let said = push(&store, dir.path(), &["--delete", "main", "other"], false);
    assert!(said.contains("refusing to delete the current branch: refs/heads/main"), "{said}");
    assert!(said.contains("(deletion of the current branch prohibited)"), "{said}");
    assert!(said.contains("[deleted]         other"), "{said}");
    assert!(judge(&store).ends_with("refs/heads/main"));
}

#[test]
fn names_that_cannot_be_together_are_refused() {
    let dir = work(2);
    let store = empty();
    push(&store, dir.path(), &["main", "main:refs/heads/a"], true);
    let said = push(&store, dir.path(), &["main:refs/heads/a/b"], false);
    assert!(said.contains("'refs/heads/a' exists; cannot create 'refs/heads/a/b'"), "{said}");
    assert!(said.contains("(failed to update ref)"), "{said}");
    judge(&store);
}

#[test]
fn branches_name_commits() {
    let dir = work(1);
    git(dir.path(), &["tag", "-a", "v1", "-m", "one"]);
    let store = empty();
    for object in ["main^{tree}", "main:file1", "refs/tags/v1"] {
        let id = git_text(dir.path(), &["rev-parse", object]);
        let pack = pack(dir.path(), &format!("{id}\n"));
        let text = commands(&[(ZERO, &id, "refs/heads/x"), (ZERO, &id, "refs/tags/x")]);
        let (outcome, said) = request(&store, Limits::default(), &[text.as_bytes(), &pack]);
        assert_eq!(outcome, Ok(()));
        let expected =
            ["unpack ok\n", "ng refs/heads/x failed to update ref\n", "ok refs/tags/x\n"];
        assert_eq!(said, expected.map(frame).concat() + "0000");
        let text = commands(&[(&id, ZERO, "refs/tags/x")]);
        let (_, said) = request(&store, Limits::default(), &[text.as_bytes()]);
        assert_eq!(said, ["unpack ok\n", "ok refs/tags/x\n"].map(frame).concat() + "0000");
    }
    assert_eq!(judge(&store), "");
}

#[test]
fn stale_and_doubled_and_funny_commands_are_refused_one_by_one() {
    let dir = work(3);
    let store = empty();
    push(&store, dir.path(), &["main"], true);
    let tip = git_text(dir.path(), &["rev-parse", "main"]);
    let older = git_text(dir.path(), &["rev-parse", "main~1"]);
    let pack = pack(dir.path(), "");
    let text = commands(&[
        (&older, &tip, "refs/heads/main"),
        (ZERO, &tip, "refs/heads/main2"),
        (&tip, ZERO, "refs/heads/none"),
        (ZERO, &tip, "refs/heads/twice"),
        (ZERO, &older, "refs/heads/twice"),
        (ZERO, &tip, "HEAD"),
        (ZERO, &tip, "refs/heads/a..b"),
        (ZERO, &tip, "refs/heads/a.lock"),
        (ZERO, &tip, "../../etc/passwd"),
        (ZERO, &tip, "refs/../HEAD"),
        (ZERO, &tip, "main"),
        (ZERO, ZERO, "refs/heads/nothing"),
    ]);
    let (outcome, said) = request(&store, Limits::default(), &[text.as_bytes(), &pack]);
    assert_eq!(outcome, Ok(()));
    let expected = [
        "unpack ok\n",
        "ng refs/heads/main failed to update ref\n",
        "ok refs/heads/main2\n",
        "ng refs/heads/none failed to update ref\n",
        "ng refs/heads/twice multiple updates for ref not allowed\n",
        "ng refs/heads/twice multiple updates for ref not allowed\n",
        "ng HEAD funny refname\n",
        "ng refs/heads/a..b funny refname\n",
        "ng refs/heads/a.lock funny refname\n",
        "ng ../../etc/passwd funny refname\n",
        "ng refs/../HEAD funny refname\n",
        "ng main funny refname\n",
        "ok refs/heads/nothing\n",
    ];
    assert_eq!(said, expected.map(frame).concat() + "0000");
    assert_eq!(judge(&store), format!("{tip} refs/heads/main\n{tip} refs/heads/main2"));
}

#[test]
fn a_name_that_is_not_utf_8_is_refused_and_told_as_it_was_sent() {
    let dir = work(1);
    let store = empty();
    let tip = git_text(dir.path(), &["rev-parse", "main"]);
    let text = commands(&[(ZERO, &tip, "refs/heads/lat?in"), (ZERO, &tip, "refs/heads/plain")]);
    let text: Vec<u8> = text.bytes().map(|byte| if byte == b'?' { 0xe4 } else { byte }).collect();
    let pack = pack(dir.path(), &format!("{tip}\n"));
    let (outcome, said) = request(&store, Limits::default(), &[&text, &pack]);
    assert_eq!(outcome, Ok(()));
    let refused = frame("ng refs/heads/lat?in refname is not UTF-8\n").replace('?', "\u{fffd}");
    assert_eq!(said, frame("unpack ok\n") + &refused + &frame("ok refs/heads/plain\n") + "0000");
    assert_eq!(judge(&store), format!("{tip} refs/heads/plain"));
}

#[test]
fn a_ref_does_not_move_to_what_is_not_whole() {
    let dir = work(3);
    let path = dir.path();
    let store = empty();
    let tip = git_text(path, &["rev-parse", "main"]);
    let tree = git_text(path, &["rev-parse", "main^{tree}"]);
    let blob = git_text(path, &["rev-parse", "main:file3"]);
    let text = commands(&[(ZERO, &tip, "refs/heads/x"), (ZERO, &blob, "refs/tags/blob")]);
    let before = |store: &Memory| keys(store, &format!("{ROOT}refs/"));
    // Without its parents; without its tree's blob too.
    for objects in [format!("{tip}\n{tree}\n{blob}\n"), format!("{tip}\n{tree}\n")] {
        let pack = git_with_input(path, &["pack-objects", "--stdout", "-q"], objects.as_bytes());
        let (outcome, said) = request(&store, Limits::default(), &[text.as_bytes(), &pack]);
        assert_eq!(outcome, Ok(()));
        assert!(said.contains("ng refs/heads/x missing necessary objects\n"), "{said}");
        assert!(said.contains("ok refs/tags/blob\n"), "{said}");
        assert_eq!(before(&store), [format!("{ROOT}refs/tags/blob")]);
        let undo = commands(&[(&blob, ZERO, "refs/tags/blob")]);
        assert_eq!(request(&store, Limits::default(), &[undo.as_bytes()]).0, Ok(()));
    }
    let (_, said) = request(&empty(), Limits::default(), &[text.as_bytes(), &pack(path, "")]);
    assert!(said.contains("ng refs/heads/x missing necessary objects\n"), "{said}");
    assert!(before(&store).is_empty());
}

#[test]
fn a_pack_that_is_not_accepted_leaves_nothing_and_is_reported() {
    let dir = work(3);
    let store = empty();
    let before = keys(&store, "");
    let tip = git_text(dir.path(), &["rev-parse", "main"]);
    let text = commands(&[(ZERO, &tip, "refs/heads/main"), (ZERO, &tip, "refs/heads/b")]);
    let whole = pack(dir.path(), "main\n");
    let mut damaged = whole.clone();
    damaged[40] ^= 1;
    for bytes in [&whole[..whole.len() - 1], &damaged, b"JUNK", b""] {
        let (outcome, said) = request(&store, Limits::default(), &[text.as_bytes(), bytes]);
        assert!(matches!(outcome, Err(WireError::Refused { .. })), "{outcome:?}");
        assert!(said[4..].starts_with("unpack the pack "), "{said}");
        assert!(said.contains("ng refs/heads/main unpacker error\n"), "{said}");
        assert!(said.contains("ng refs/heads/b unpacker error\n"), "{said}");
        assert_eq!(keys(&store, ""), before);
    }
    let limits = Limits { pack_bytes: 100, ..Limits::default() };
    let (_, said) = request(&store, limits, &[text.as_bytes(), &whole]);
    assert!(said.contains("unpack the pack is larger than the limit of 100 bytes"), "{said}");
    assert_eq!(keys(&store, ""), before);
}

#[test]
fn real_git_shows_why_a_pack_is_not_accepted() {
    let dir = work(1);
    let tree = git_with_input(dir.path(), &["mktree"], b"");
    let tree = core::str::from_utf8(&tree).unwrap().trim();
    let entry = [b"40000 .git\0", &*tree_bytes(tree)].concat();
    let id = git_with_input(
        dir.path(),
        &["hash-object", "-w", "--stdin", "-t", "tree", "--literally"],
        &entry,
    );
    let id = core::str::from_utf8(&id).unwrap().trim().to_owned();
    let made = git_text(dir.path(), &["commit-tree", "-m", "evil", &id]);
    let store = empty();
    let before = keys(&store, "");
    let said = push(&store, dir.path(), &[&format!("{made}:refs/heads/main")], false);
    assert!(said.contains("its name stands for .git"), "{said}");
    assert!(said.contains("(unpacker error)"), "{said}");
    assert_eq!(keys(&store, ""), before);
}

fn tree_bytes(hex: &str) -> Vec<u8> {
    hex.parse::<ObjectId>().unwrap().as_bytes().to_vec()
}

#[test]
fn lines_that_are_no_commands_are_answered_with_an_error() {
    let store = empty();
    for text in [frame("hello") + "0000", "zzzz".to_owned(), frame("push-cert\0")] {
        let (outcome, said) = request(&store, Limits::default(), &[text.as_bytes()]);
        assert!(outcome.is_err());
        assert!(said[4..].starts_with("ERR "), "{said}");
    }
    assert_eq!(request(&store, Limits::default(), &[b"0000"]), (Ok(()), String::new()));
}

#[test]
fn a_push_without_a_report_is_silent() {
    let dir = work(2);
    let store = empty();
    let tip = git_text(dir.path(), &["rev-parse", "main"]);
    let text = frame(&format!("{ZERO} {tip} refs/heads/main")) + "0000";
    let pack = pack(dir.path(), "main\n");
    let outcome = request(&store, Limits::default(), &[text.as_bytes(), &pack]);
    assert_eq!(outcome, (Ok(()), String::new()));
    assert_eq!(judge(&store), format!("{tip} refs/heads/main"));
    block_on(store.delete(&keys(&store, ROOT)[0], Expected::Any)).unwrap();
}
