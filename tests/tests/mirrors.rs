//! Mirrors: what a push must reach beside the primary, and what becomes of it when it does not.

use std::{fs, thread};
use trunks_tests::sandbox::Sandbox;

/// A repository with a commit, a primary and a mirror, pushed.
fn mirrored() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 2);
    sandbox.trunks("my-app", &["init"]);
    let add = ["storage", "add", "--name", "primary", "--backend", "local", "--path", "../store"];
    sandbox.trunks("my-app", &add);
    sandbox.git("my-app", &["push", "--quiet"]);
    add_mirror(&sandbox, "backup", "mirror");
    sandbox
}

fn add_mirror(sandbox: &Sandbox, name: &str, path: &str) {
    let path = format!("../{path}");
    let words =
        ["storage", "add", "--mirror", "--name", name, "--backend", "local", "--path", &path];
    sandbox.trunks("my-app", &words);
}

const PRIMARY: &str = "store/trunks/my-app.trunk";
const MIRROR: &str = "mirror/trunks/my-app.trunk";

/// Demands that a mirror holds what the primary holds, and that git finds nothing wrong with it.
fn in_line(sandbox: &Sandbox, mirror: &str) {
    assert_eq!(sandbox.refs(mirror), sandbox.refs(PRIMARY));
    let fsck = ["fsck", "--full", "--strict", "--no-dangling"];
    assert_eq!(sandbox.git(mirror, &fsck), "");
}

#[test]
fn a_push_reaches_the_mirror() {
    let sandbox = mirrored();
    in_line(&sandbox, MIRROR);
    sandbox.commit("my-app", "more", "work");
    sandbox.git("my-app", &["tag", "--annotate", "--message", "one", "v1"]);
    sandbox.git("my-app", &["push", "--quiet", "trunks", "main", "v1", "main:refs/heads/other"]);
    in_line(&sandbox, MIRROR);
    assert_eq!(sandbox.refs(MIRROR).lines().count(), 3);
    sandbox.git("my-app", &["push", "--quiet", "trunks", ":other", ":v1"]);
    sandbox.git("my-app", &["commit", "--quiet", "--amend", "--message", "another"]);
    sandbox.git("my-app", &["push", "--quiet", "--force"]);
    in_line(&sandbox, MIRROR);
    assert_eq!(sandbox.refs(MIRROR).lines().count(), 1);
    assert_eq!(
        fs::read(sandbox.path(MIRROR).join("HEAD")).expect("read"),
        fs::read(sandbox.path(PRIMARY).join("HEAD")).expect("read")
    );
}

#[test]
fn a_mirror_that_is_away_stops_a_push_before_anything_has_moved() {
    let sandbox = mirrored();
    fs::rename(sandbox.path("mirror"), sandbox.path("away")).expect("moved");
    fs::write(sandbox.path("mirror"), "in the way").expect("written");
    let before = sandbox.refs(PRIMARY);
    sandbox.commit("my-app", "more", "work");
    let said = sandbox.git_fails("my-app", &["push"]);
    assert!(said.contains("mirror backup (local://"), "{said}");
    assert_eq!(sandbox.refs(PRIMARY), before);
    fs::remove_file(sandbox.path("mirror")).expect("removed");
    fs::rename(sandbox.path("away"), sandbox.path("mirror")).expect("moved back");
    sandbox.git("my-app", &["push", "--quiet"]);
    in_line(&sandbox, MIRROR);
}

#[test]
fn a_push_that_misses_a_mirror_fails_and_a_rerun_completes_it() {
    let sandbox = mirrored();
    // Somebody holds the branch's lock in the mirror, which is only noticed when it is to move.
    let lock = sandbox.path(MIRROR).join("refs/heads/main.lock");
    fs::write(&lock, "").expect("written");
    let commit = sandbox.commit("my-app", "more", "work");
    let said = sandbox.git_fails("my-app", &["push"]);
    assert!(said.contains("mirror backup (local://") && said.contains("push again"), "{said}");
    assert_eq!(sandbox.git(PRIMARY, &["rev-parse", "main"]), commit, "nothing is lost");
    fs::remove_file(&lock).expect("removed");
    sandbox.git("my-app", &["push", "--quiet"]);
    in_line(&sandbox, MIRROR);
    assert_eq!(sandbox.git("my-app", &["rev-parse", "trunks/main"]), commit);
}

