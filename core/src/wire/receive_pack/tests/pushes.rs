//! What works when real git pushes.

use super::*;

#[test]
fn a_push_is_all_there_and_costs_three_puts() {
    let dir = work(12);
    let memory = empty();
    push(&memory, dir.path(), &["main"], true);
    assert_eq!(judge(&memory), git_text(dir.path(), &["show-ref", "--heads"]));

    commit(dir.path(), "new", "one more\n");
    let store = Counting::new(memory);
    let ((), outcomes) = serve(&store, |url| {
        git(dir.path(), &["push", "-q", &format!("{url}x"), "main"]);
    });
    assert_eq!(outcomes, [Ok(())]);
    let counts = store.take();
    assert_eq!(counts.puts, 3, "{counts:?}");
    assert!(counts.gets + counts.lists <= 20, "{counts:?}");
    assert_eq!(judge(&store.store), git_text(dir.path(), &["show-ref", "--heads"]));
}

#[test]
fn refs_of_all_sorts_move() {
    let dir = work(3);
    let path = dir.path();
    git(path, &["tag", "-a", "v1", "-m", "one"]);
    git(path, &["tag", "light"]);
    git(path, &["notes", "add", "-m", "noted"]);
    git(path, &["branch", "team/a", "main~1"]);
    let store = empty();
    push(&store, path, &["--mirror"], true);
    assert_eq!(judge(&store), git_text(path, &["show-ref"]));

    git(path, &["commit", "-q", "--amend", "-m", "again"]);
    let said = push(&store, path, &["main"], false);
    assert!(said.contains("non-fast-forward"), "{said}");
    push(&store, path, &["--force-with-lease=main:refs/tags/light", "main"], true);
    git(path, &["branch", "-D", "-q", "team/a"]);
    git(path, &["tag", "-d", "light"]);
    push(&store, path, &["--mirror"], true);
    assert_eq!(judge(&store), git_text(path, &["show-ref"]));
}

#[test]
fn many_refs_move_with_one_pack() {
    let dir = work(2);
    for number in 0..168 {
        git(dir.path(), &["update-ref", &format!("refs/heads/b/{number}"), "main"]);
    }
    let store = Counting::new(empty());
    store.take();
    let ((), outcomes) = serve(&store, |url| {
        git(dir.path(), &["push", "-q", "--mirror", &format!("{url}x")]);
    });
    assert_eq!(outcomes, [Ok(())]);
    assert_eq!(store.take().puts, 2 + 169);
    assert_eq!(judge(&store.store), git_text(dir.path(), &["show-ref"]));
}

#[test]
fn a_thin_pack_is_completed() {
    let dir = work(1);
    let text: String = (0..2000).map(|number| format!("line {number}\n")).collect();
    commit(dir.path(), "large", &text);
    let store = empty();
    push(&store, dir.path(), &["main"], true);
    commit(dir.path(), "large", &text.replace("line 1000\n", "changed\n"));
    let before = keys(&store, ROOT);
    push(&store, dir.path(), &["--thin", "main"], true);
    assert_eq!(keys(&store, ROOT).len(), before.len() + 2);
    assert_eq!(judge(&store), git_text(dir.path(), &["show-ref", "--heads"]));
}

#[test]
fn nothing_new_moves_without_a_pack() {
    let dir = work(2);
    let store = empty();
    push(&store, dir.path(), &["main"], true);
    let objects = keys(&store, &format!("{ROOT}objects/"));
    push(&store, dir.path(), &["main~1:refs/heads/older"], true);
    assert_eq!(keys(&store, &format!("{ROOT}objects/")), objects);
    judge(&store);
    let said = push(&store, dir.path(), &["main"], true);
    assert!(said.contains("Everything up-to-date"), "{said}");
}

#[test]
fn what_git_can_ask_for_is_answered() {
    let dir = work(2);
    let store = empty();
    push(&store, dir.path(), &["-q", "-o", "ci.skip", "-o", "x=y", "main"], true);
    push(&store, dir.path(), &["--no-thin", "--signed=if-asked", "main~1:refs/heads/a"], true);
    let said = push(&store, dir.path(), &["--atomic", "main:refs/heads/b"], false);
    assert!(said.contains("does not support --atomic"), "{said}");
    let said = push(&store, dir.path(), &["--signed", "main:refs/heads/b"], false);
    assert!(said.contains("does not support --signed"), "{said}");
    judge(&store);
}

#[test]
fn all_versions_of_the_protocol_push() {
    for version in ["0", "1", "2"] {
        let dir = work(2);
        let store = empty();
        let option = format!("protocol.version={version}");
        let (_, outcomes) = serve(&store, |url| {
            git(dir.path(), &["-c", &option, "push", "-q", &format!("{url}x"), "main"]);
        });
        assert_eq!(outcomes, [Ok(())]);
        judge(&store);
    }
}

#[test]
fn an_advertisement_alone_is_written() {
    let store = empty();
    let repository = Repository::open(&store, &repo_name(), Limits::default());
    for (version, first) in [(Version::V0, ""), (Version::V1, "000eversion 1\n"), (Version::V2, "")]
    {
        let mut script = Script::new(&[b"left alone"]);
        let options = ReceiveOptions {
            session: Session::Advertise,
            version,
            agent: "trunks/test".to_owned(),
            ..ReceiveOptions::default()
        };
        block_on(receive_pack(&repository, &mut script, &options)).unwrap();
        let sent = String::from_utf8(script.sent()).unwrap();
        let line = format!(
            "{ZERO} capabilities^{{}}\0report-status report-status-v2 delete-refs side-band-64k \
             quiet ofs-delta push-options object-format=sha1 agent=trunks/test\n"
        );
        assert_eq!(sent, format!("{first}{}0000", frame(&line)));
        assert_eq!(script.input.len(), 1);
    }
}

#[test]
fn a_missing_repository_is_said_to_be_missing() {
    let store = Memory::new();
    let dir = work(1);
    let said = push(&store, dir.path(), &["main"], false);
    assert!(said.contains("repository x does not exist"), "{said}");
    assert!(keys(&store, "").is_empty());
}
