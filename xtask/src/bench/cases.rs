//! The operations that are timed, each on a trunk and on a bare repository over `file://`.

use super::{
    fixture::Fixture,
    measure::{Row, Side, pairs, time},
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// Both sides' repositories, holding all of the fixture.
struct Targets {
    trunk: String,
    file: String,
}

impl Targets {
    fn url(&self, side: Side) -> &str {
        match side {
            Side::Trunks => &self.trunk,
            Side::Git => &self.file,
        }
    }
}

/// Measures every operation.
pub fn speed(fixture: &Fixture, rounds: usize) -> Result<Vec<Row>> {
    let mut pushes = push_everything(fixture, rounds)?;
    // What the last round pushed is what the other cases start from.
    let bare = format!("bare{rounds}.git");
    run(fixture.git(&fixture.path(&bare)).args(["repack", "-adq"]))?;
    let targets =
        Targets { trunk: fixture.trunk(&format!("app{rounds}")), file: fixture.file(&bare) };
    let mut rows = clone_everything(fixture, rounds, &targets)?;
    rows.append(&mut pushes);
    rows.append(&mut one_commit(fixture, rounds, &targets)?);
    rows.append(&mut read_one_file(fixture, rounds, &targets)?);
    Ok(rows)
}

fn push_everything(fixture: &Fixture, rounds: usize) -> Result<Vec<Row>> {
    // A trunk takes its head from the first push; git's repository has to be told.
    let branch = fixture.ask(&["symbolic-ref", "--short", "HEAD"])?;
    let branch = format!("--initial-branch={branch}");
    pairs([("first push of everything", Some(1.0))], rounds, |side, round| {
        let url = match side {
            Side::Trunks => fixture.trunk(&format!("app{round}")),
            Side::Git => {
                let bare = format!("bare{round}.git");
                run(fixture.git(&fixture.scratch).args(["init", "-q", "--bare", &branch, &bare]))?;
                fixture.file(&bare)
            }
        };
        let mut push = fixture.git(&fixture.compact);
        Ok([time(|| run(push.args(["push", "-q", "--mirror", &url])))?])
    })
}

fn clone_everything(fixture: &Fixture, rounds: usize, targets: &Targets) -> Result<Vec<Row>> {
    let clone = fixture.path("clone.git");
    pairs([("full clone", Some(0.5))], rounds, |side, _| {
        let mut git = fixture.git(&fixture.scratch);
        git.args(["clone", "-q", "--bare", "--no-local", targets.url(side)]).arg(&clone);
        let took = time(|| run(&mut git))?;
        fs::remove_dir_all(&clone)?;
        Ok([took])
    })
}

/// A push of one commit by one clone, then its fetch by another.
fn one_commit(fixture: &Fixture, rounds: usize, targets: &Targets) -> Result<Vec<Row>> {
    let clone = |side: Side, role: &str| {
        let name = match side {
            Side::Trunks => format!("trunk-{role}.git"),
            Side::Git => format!("file-{role}.git"),
        };
        fixture.path(&name)
    };
    for side in [Side::Trunks, Side::Git] {
        for role in ["writer", "reader"] {
            let mut git = fixture.git(&fixture.scratch);
            run(git.args(["clone", "-q", "--bare", targets.url(side)]).arg(clone(side, role)))?;
        }
    }
    let operations = [("push of one commit", Some(2.0)), ("fetch of one commit", None)];
    pairs(operations, rounds, |side, round| {
        let (writer, reader, url) =
            (clone(side, "writer"), clone(side, "reader"), targets.url(side));
        commit_one_file(fixture, &writer, round)?;
        let mut push = fixture.git(&writer);
        push.args(["push", "-q", url, "refs/heads/bench"]);
        let mut fetch = fixture.git(&reader);
        fetch.args(["fetch", "-q", url, "refs/heads/bench:refs/heads/bench"]);
        Ok([time(|| run(&mut push))?, time(|| run(&mut fetch))?])
    })
}

/// Commits one small file on the branch `bench`.
fn commit_one_file(fixture: &Fixture, repository: &Path, round: usize) -> Result<()> {
    let parent = if round == 0 { "HEAD" } else { "refs/heads/bench" };
    let message = format!("round {round}");
    let stream = format!(
        "commit refs/heads/bench\ncommitter A U Thor <author@example.com> {} +0000\n\
         data {}\n{message}\nfrom {parent}^0\nM 100644 inline bench.txt\ndata {}\n{message}\n",
        1_700_000_000 + round,
        message.len(),
        message.len(),
    );
    let mut import = fixture
        .git(repository)
        .args(["fast-import", "--quiet", "--force"])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut pipe = import.stdin.take().context("no pipe to git fast-import")?;
    std::io::Write::write_all(&mut pipe, stream.as_bytes())?;
    drop(pipe);
    ensure!(import.wait()?.success(), "git fast-import failed");
    Ok(())
}

/// One file from the head, without a clone. git's side is its own way to do so, `git archive`.
fn read_one_file(fixture: &Fixture, rounds: usize, targets: &Targets) -> Result<Vec<Row>> {
    let files = fixture.ask(&["ls-tree", "-r", "--name-only", "HEAD"])?;
    let names: Vec<&str> = files.lines().collect();
    let path = names.get(names.len() / 2).context("the repository's head holds no file")?;
    pairs([("one file read from the head", None)], rounds, |side, _| {
        let mut read = match side {
            Side::Trunks => {
                let mut trunks = Command::new(fixture.binaries.join("trunks"));
                trunks.args(["cat", targets.url(side)]).arg(format!("HEAD:{path}"));
                trunks
            }
            Side::Git => {
                let mut git = fixture.git(&fixture.scratch);
                git.arg("archive").arg(format!("--remote={}", targets.url(side)));
                git.args(["HEAD", path]);
                git
            }
        };
        Ok([time(|| run(read.stdout(Stdio::null())))?])
    })
}

/// Runs a command that must succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}