#[test]
fn a_mirror_that_was_away_catches_up_with_a_push_of_nothing() {
    let sandbox = mirrored();
    // The primary moves without the mirror: stock git pushes to its directory.
    let commit = sandbox.commit("my-app", "more", "work");
    let primary = sandbox.path(PRIMARY).display().to_string();
    sandbox.git("my-app", &["push", "--quiet", &primary, "main", "main:refs/heads/other"]);
    assert_ne!(sandbox.git(MIRROR, &["rev-parse", "main"]), commit);
    sandbox.trunks("my-app", &["push", "--quiet"]);
    in_line(&sandbox, MIRROR);
}

#[test]
fn a_shallow_clone_reaches_the_mirror_too_or_fails() {
    let sandbox = mirrored();
    let url = sandbox.url("my-app");
    sandbox.trunks("", &["clone", "--quiet", &url, "shallow", "--", "--depth", "1"]);
    sandbox.commit("shallow", "more", "work");
    sandbox.git("shallow", &["push", "--quiet"]);
    in_line(&sandbox, MIRROR);
    let lock = sandbox.path(MIRROR).join("refs/heads/main.lock");
    fs::write(&lock, "").expect("written");
    sandbox.commit("shallow", "still more", "work");
    let said = sandbox.git_fails("shallow", &["push"]);
    assert!(said.contains("mirror backup (local://"), "{said}");
    fs::remove_file(&lock).expect("removed");
    sandbox.git("shallow", &["push", "--quiet"]);
    in_line(&sandbox, MIRROR);
}

#[test]
fn a_clone_that_knows_the_primary_alone_finds_the_mirrors() {
    let sandbox = mirrored();
    let url = format!("local://{}/my-app", sandbox.path("store").display());
    sandbox.trunks("", &["clone", "--quiet", &url, "there"]);
    let list = sandbox.trunks("there", &["storage", "list"]);
    assert!(list.contains("backup  mirror  local://"), "{list}");
    sandbox.commit("there", "more", "work");
    sandbox.git("there", &["push", "--quiet"]);
    in_line(&sandbox, MIRROR);
    // Plain git asks before it sends anything anywhere that the user has not named.
    sandbox.git("", &["clone", "--quiet", &sandbox.url("my-app"), "plain"]);
    let before = sandbox.refs(PRIMARY);
    sandbox.commit("plain", "still more", "work");
    let said = sandbox.git_fails("plain", &["push"]);
    let mirror = sandbox.path("mirror").display().to_string();
    let command = format!("trunks storage add --mirror --name backup --url local://{mirror}");
    assert!(said.contains(&command), "{said}");
    assert_eq!(sandbox.refs(PRIMARY), before);
}

#[test]
fn what_was_pushed_past_the_primary_is_not_overwritten() {
    let sandbox = mirrored();
    let foreign = sandbox.commit("my-app", "foreign", "work");
    let mirror = sandbox.path(MIRROR).display().to_string();
    sandbox.git("my-app", &["push", "--quiet", &mirror, "main"]);
    sandbox.git("my-app", &["reset", "--quiet", "--hard", "HEAD~1"]);
    sandbox.commit("my-app", "own", "work");
    let said = sandbox.git_fails("my-app", &["push"]);
    assert!(said.contains("which the primary has never had"), "{said}");
    assert!(said.contains(&foreign) && said.contains("refs/heads/main"), "{said}");
    assert_eq!(sandbox.git(MIRROR, &["rev-parse", "main"]), foreign);
    sandbox.git("my-app", &["pull", "--quiet", "--no-rebase", "--no-edit", &mirror, "main"]);
    // Now that the primary is to have it, it may be stored there by stock git.
    let primary = sandbox.path(PRIMARY).display().to_string();
    sandbox.git("my-app", &["push", "--quiet", &primary, "main"]);
    sandbox.git("my-app", &["push", "--quiet"]);
    in_line(&sandbox, MIRROR);
}

#[test]
fn a_mirror_is_not_pushed_to_past_the_primary() {
    let sandbox = mirrored();
    let url = format!("trunks::local://{}/my-app", sandbox.path("mirror").display());
    sandbox.git("", &["clone", "--quiet", &url, "there"]);
    sandbox.commit("there", "more", "work");
    let said = sandbox.git_fails("there", &["push"]);
    let primary = format!("local://{}", sandbox.path("store").display());
    assert!(said.contains("mirror backup of") && said.contains(&primary), "{said}");
}

