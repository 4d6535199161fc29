//! Single requests, answered line by line as git's own server answers them.

use super::Source;
use crate::{
    limits::Limits,
    repository::Repository,
    store::Store,
    testing::{block_on, git_text, repo_name},
    wire::{
        Session, UploadOptions, Version, WireError,
        pktline::{Packet, PktLines},
        testing::Script,
        upload_pack,
    },
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Cuts a request for version 0 or 2 into lines: `0000` and `0001` stand for themselves, an id for
/// a name in angle brackets.
fn request(source: &Source, lines: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        if matches!(*line, "0000" | "0001") {
            bytes.extend(line.as_bytes());
            continue;
        }
        let mut text = String::new();
        for (number, part) in line.split(['<', '>']).enumerate() {
            if number % 2 == 1 && part.len() < 40 {
                text += &git_text(&source.path(), &["rev-parse", part]);
            } else {
                text += part;
            }
        }
        bytes.extend(format!("{:04x}{text}\n", text.len() + 5).as_bytes());
    }
    bytes
}

fn theirs(source: &Source, version: Version, request: &[u8]) -> Vec<u8> {
    let mut command = Command::new("git");
    command.args(["-c", "uploadpack.allowRefInWant=true", "-c", "uploadpack.allowFilter=true"]);
    command.args(["upload-pack", "--stateless-rpc"]).arg(source.path());
    command.env_remove("GIT_DIR").env("GIT_CONFIG_GLOBAL", "/dev/null");
    match version {
        Version::V2 => command.env("GIT_PROTOCOL", "version=2"),
        _ => command.env_remove("GIT_PROTOCOL"),
    };
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // It may have refused before it read everything.
    let _ = child.stdin.take().unwrap().write_all(request);
    child.wait_with_output().unwrap().stdout
}

fn ours<S: Store + Clone>(
    store: S,
    version: Version,
    request: &[u8],
) -> (Vec<u8>, Result<(), WireError>) {
    let repository = Repository::open(store, &repo_name(), Limits::default());
    let mut script = Script::new(&[request]);
    let options =
        UploadOptions { version, session: Session::Request, agent: "trunks/test".to_string() };
    let outcome = block_on(upload_pack(&repository, &mut script, &options));
    (script.sent(), outcome)
}

/// The lines of an answer up to its pack, without newlines; what is told of one commit each in an
/// order of its own.
fn lines(answer: &[u8]) -> Vec<String> {
    let mut lines = lines_in_order(answer);
    lines
        .chunk_by_mut(|a, b| [a, b].iter().all(|line| line.contains("shallow ")))
        .for_each(|chunk| chunk.sort());
    lines
}

fn lines_in_order(answer: &[u8]) -> Vec<String> {
    let mut script = Script::new(&[answer]);
    let mut packets = PktLines::new(&mut script);
    let mut lines = Vec::new();
    loop {
        let packet = match block_on(packets.next()) {
            Ok(packet) => packet,
            Err(_) => {
                lines.push("a pack".to_string());
                return lines;
            }
        };
        match packet {
            Packet::End => return lines,
            Packet::Data(data) if matches!(data.first(), Some(1..=3)) => {
                lines.push("a pack".to_string());
                return lines;
            }
            Packet::Data(data) => {
                lines.push(String::from_utf8(data).unwrap().trim_end().to_string());
            }
            other => lines.push(format!("{other:?}")),
        }
    }
}

fn same(source: &Source, version: Version, words: &[&str]) -> Vec<String> {
    let request = request(source, words);
    let theirs = lines(&theirs(source, version, &request));
    let store = source.store();
    let (answer, _) = ours(&store, version, &request);
    let ours = lines(&answer);
    assert_eq!(ours, theirs, "{version:?} {words:?}");
    ours
}

const UNKNOWN: &str = "have 9999999999999999999999999999999999999999";

