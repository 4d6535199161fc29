//! Modes in a repository that several users share are those that stock git makes.

use super::{
    git::{git, program},
    *,
};
use std::os::unix::fs::PermissionsExt;
use trunks_core::store::PART_BYTES;

const THEIRS: &str = "trunks/theirs.trunk";
const OURS: &str = "trunks/ours.trunk";

/// What stock git makes of each kind, by the user whose umask is `$0`.
const SCRIPT: &str = r#"
    umask "$0" && set -e
    theirs=../trunks/theirs.trunk
    git push --quiet "file://$PWD/$theirs" HEAD:refs/heads/team/a
    cd "$theirs"
    git pack-refs --all
    git update-ref refs/heads/team/b refs/heads/team/a
    git symbolic-ref HEAD refs/heads/team/b
    git update-server-info
    echo loose | git hash-object -w --stdin
"#;

/// A bare repository that is not shared yet, by a user whose umask takes nothing.
fn bare(root: &Path, name: &str, value: &str) {
    let path = root.join(name);
    git(root, &["init", "--quiet", "--bare", path.to_str().expect("UTF-8")]);
    // As a push would have to make it.
    fs::remove_dir_all(path.join("objects/pack")).expect("removed");
    let config = format!("[core]\n\tbare = true\n{value}\n[receive]\n\tunpackLimit = 1\n");
    fs::write(path.join("config"), config).expect("written");
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("it is there").permissions().mode() & 0o7777
}

/// The files that git made or made anew in its repository.
fn made_by_git(root: &Path) -> Vec<String> {
    let mut made = files(&root.join(THEIRS));
    made.retain(|path| {
        path.starts_with("refs/")
            || path.starts_with("objects/")
            || ["HEAD", "packed-refs", "info/refs"].contains(&path.as_str())
    });
    for kind in ["refs/heads/team/b", "packed-refs", "info/refs", "objects/info/packs"] {
        assert!(made.iter().any(|path| path == kind), "no {kind} in {made:?}");
    }
    for end in [".pack", ".idx"] {
        assert!(made.iter().any(|path| path.ends_with(end)), "no {end} in {made:?}");
    }
    made
}

#[test]
fn part_that_writes_what_git_wrote() {
    let Some(root) = child_root() else { return };
    let disk = Disk::new(&root);
    for path in made_by_git(&root) {
        let key = format!("{OURS}/{path}");
        if path.ends_with(".pack") {
            let upload = wait(disk.upload_start(&key)).expect("started");
            let part = wait(disk.upload_part(&upload, 1, vec![7; PART_BYTES])).expect("a part");
            wait(disk.upload_finish(&upload, vec![part], Expected::Absent)).expect("finished");
        } else {
            put(&disk, &key, b"x");
        }
    }
    for name in ["trunk.json", "journals/unreachable"] {
        put(&disk, &format!("{OURS}/{name}"), b"x");
    }
    // Still open at the end, so that temporary files and what is kept are there to be looked at.
    wait(disk.upload_start(&format!("{OURS}/refs/heads/open"))).expect("started");
    std::mem::forget(disk);
}

/// A push by a user with umask 077 took a team's right to read what it stored.
#[test]
fn modes_are_those_that_git_makes() {
    for (value, umask) in [
        ("\tsharedRepository = group", "077"),
        ("\tsharedRepository", "027"),
        ("\tsharedRepository = 2", "077"),
        ("\tsharedRepository = 0640", "022"),
        ("\tsharedRepository = 0600", "000"),
        ("\tsharedRepository = umask", "077"),
        ("", "022"),
        ("", "077"),
    ] {
        let (directory, _disk) = scratch();
        let root = directory.path();
        bare(root, THEIRS, value);
        bare(root, OURS, value);
        git(root, &["init", "--quiet", "work"]);
        git(&root.join("work"), &["commit", "--quiet", "--allow-empty", "--message", "first"]);
        let mut script = program("sh", &root.join("work"));
        let pushed = script.args(["-c", SCRIPT, umask]).output().expect("a shell");
        let told = String::from_utf8_lossy(&pushed.stderr);
        assert!(pushed.status.success(), "{value:?}, {umask}: {told}");

        let this = env::current_exe().expect("this program");
        let shell = ["sh", "-c", "umask \"$0\" && exec \"$@\"", umask];
        run(child(&shell, this.as_os_str(), "sharing::part_that_writes_what_git_wrote", root));
        let [theirs, ours] = [THEIRS, OURS].map(|name| root.join(name));
        for path in made_by_git(root) {
            for path in Path::new(&path).ancestors().filter(|path| *path != Path::new("")) {
                let (ours, theirs) = (mode(&ours.join(path)), mode(&theirs.join(path)));
                assert_eq!(ours, theirs, "{value:?}, {umask}: {path:?}: {ours:o}, not {theirs:o}");
            }
        }
        // Git knows nothing of these, and has others of their kind.
        let file = mode(&theirs.join("refs/heads/team/b"));
        let made = mode(&theirs.join("refs/heads/team"));
        for name in ["trunk.json", "journals/unreachable"] {
            assert_eq!(mode(&ours.join(name)), file, "{value:?}, {umask}: {name}");
        }
        for name in ["journals", ".trunks-tmp"] {
            assert_eq!(mode(&ours.join(name)), made, "{value:?}, {umask}: {name}");
        }
        let mut open = files(&ours);
        open.retain(|path| path.starts_with(".trunks-tmp/") || path.ends_with(".keep"));
        assert!(open.len() > 1, "{open:?}");
        let pack = made_by_git(root).into_iter().find(|path| path.ends_with(".pack"));
        let pack = mode(&theirs.join(pack.expect("a pack")));
        for path in open {
            // What keeps a pack is as its pack.
            let wanted = if path.ends_with(".keep") { pack } else { file };
            assert_eq!(mode(&ours.join(&path)), wanted, "{value:?}, {umask}: {path}");
        }
    }
}

#[test]
fn a_value_that_means_nothing_is_refused_as_git_does_and_the_repository_can_be_deleted() {
    let (_directory, disk) = scratch();
    put(&disk, MAIN, b"x");
    let config = disk.root().join("trunks/app.trunk/config");
    fs::write(&config, "[core]\n\tsharedRepository = 0440\n").expect("written");
    let error = wait(disk.put(MAIN, b"y".to_vec(), Expected::Any)).expect_err("refused");
    let said = error.to_string();
    assert!(said.contains("app.trunk/config") && said.contains("\"0440\""), "{said}");
    assert!(wait(disk.upload_start(MAIN)).is_err());
    assert_eq!(present(&disk, MAIN).bytes, b"x");
    wait(disk.delete(MAIN, Expected::Any)).expect("deleted");
}