#[test]
fn any_git_repository_is_a_mirror() {
    let sandbox = mirrored();
    sandbox.git("", &["init", "--quiet", "--bare", "--initial-branch=main", "git.git"]);
    let words =
        ["storage", "add", "--mirror", "--name", "hub", "--backend", "git", "--url", "../git.git"];
    sandbox.trunks("my-app", &words);
    assert_eq!(sandbox.refs("git.git"), sandbox.refs(PRIMARY));
    sandbox.trunks("my-app", &["storage", "ping", "hub"]);
    sandbox.commit("my-app", "more", "work");
    sandbox.git("my-app", &["push", "--quiet", "trunks", "main", "main:refs/heads/other"]);
    assert_eq!(sandbox.refs("git.git"), sandbox.refs(PRIMARY));
    // A branch of its own stays; what is deleted in the primary goes.
    sandbox.git("git.git", &["branch", "review", "main"]);
    sandbox.git("my-app", &["push", "--quiet", "trunks", ":other"]);
    let names = sandbox.git("git.git", &["for-each-ref", "--format=%(refname:short)"]);
    assert_eq!(names, "main\nreview");
    // It is away, and comes back: others have pushed meanwhile what this repository does not have.
    fs::rename(sandbox.path("git.git"), sandbox.path("away")).expect("moved");
    let said = sandbox.git_fails("my-app", &["push"]);
    assert!(said.contains("mirror hub ("), "{said}");
    sandbox.repository("other", 0);
    let primary = sandbox.path(PRIMARY).display().to_string();
    sandbox.git("other", &["pull", "--quiet", &primary, "main"]);
    sandbox.commit("other", "theirs", "work");
    sandbox.git("other", &["push", "--quiet", &primary, "HEAD:refs/heads/main"]);
    fs::rename(sandbox.path("away"), sandbox.path("git.git")).expect("moved back");
    sandbox.trunks("my-app", &["fetch", "--quiet"]);
    sandbox.git("my-app", &["merge", "--quiet", "--ff-only", "trunks/main"]);
    sandbox.trunks("my-app", &["push", "--quiet"]);
    let main = sandbox.git(PRIMARY, &["rev-parse", "main"]);
    assert_eq!(sandbox.git("git.git", &["rev-parse", "main"]), main);
    in_line(&sandbox, MIRROR);
}

#[test]
fn a_mirror_is_removed_for_everybody() {
    let sandbox = mirrored();
    let url = format!("local://{}/my-app", sandbox.path("store").display());
    sandbox.trunks("my-app", &["storage", "remove", "backup"]);
    fs::rename(sandbox.path("mirror"), sandbox.path("away")).expect("moved");
    sandbox.commit("my-app", "more", "work");
    sandbox.git("my-app", &["push", "--quiet"]);
    sandbox.trunks("", &["clone", "--quiet", &url, "there"]);
    assert!(!sandbox.trunks("there", &["storage", "list"]).contains("mirror"));
    assert!(!sandbox.path("mirror").exists());
}

#[test]
fn the_map_is_kept_in_every_store() {
    let sandbox = mirrored();
    let map = |path: &str| fs::read_to_string(sandbox.path(path).join("trunk.json")).expect("read");
    for map in [map(PRIMARY), map(MIRROR)] {
        for part in [r#""role": "primary""#, r#""role": "mirror""#, r#""name": "backup""#] {
            assert!(map.contains(part), "{part}: {map}");
        }
    }
}

#[test]
fn a_mirror_ends_in_line_when_many_push_at_once() {
    const WRITERS: usize = 4;
    const COMMITS: usize = 3;
    let sandbox = mirrored();
    let url = format!("local://{}/my-app", sandbox.path("store").display());
    for writer in 0..WRITERS {
        sandbox.trunks("", &["clone", "--quiet", &url, &format!("writer-{writer}")]);
    }
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let dir = format!("writer-{writer}");
                for commit in 0..COMMITS {
                    sandbox.commit(&dir, &format!("file-{writer}-{commit}"), "work");
                    // One branch of their own, and one that all of them move about.
                    let own = format!("HEAD:refs/heads/{dir}");
                    sandbox.git(&dir, &["push", "--quiet", "trunks", &own]);
                    let forced = ["push", "--quiet", "--force", "trunks", "HEAD:refs/heads/shared"];
                    let _ = sandbox.command(&dir, "git", &forced).output().expect("git runs");
                }
            });
        }
    });
    sandbox.trunks("my-app", &["push", "--quiet"]);
    in_line(&sandbox, MIRROR);
    assert_eq!(sandbox.refs(MIRROR).lines().count(), 2 + WRITERS);
}