#[test]
fn fetches_are_negotiated_as_git_does() {
    let source = Source::new();
    let fetch = ["command=fetch", "object-format=sha1", "0001", "thin-pack", "ofs-delta"];
    let cases: &[(&[&str], &[&str])] = &[
        (&["want <main>", "done"], &["packfile", "a pack"]),
        (&["want <main>"], &["packfile", "a pack"]),
        (&["want <main>", UNKNOWN], &["acknowledgments", "NAK", "Flush"]),
        (&["want <main>", UNKNOWN, "done"], &["packfile", "a pack"]),
        (
            &["want <main>", UNKNOWN, "have <main~20>", "have <main~21>"],
            &["acknowledgments", "ACK", "ready", "Delim", "packfile", "a pack"],
        ),
        (
            &["want <main>", "have <main~20>", "have <main~20>"],
            &["acknowledgments", "ACK", "ready", "Delim", "packfile", "a pack"],
        ),
        (&["want <main>", "have <main~20>", "done"], &["packfile", "a pack"]),
        (&["want <main>", "have <main~20>", "wait-for-done"], &["acknowledgments", "ACK", "Flush"]),
        (&["wait-for-done", "have <main~3>"], &["acknowledgments", "ACK", "Flush"]),
        (&["want <main~30>", "have <main~20>"], &["acknowledgments", "ACK", "Flush"]),
        (&["have <main~3>"], &[]),
        (&["want <main:file.txt>", "have <main~3>"], &["acknowledgments", "ACK"]),
        (&["want <main>", "deepen 2", "done"], &["shallow-info", "shallow"]),
        (&["want <main>", "shallow <main~3>", "deepen 9", "done"], &["shallow-info", "shallow"]),
        (&["want <main>", "shallow <main~3>", "done"], &["shallow-info", "Delim", "packfile"]),
        (
            &["want <main>", "shallow <main~3>", "deepen 3", "deepen-relative", "done"],
            &["shallow-info"],
        ),
        (&["want <main>", "shallow <main~3>", "deepen 2147483647", "done"], &["shallow-info"]),
        (&["want <main>", "deepen-since 1600005000", "done"], &["shallow-info"]),
        (&["want <main>", "deepen-not annotated", "done"], &["shallow-info"]),
        (&["want-ref refs/heads/main", "done"], &["wanted-refs"]),
        (&["want-ref refs/heads/none", "done"], &["ERR unknown ref refs/heads/none"]),
        (
            &["want 9999999999999999999999999999999999999999", "done"],
            &["ERR upload-pack: not our ref 9999999999999999999999999999999999999999"],
        ),
        (&["want <main>", "filter blob:none", "done"], &["packfile", "a pack"]),
    ];
    for (arguments, expected) in cases {
        let words = [&fetch[..], arguments, &["0000"]].concat();
        let answer = same(&source, Version::V2, &words);
        let is_as_expected =
            answer.iter().zip(*expected).all(|(line, start)| line.starts_with(start));
        assert!(is_as_expected && answer.len() >= expected.len(), "{arguments:?}: {answer:?}");
    }
}

/// Git's server puts the sections the other way round, where its own client does not find them:
/// here the protocol's description counts.
#[test]
fn wanted_refs_follow_what_is_shallow() {
    let source = Source::with_history(3);
    let words = ["command=fetch", "0001", "want-ref refs/heads/main", "deepen 1", "done", "0000"];
    let store = source.store();
    let (answer, outcome) = ours(&store, Version::V2, &request(&source, &words));
    assert_eq!(outcome, Ok(()));
    let main = git_text(&source.path(), &["rev-parse", "main"]);
    let expected = [
        "shallow-info",
        &format!("shallow {main}"),
        "Delim",
        "wanted-refs",
        &format!("{main} refs/heads/main"),
        "Delim",
        "packfile",
        "a pack",
    ];
    assert_eq!(lines(&answer), expected);
}

#[test]
fn refs_are_listed_as_git_does() {
    let source = Source::new();
    let cases: &[&[&str]] = &[
        &[],
        &["peel"],
        &["symrefs"],
        &["peel", "symrefs", "unborn"],
        &["peel", "symrefs", "ref-prefix refs/heads/", "ref-prefix refs/tags/"],
        &["peel", "ref-prefix refs/tags/a"],
        &["symrefs", "ref-prefix HEAD"],
        &["symrefs", "ref-prefix H", "ref-prefix refs/heads/topic"],
        &["ref-prefix main", "ref-prefix refs/main"],
        &["ref-prefix "],
        &["ref-prefix refs"],
    ];
    for arguments in cases {
        let words = [&["command=ls-refs", "agent=git/2", "0001"], *arguments, &["0000"]].concat();
        same(&source, Version::V2, &words);
    }
    same(&source, Version::V2, &["command=ls-refs", "0000"]);
    same(&source, Version::V2, &["0000"]);
}

#[test]
fn version_0_is_negotiated_as_git_does() {
    let source = Source::new();
    for capabilities in [
        "",
        " side-band-64k",
        " multi_ack side-band-64k",
        " multi_ack_detailed side-band-64k",
        " multi_ack_detailed no-done side-band-64k ofs-delta thin-pack",
        " multi_ack_detailed no-done side-band include-tag",
    ] {
        let want = format!("want <main>{capabilities}");
        let cases: &[&[&str]] = &[
            &["0000", "done"],
            &["0000", UNKNOWN, "0000"],
            &["0000", UNKNOWN, "done"],
            &["0000", "have <main~20>", "0000"],
            &["0000", "have <main~20>", "have <main~22>", "0000"],
            &["0000", "have <main~20>", UNKNOWN, "have <main~22>", "0000"],
            &["0000", "have <main~20>", UNKNOWN, "0000"],
            &["0000", "have <main~20>", UNKNOWN, "done"],
            &["0000", "have <main~20>", "have <main~22>", "done"],
            &["deepen 2", "0000"],
            &["deepen 2", "0000", "done"],
            &["shallow <main~4>", "deepen 8", "0000", "have <main>", "0000"],
            &["shallow <main~4>", "0000", "have <main~1>", "done"],
            &["deepen-since 1600005000", "0000", "done"],
            &["want <main~7>", "0000", "done"],
            &["want <topic/one>", "0000", "have <main~20>", "0000"],
            &["want 9999999999999999999999999999999999999999", "0000", "done"],
            &["want <main:file.txt>", "0000", "done"],
        ];
        for case in cases {
            same(&source, Version::V0, &[&[&want[..]], *case].concat());
        }
    }
    same(&source, Version::V0, &["0000"]);
}

