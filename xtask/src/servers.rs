//! `cargo xtask servers`: installs what the tests of stores run against, below the target directory
//! where it can be, and from the system's packages where not.

use crate::{
    command::{cargo, command, root, run, target_dir},
    setup,
};
use anyhow::{Result, bail};
use clap::ValueEnum;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Set for tests: where the servers are installed.
pub const PLACE: &str = "TRUNKS_TEST_SERVERS";

/// Which servers besides those that every run needs.
#[derive(Default, clap::Args)]
pub struct Options {
    /// Servers that are too large for every run: ceph, s3s-fs
    #[arg(long, value_delimiter = ',', value_name = "SERVER")]
    with: Vec<Server>,
}

impl Options {
    /// The names of the tests against them, which run when they are named only.
    pub fn tests(&self) -> impl Iterator<Item = &'static str> {
        self.with.iter().map(|server| match server {
            Server::Ceph => "ceph",
            Server::S3sFs => "s3s-fs",
        })
    }
}

/// A server that is too large to be installed for every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Server {
    /// Ceph's gateway, from the system's packages
    Ceph,
    /// s3s-fs, which is built from source
    S3sFs,
}

/// Where the servers are installed.
pub fn place() -> PathBuf {
    target_dir().join("servers")
}

/// Installs the servers that every run needs, and those of `options`. What is there already stays.
pub fn install(options: &Options) -> Result<()> {
    python()?;
    node()?;
    packages("sshd", &["/usr/sbin/sshd"], &["openssh-server", "openssh-client"])?;
    packages("postgres", &["/usr/lib/postgresql"], &["postgresql"])?;
    for server in &options.with {
        match server {
            Server::Ceph => {
                let all = ["ceph-common", "ceph-mon", "ceph-osd", "radosgw", "uuid-runtime"];
                packages("radosgw", &["/usr/bin/radosgw"], &all)?;
            }
            Server::S3sFs => {
                run(cargo("install s3s-fs --version 0.14.1 --features binary --locked")
                    .arg("--root")
                    .arg(place().join("cargo")))?
            }
        }
    }
    Ok(())
}

/// Installs the servers written in Python, in an environment of their own.
pub fn python() -> Result<()> {
    setup::python_packages(&place().join("python"), &root().join("tests/servers/requirements.txt"))
}

/// Installs the browser that pages are tested in.
pub fn browser() -> Result<()> {
    let places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    packages("chromium", &places, &["chromium"])
}

/// Installs a web server that runs `git http-backend`.
pub fn lighttpd() -> Result<()> {
    packages("lighttpd", &["/usr/sbin/lighttpd"], &["lighttpd"])
}

/// Installs JGit, which is a client.
pub fn jgit() -> Result<()> {
    packages("java", &["/usr/bin/java"], &["default-jre-headless"])?;
    // Not its command, of which the system's package lacks a part: it is started by a test.
    let jar = "org.eclipse.jgit.pgm.jar";
    packages(jar, &[&format!("/usr/share/java/{jar}")], &["jgit-cli"])
}

/// The servers written for Node.
fn node() -> Result<()> {
    let place = place().join("node");
    fs::create_dir_all(&place)?;
    for list in ["package.json", "package-lock.json"] {
        fs::copy(root().join("tests/servers").join(list), place.join(list))?;
    }
    setup::npm_packages(&place)
}

/// Installs the system's `packages`, unless `program` is in the path or one of `places` is there.
fn packages(program: &str, places: &[&str], packages: &[&str]) -> Result<()> {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_in_path = env::split_paths(&path).any(|directory| directory.join(program).is_file());
    if is_in_path || places.iter().any(|place| Path::new(place).exists()) {
        return Ok(());
    }
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    for words in [&["update"][..], &install] {
        let mut apt = command("apt-get", words);
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        if let Err(error) = run(&mut apt) {
            bail!("{error:#}\n{program} is needed: install {}", packages.join(" "));
        }
    }
    Ok(())
}
