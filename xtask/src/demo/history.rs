//! Makes a repository with a history like a real one's, the same on every machine, in a second.

use crate::command::command;
use anyhow::{Context, Result, bail};
use std::{
    io::{self, BufWriter, Write},
    path::Path,
    process::Stdio,
};

/// The people who take turns.
const AUTHORS: [&str; 4] = [
    "Ada Lovelace <ada@example.com>",
    "Grace Hopper <grace@example.com>",
    "Zoë Müller <zoe@example.com>",
    "Linus Pauling <linus@example.com>",
];

const WORDS: [&str; 16] = [
    "bucket", "branch", "commit", "object", "pack", "index", "delta", "tree", "store", "ref",
    "push", "fetch", "clone", "merge", "range", "value",
];

/// Makes a bare repository at `directory` with `commits` commits: files that grow and change,
/// branches that are merged, annotated and plain tags, a symlink and an executable.
pub fn make(directory: &Path, commits: u32) -> Result<()> {
    let mut init = command("git", ["init", "--quiet", "--bare", "--initial-branch=main"]);
    if !init.arg(directory).status()?.success() {
        bail!("git could not make {}", directory.display());
    }
    let mut import = command("git", ["fast-import", "--quiet", "--date-format=raw"]);
    let mut child = import
        .current_dir(directory)
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot start git fast-import")?;
    let stream = child.stdin.take().expect("it was piped");
    History::new(BufWriter::new(stream)).write(commits).context("git fast-import went away")?;
    if !child.wait()?.success() {
        bail!("git fast-import failed");
    }
    Ok(())
}

/// What has been written of the stream so far.
struct History<W> {
    out: W,
    commits: u32,
    random: u64,
    files: Vec<Source>,
}

/// A file that is changed again and again.
struct Source {
    path: String,
    lines: Vec<String>,
}

impl<W: Write> History<W> {
    fn new(out: W) -> Self {
        let file =
            |n: u32| Source { path: format!("src/part{}/file{n}.txt", n % 6), lines: vec![] };
        Self { out, commits: 0, random: 1, files: (0..48).map(file).collect() }
    }

    fn write(mut self, commits: u32) -> io::Result<()> {
        let mut main = self.first()?;
        while self.commits < commits {
            main = if self.commits % 8 == 7 { self.topic(main)? } else { self.change(main)? };
            match self.commits {
                n if n % 97 == 0 => self.annotated_tag(main)?,
                n if n % 53 == 0 => self.plain_tag(main)?,
                _ => {}
            }
        }
        self.out.write_all(b"done\n")?;
        self.out.flush()
    }

    /// The first commit: one file of each kind.
    fn first(&mut self) -> io::Result<u32> {
        let mark = self.commit("refs/heads/main", "Begin", &[])?;
        self.file("100644", "README.md", b"# A repository that was made for a demo\n")?;
        self.file("100755", "bin/run", b"#!/bin/sh\nexec cat README.md\n")?;
        self.file("120000", "docs/start", b"../README.md")?;
        self.file("100644", "data/bytes.bin", &(0..=255).collect::<Vec<u8>>())?;
        Ok(mark)
    }

    /// A commit on main that changes up to three files.
    fn change(&mut self, parent: u32) -> io::Result<u32> {
        let subject = format!("Change the {} of a {}", self.word(), self.word());
        let mark = self.commit("refs/heads/main", &subject, &[parent])?;
        for _ in 0..=self.pick(3) {
            let (file, line) = (self.pick(self.files.len()), self.line());
            let at = self.pick(self.files[file].lines.len() + 1);
            let source = &mut self.files[file];
            match source.lines.get_mut(at) {
                Some(old) if at.is_multiple_of(2) => *old = line,
                _ => source.lines.insert(at, line),
            }
            let (path, text) = (source.path.clone(), source.lines.concat());
            self.file("100644", &path, text.as_bytes())?;
        }
        Ok(mark)
    }

    /// Two branches with a commit each, merged into main at once.
    fn topic(&mut self, parent: u32) -> io::Result<u32> {
        let number = self.commits;
        let mut notes = Vec::new();
        let mut parents = vec![parent];
        for side in ["left", "right"] {
            let note = (format!("notes/{number}-{side}.md"), self.line().repeat(4));
            let branch = format!("refs/heads/topic/{number}/{side}");
            parents.push(self.commit(&branch, &format!("Note {number}, {side}"), &[parent])?);
            self.file("100644", &note.0, note.1.as_bytes())?;
            notes.push(note);
        }
        let merge = self.commit("refs/heads/main", &format!("Merge topic {number}"), &parents)?;
        for (path, text) in notes {
            self.file("100644", &path, text.as_bytes())?;
        }
        Ok(merge)
    }

    /// Begins a commit; its files follow. Returns its mark.
    fn commit(&mut self, branch: &str, subject: &str, parents: &[u32]) -> io::Result<u32> {
        self.commits += 1;
        let who = self.who();
        write!(
            self.out,
            "commit {branch}\nmark :{}\nauthor {who}\ncommitter {who}\n",
            self.commits
        )?;
        self.data(format!("{subject}\n\nIt is number {}.\n", self.commits).as_bytes())?;
        for (parent, word) in parents.iter().zip(["from", "merge", "merge"]) {
            writeln!(self.out, "{word} :{parent}")?;
        }
        Ok(self.commits)
    }

    fn file(&mut self, mode: &str, path: &str, content: &[u8]) -> io::Result<()> {
        writeln!(self.out, "M {mode} inline {path}")?;
        self.data(content)
    }

    fn annotated_tag(&mut self, commit: u32) -> io::Result<()> {
        let who = self.who();
        write!(self.out, "tag v0.{commit}\nfrom :{commit}\ntagger {who}\n")?;
        self.data(format!("Release 0.{commit}\n").as_bytes())
    }

    fn plain_tag(&mut self, commit: u32) -> io::Result<()> {
        write!(self.out, "reset refs/tags/build/{commit}\nfrom :{commit}\n\n")
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        writeln!(self.out, "data {}", bytes.len())?;
        self.out.write_all(bytes)?;
        self.out.write_all(b"\n")
    }

    /// Name, address, time and zone of a commit or tag.
    fn who(&self) -> String {
        let author = AUTHORS[self.commits as usize % AUTHORS.len()];
        format!("{author} {} +0200", 1_700_000_000 + 3_600 * u64::from(self.commits))
    }

    fn line(&mut self) -> String {
        let words: Vec<&str> = (0..9).map(|_| self.word()).collect();
        format!("{}\n", words.join(" "))
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.pick(WORDS.len())]
    }

    /// A number below `bound` that looks random: xorshift64.
    fn pick(&mut self, bound: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % bound as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::History;

    #[test]
    fn the_same_stream_is_written_every_time() {
        let stream = || {
            let mut out = Vec::new();
            History::new(&mut out).write(40).expect("a vector takes every byte");
            out
        };
        assert_eq!(stream(), stream());
    }
}
