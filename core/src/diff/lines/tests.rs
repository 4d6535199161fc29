use super::*;
use crate::testing::{TempDir, try_git};
use alloc::{format, string::String, vec};
use std::fs;

fn text(hunks: &[Hunk]) -> String {
    let mut text = String::new();
    let range = |start: u32, count: u32| match count {
        1 => format!("{start}"),
        _ => format!("{start},{count}"),
    };
    for hunk in hunks {
        let old = range(hunk.old_start, hunk.old_lines);
        let new = range(hunk.new_start, hunk.new_lines);
        text.push_str(&format!("@@ -{old} +{new} @@\n"));
        text.push_str(&String::from_utf8_lossy(&hunk.text));
    }
    text
}

fn ours(old: &str, new: &str, context: u32) -> String {
    text(&hunks(&split(old.as_bytes()), &split(new.as_bytes()), context))
}

/// What git gives, without what it says of the files and of functions.
fn theirs(old: &str, new: &str, context: u32, flags: &[&str]) -> String {
    let dir = TempDir::new();
    fs::write(dir.path().join("a"), old).unwrap();
    fs::write(dir.path().join("b"), new).unwrap();
    let context = format!("-U{context}");
    let words = ["diff", "--no-index", "--no-color", "--no-indent-heuristic", "-a", &context];
    let words = [&words, flags, &["a", "b"]].concat();
    let (_, stdout, _) = try_git(dir.path(), &words, b"");
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    let lines = stdout.split_inclusive('\n').skip_while(|line| !line.starts_with("@@"));
    lines
        .map(|line| match line.strip_prefix("@@") {
            Some(rest) => format!("@@{}@@\n", rest.split("@@").next().unwrap_or_default()),
            None => line.into(),
        })
        .collect()
}

const PAIRS: &[(&str, &str)] = &[
    ("", ""),
    ("", "a\n"),
    ("a\n", ""),
    ("", "a"),
    ("a", "a\n"),
    ("a\n", "a"),
    ("a\nb", "a\nc"),
    ("a\nb\nc\n", "a\nx\nc\n"),
    ("a\nb\n", "a\nb\na\nb\n"),
    ("a\nb\na\nb\n", "a\nb\n"),
    ("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n5\n6\n7\n8\n9\n"),
    ("x\n1\n2\n3\n4\n5\n6\n7\n8\ny\n", "1\n2\n3\n4\n5\n6\n7\n8\n"),
    ("x\n1\n2\n3\n4\n5\n6\n7\ny\n", "1\n2\n3\n4\n5\n6\n7\n"),
    ("x\n1\n2\n3\n4\n5\n6\ny\n", "1\n2\n3\n4\n5\n6\n"),
    ("f\n{\n\ta\n}\n\ng\n{\n\tb\n}\n", "f\n{\n\ta\n}\n\nh\n{\n\tc\n}\n\ng\n{\n\tb\n}\n"),
    ("a\n\nb\n\nc\n", "a\n\nb\n\nb2\n\nc\n"),
    ("a\r\nb\r\n", "a\nb\n"),
    ("same\nsame\nsame\n", "same\nsame\n"),
];

#[test]
fn git_gives_the_same_hunks() {
    for (old, new) in PAIRS {
        for context in [0, 1, 3, 10] {
            let expected = theirs(old, new, context, &[]);
            assert_eq!(ours(old, new, context), expected, "{old:?} {new:?} {context}");
        }
    }
}

/// Numbers that look random and are always the same.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// A text of a few different lines, and an edited one.
fn edited(state: &mut u64, lines: u64, kinds: u64) -> (String, String) {
    let mut old = vec![];
    for _ in 0..lines {
        old.push(format!("{}\n", random(state) % kinds));
    }
    let mut new = old.clone();
    for _ in 0..random(state) % 12 {
        let at = (random(state) % (new.len() as u64 + 1)) as usize;
        match random(state) % 3 {
            0 => new.insert(at, format!("{}\n", random(state) % kinds)),
            1 if at < new.len() => drop(new.remove(at)),
            _ if at < new.len() => new[at] = format!("{}\n", random(state) % kinds),
            _ => {}
        }
    }
    (old.concat(), new.concat())
}

fn changed_lines(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with(['+', '-'])).count()
}

#[test]
fn a_patch_is_as_short_as_it_can_be_and_makes_the_new_text() {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for round in 0..150 {
        let (old, new) = edited(&mut state, 1 + round % 40, 2 + round % 9);
        let patch = ours(&old, &new, 3);
        let shortest = theirs(&old, &new, 3, &["--minimal"]);
        assert_eq!(changed_lines(&patch), changed_lines(&shortest), "{old:?} {new:?}\n{patch}");
        assert_eq!(applied(&old, &patch), new, "{old:?}\n{patch}");
    }
}

/// What a patch makes of a text.
fn applied(old: &str, patch: &str) -> String {
    if patch.is_empty() {
        return old.into();
    }
    let dir = TempDir::new();
    fs::write(dir.path().join("f"), old).unwrap();
    let patch = format!("--- a/f\n+++ b/f\n{patch}");
    let words = ["apply", "--unidiff-zero", "--whitespace=nowarn", "-"];
    let (is_success, _, stderr) = try_git(dir.path(), &words, patch.as_bytes());
    assert!(is_success, "{stderr}\n{patch}");
    // What becomes empty is removed.
    fs::read_to_string(dir.path().join("f")).unwrap_or_default()
}

#[test]
fn what_differs_everywhere_is_told_apart_in_bounded_time() {
    // No way through these is short: without a bound, this takes minutes.
    let mut state = 0x1234_5678_9abc_def1;
    let mut noise = || {
        let lines = (0..100_000).map(|_| format!("{}\n", random(&mut state) % 1000));
        lines.collect::<Vec<_>>().concat()
    };
    let (old, new) = (noise(), noise());
    let (old, new) = (split(old.as_bytes()), split(new.as_bytes()));
    let hunks = hunks(&old, &new, 0);
    let (mut removed, mut added) = (0, 0);
    for hunk in &hunks {
        (removed, added) = (removed + hunk.old_lines, added + hunk.new_lines);
    }
    assert_eq!(old.len() - removed as usize, new.len() - added as usize);
    assert!(removed < 100_000, "some lines are found in both");
}
