//! The remotes that are compared, each installed below the target directory.

use crate::command::{cargo, run, target_dir};
use anyhow::{Context, Result};
use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

/// A way to keep a Git repository in S3.
pub struct Peer {
    /// What it is called in the table.
    pub name: &'static str,
    /// Where git finds its helper; `None`: ours, where git finds it anyway.
    pub folder: Option<PathBuf>,
    /// The URL of a repository in a bucket of the server at an address.
    pub url: fn(SocketAddr, &str) -> String,
}

const GIT_REMOTE_S3: &str = "git-remote-s3==0.4.2";
const OBJECT_STORE: &str = "git-remote-object-store-cli --version 0.2.5 --locked";

/// Installs the others. What is there already stays. Ours comes first.
pub fn install() -> Result<Vec<Peer>> {
    let place = target_dir().join("bench-peers");
    let python = place.join("python");
    if !python.join("bin/git-remote-s3").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
        let mut pip = Command::new(python.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(pip.arg(GIT_REMOTE_S3))?;
    }
    let rust = place.join("rust");
    if !rust.join("bin/git-remote-s3-http").exists() {
        run(cargo(&format!("install {OBJECT_STORE}")).arg("--root").arg(&rust))?;
    }
    link(&rust.join("bin"))?;
    Ok(vec![
        Peer {
            name: "trunks",
            folder: None,
            url: |_, bucket| format!("trunks::s3://{bucket}/app"),
        },
        Peer {
            name: "git-remote-s3 0.4.2",
            folder: Some(python.join("bin")),
            url: |_, bucket| format!("s3://{bucket}/app"),
        },
        Peer {
            name: "object-store 0.2.5, bundles",
            folder: Some(rust.join("bin")),
            url: |address, bucket| object_store(address, bucket, "bundle"),
        },
        Peer {
            name: "object-store 0.2.5, packs",
            folder: Some(rust.join("bin")),
            url: |address, bucket| object_store(address, bucket, "packchain"),
        },
    ])
}

fn object_store(address: SocketAddr, bucket: &str, engine: &str) -> String {
    format!("s3+http://{address}/{bucket}/app?addressing=path&region=us-east-1&engine={engine}")
}

/// Git looks for a helper of the scheme's name, which cargo cannot give to a program.
fn link(folder: &Path) -> Result<()> {
    let link = folder.join("git-remote-s3+http");
    if !link.exists() {
        symlink("git-remote-s3-http", &link).context("the helper cannot be linked")?;
    }
    fs::metadata(&link).context("git-remote-s3-http was not installed")?;
    Ok(())
}
