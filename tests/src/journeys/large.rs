//! Repositories and files that are not small.

use crate::{conformance::noise, sandbox::Sandbox};
use std::{fmt::Write as _, fs, io::Write as _, process::Stdio};

/// What a commit of the large history brings besides itself: blobs, and two trees.
const BLOBS: usize = 47;
const COMMITS: usize = 400;

/// Pushed, cloned, and compared object by object.
pub fn twenty_thousand_objects_come_back(sandbox: &Sandbox) {
    sandbox.git("", &["init", "--quiet", "--bare", "--initial-branch=main", "one"]);
    import(sandbox, "one");
    let objects = sandbox.objects("one");
    assert_eq!(objects.len(), COMMITS * (BLOBS + 3));
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
    sandbox.git("", &["clone", "--quiet", "--bare", &sandbox.url("app"), "two"]);
    assert!(sandbox.objects("two") == objects, "the clone holds other objects");
    sandbox.fsck("two");
}

/// It is uploaded and read in parts.
pub fn a_blob_larger_than_a_part_comes_back(sandbox: &Sandbox) {
    sandbox.repository("one", 1);
    let noise = noise(9, 20 << 20);
    fs::write(sandbox.path("one/large"), &noise).expect("written");
    sandbox.git("one", &["add", "large"]);
    sandbox.git("one", &["commit", "--quiet", "--message", "large"]);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
    assert!(fs::read(sandbox.path("two/large")).expect("there") == noise);
}

/// Makes a history of 20,000 objects in the repository `dir`.
pub fn import(sandbox: &Sandbox, dir: &str) {
    let mut git = sandbox.command(dir, "git", &["fast-import", "--quiet"]);
    let mut git = git.stdin(Stdio::piped()).spawn().expect("git is installed");
    let mut pipe = git.stdin.take().expect("piped");
    let mut script = String::new();
    for commit in 0..COMMITS {
        script.clear();
        write!(
            script,
            "commit refs/heads/main\ncommitter A U Thor <author@example.com> {} +0000\n\
             data 6\ncommit\n",
            1_700_000_000 + commit
        )
        .expect("a string takes all");
        for blob in 0..BLOBS {
            let text = format!(
                "{commit} {blob} {}\n",
                (commit * BLOBS + blob).wrapping_mul(2_654_435_761)
            );
            writeln!(script, "M 100644 inline d{commit}/f{blob}\ndata {}\n{text}", text.len())
                .expect("a string takes all");
        }
        pipe.write_all(script.as_bytes()).expect("git reads it");
    }
    drop(pipe);
    assert!(git.wait().expect("it ends").success());
}
