//! Work goes on in another home, which has nothing but the URL and the right to use it.

use crate::sandbox::Sandbox;
use std::{fs, process::Output};

/// To and fro, with commits on each side.
pub fn one_home_hands_over_to_another(sandbox: &Sandbox) {
    for home in ["home-a", "home-b"] {
        fs::create_dir(sandbox.path(home)).expect("new");
    }
    sandbox.repository("home-a/work", 2);
    let url = sandbox.url("app");
    let git = |home: &str, dir: &str, words: &[&str]| -> String {
        let mut git = sandbox.command(dir, "git", words);
        let Output { status, stdout, stderr } =
            git.env("HOME", sandbox.path(home)).output().expect("git is installed");
        assert!(status.success(), "{words:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8_lossy(&stdout).trim_end().to_owned()
    };
    git("home-a", "home-a/work", &["push", "--quiet", &url, "main"]);
    git("home-b", "home-b", &["clone", "--quiet", &url, "work"]);
    let mut tip = String::new();
    for round in 0..3 {
        for (home, other) in [("home-b", "home-a"), ("home-a", "home-b")] {
            let work = format!("{home}/work");
            tip = sandbox.commit(&work, "baton", &format!("{home} {round}"));
            git(home, &work, &["push", "--quiet", &url, "main"]);
            let there = format!("{other}/work");
            git(other, &there, &["pull", "--quiet", &url, "main"]);
            assert_eq!(git(other, &there, &["rev-parse", "main"]), tip);
        }
    }
    git("home-b", "home-b", &["clone", "--quiet", &url, "again"]);
    assert_eq!(git("home-b", "home-b/again", &["rev-parse", "main"]), tip);
    sandbox.fsck("home-b/again");
}
