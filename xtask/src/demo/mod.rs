//! `cargo xtask demo`: a real repository goes into a local store by `git push` and comes back by
//! `git clone`, with git as the judge of both.

pub mod history;
mod judge;

use crate::{
    command::{cargo, command, output, run, target_dir},
    setup,
};
use anyhow::{Context, Result};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// What is shown.
#[derive(clap::Args)]
pub struct Options {
    /// The repository to push, instead of one that is made
    #[arg(long, value_name = "DIR")]
    repo: Option<PathBuf>,
}

/// How many commits the repository that is made has.
const COMMITS: u32 = 1_500;

/// Shows it; fails when anything is not as it should be.
pub fn run_all(options: &Options) -> Result<()> {
    setup::git()?;
    setup::wasm_targets()?;
    let demo = Demo::new()?;

    heading("Build `trunks` and `git-remote-trunks`");
    run(&mut cargo("build --release --package trunks --bins"))?;

    heading("A repository to push");
    let source = demo.source(options)?;
    println!("{}: {}", source.display(), judge::described(&source)?);

    heading("Push it into a local store, with git");
    let url = format!("trunks::local://{}/demo", demo.store.display());
    demo.timed(demo.git(["push", "--quiet", "--mirror", &url]).current_dir(&source))?;

    heading("Clone it back, with git");
    let clone = demo.directory.join("clone.git");
    demo.timed(demo.git(["clone", "--quiet", "--mirror", &url]).arg(&clone))?;

    heading("Let git judge: the clone, and the store's own directory");
    let stored = demo.store.join("trunks/demo.trunk");
    for repository in [&clone, &stored] {
        judge::fsck(&source, repository)?;
        judge::same(&source, repository)?;
    }
    demo.farewell(&url, &stored);
    Ok(())
}

/// Where the demo takes place.
struct Demo {
    directory: PathBuf,
    store: PathBuf,
}

impl Demo {
    /// An empty place below the target directory.
    fn new() -> Result<Self> {
        let directory = target_dir().join("demo");
        if directory.exists() {
            fs::remove_dir_all(&directory).context("the last demo cannot be removed")?;
        }
        let store = directory.join("store");
        fs::create_dir_all(&store)?;
        Ok(Self { directory, store })
    }

    /// The repository that was asked for, or one that is made.
    fn source(&self, options: &Options) -> Result<PathBuf> {
        let Some(repo) = &options.repo else {
            let source = self.directory.join("source.git");
            println!("$ git fast-import   # {COMMITS} commits, made up, the same every time");
            history::make(&source, COMMITS)?;
            return Ok(source);
        };
        let git_dir = output(
            command("git", ["rev-parse", "--absolute-git-dir"])
                .current_dir(env::current_dir()?.join(repo)),
        )
        .with_context(|| format!("{} is not a git repository", repo.display()))?;
        Ok(PathBuf::from(git_dir.trim()))
    }

    /// Git, which finds `git-remote-trunks` as it would once that is installed.
    fn git<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut git = command("git", arguments);
        let ours = target_dir().join("release");
        let path = env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(ours).chain(env::split_paths(&path));
        git.env("PATH", env::join_paths(paths).unwrap_or(path));
        git
    }

    fn timed(&self, command: &mut Command) -> Result<()> {
        let begun = Instant::now();
        run(command)?;
        println!("took {:.2} s", begun.elapsed().as_secs_f64());
        Ok(())
    }

    fn farewell(&self, url: &str, stored: &Path) {
        println!("\nAll is well. The repository lies in {}:", stored.display());
        println!("a bare Git repository, which any git reads. Try:\n");
        println!("  export PATH={}:$PATH", target_dir().join("release").display());
        println!("  git --git-dir={} log --oneline --graph", stored.display());
        println!("  git clone {url} {}", self.directory.join("mine").display());
    }
}

fn heading(text: &str) {
    println!("\n== {text}");
}