/// What is wrong with a request is said in an `ERR` line; git itself says nothing to some of these.
#[test]
fn broken_requests_are_refused_with_a_reason() {
    let source = Source::with_history(3);
    let store = source.store();
    let fetch = ["command=fetch", "0001"];
    let cases: &[(Version, &[&str])] = &[
        (Version::V2, &["command=nothing", "0000"]),
        (Version::V2, &["command=fetch", "command=fetch", "0000"]),
        (Version::V2, &["command=fetch", "object-format=sha256", "0000"]),
        (Version::V2, &["nonsense", "0000"]),
        (Version::V2, &["agent=x", "0001"]),
        (Version::V2, &[&fetch[..], &["want 12", "0000"]].concat()),
        (Version::V2, &[&fetch[..], &["want", "0000"]].concat()),
        (Version::V2, &[&fetch[..], &["have x", "0000"]].concat()),
        (Version::V2, &[&fetch[..], &["sideband-all", "0000"]].concat()),
        (Version::V2, &[&fetch[..], &["want <main>", "0001", "0000"]].concat()),
        (Version::V2, &[&fetch[..], &["want <main>"]].concat()),
        (Version::V2, &[&fetch[..], &["filter sparse:oid=main", "0000"]].concat()),
        (
            Version::V2,
            &[&fetch[..], &["want <main>", "deepen 1", "deepen-since 2", "0000"]].concat(),
        ),
        (Version::V2, &[&fetch[..], &["want <main>", "deepen-not nothing", "0000"]].concat()),
        (Version::V2, &[&fetch[..], &["want <main>", "deepen-since 99999999999", "0000"]].concat()),
        (Version::V2, &[&fetch[..], &["want <main>", "shallow <main^{tree}>", "0000"]].concat()),
        (Version::V2, &["command=ls-refs", "0001", "nonsense", "0000"]),
        (Version::V2, &["command=object-info", "0001", "oid 1", "0000"]),
        (Version::V0, &["nonsense", "0000"]),
        (Version::V0, &["want 12", "0000"]),
        (Version::V0, &["want <main> object-format=sha256", "0000"]),
        (Version::V0, &["want <main>", "0000", "nonsense"]),
        (Version::V0, &["want <main>", "0000", "have 1"]),
        (Version::V0, &["want <main>", "filter nothing", "0000"]),
    ];
    for (version, words) in cases {
        let (answer, outcome) = ours(&store, *version, &request(&source, words));
        assert!(outcome.is_err(), "{words:?}");
        let answer = lines(&answer);
        assert!(
            answer.last().is_some_and(|line| line.starts_with("ERR ")),
            "{words:?}: {answer:?}"
        );
    }
}

#[test]
fn noise_is_refused_without_a_panic() {
    let source = Source::with_history(3);
    let store = source.store();
    let good = request(
        &source,
        &["command=fetch", "0001", "want <main>", "have <main~1>", "deepen 2", "done", "0000"],
    );
    for version in [Version::V0, Version::V2] {
        for at in 0..good.len() {
            for byte in [0, b'0', b' ', 0xff, good[at] ^ 1] {
                let mut bad = good.clone();
                bad[at] = byte;
                let _ = ours(&store, version, &bad);
            }
            let _ = ours(&store, version, &good[..at]);
        }
    }
}

#[test]
fn the_number_of_lines_has_a_bound() {
    let source = Source::with_history(3);
    let store = source.store();
    let limits = Limits { wire_lines: 50, ..Limits::default() };
    let repository = Repository::open(&store, &repo_name(), limits);
    for (version, start) in
        [(Version::V2, &["command=fetch", "0001"][..]), (Version::V0, &["want <main>"])]
    {
        let words = [start, &["want <main>"; 60], &["0000"]].concat();
        let mut script = Script::new(&[&request(&source, &words)]);
        let options = UploadOptions { version, session: Session::Request, agent: "t".to_string() };
        let outcome = block_on(upload_pack(&repository, &mut script, &options));
        assert!(matches!(outcome, Err(WireError::Refused { .. })), "{outcome:?}");
    }
}

#[test]
fn a_repository_that_is_not_there_is_said_to_be_missing() {
    let store = crate::store::Memory::new();
    for (version, session) in [
        (Version::V0, Session::Duplex),
        (Version::V2, Session::Duplex),
        (Version::V2, Session::Advertise),
    ] {
        let repository = Repository::open(&store, &repo_name(), Limits::default());
        let mut script = Script::new(&[]);
        let options = UploadOptions { version, session, agent: "t".to_string() };
        let outcome = block_on(upload_pack(&repository, &mut script, &options));
        assert!(matches!(outcome, Err(WireError::Repository(_))), "{outcome:?}");
        assert_eq!(lines(&script.sent()), ["ERR repository x does not exist"]);
    }
}
