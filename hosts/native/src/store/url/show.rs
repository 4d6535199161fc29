//! Writing URLs.

use super::{Server, StoreUrl, percent};
use std::{
    fmt::{Formatter, Result},
    path::Path,
};
use trunks_core::repository::{Layout, RepoName};

/// Writes the URL of a store, or of a repository in it.
pub(super) fn store(store: &StoreUrl, name: Option<&RepoName>, f: &mut Formatter<'_>) -> Result {
    write!(f, "{}://", store.scheme())?;
    match store {
        StoreUrl::Local { root } | StoreUrl::Share { root } => directory(root, name, f),
        StoreUrl::Memory { name: memory } => {
            f.write_str(memory)?;
            flat(name).map_or(Ok(()), |tail| f.write_str(&tail))
        }
        StoreUrl::Bucket { bucket, prefix, .. } => {
            f.write_str(bucket)?;
            below(prefix, name, f)
        }
        StoreUrl::Azure { account, container, prefix } => {
            write!(f, "{account}/{container}")?;
            below(prefix, name, f)
        }
        StoreUrl::Sftp { server, path } => {
            login(server, f)?;
            // The directory at the top is the one slash that the name brings along.
            let path = if name.is_some() { path.trim_end_matches('/') } else { path };
            let slash = if path.starts_with("~/") || path == "~" { "/" } else { "" };
            let tail = name.map(tail).unwrap_or_default();
            write!(f, "{slash}{}", percent::path(&format!("{path}{tail}")))
        }
        StoreUrl::Postgres { server, database, ssl_mode } => {
            login(server, f)?;
            write!(f, "/{}", percent::word(database))?;
            if let Some(tail) = flat(name) {
                write!(f, "{}", percent::path(&tail))?;
            }
            match ssl_mode {
                Some(mode) => write!(f, "?sslmode={mode}"),
                None => Ok(()),
            }
        }
    }
}

fn directory(root: &Path, name: Option<&RepoName>, f: &mut Formatter<'_>) -> Result {
    match name {
        Some(name) if root == Path::new("/") => f.write_str(&tail(name)),
        Some(name) => write!(f, "{}{}", root.display(), tail(name)),
        None => write!(f, "{}", root.display()),
    }
}

fn below(prefix: &str, name: Option<&RepoName>, f: &mut Formatter<'_>) -> Result {
    if !prefix.is_empty() {
        write!(f, "/{prefix}")?;
    }
    name.map_or(Ok(()), |name| f.write_str(&tail(name)))
}

fn login(server: &Server, f: &mut Formatter<'_>) -> Result {
    if let Some(user) = &server.user {
        write!(f, "{}@", percent::word(user))?;
    }
    if server.host.contains(':') {
        write!(f, "[{}]", server.host)?;
    } else {
        write!(f, "{}", percent::word(&server.host))?;
    }
    server.port.map_or(Ok(()), |port| write!(f, ":{port}"))
}

/// The repository as the last part of a path in which its directory is found.
fn tail(name: &RepoName) -> String {
    let name = name.as_str();
    if name.contains('/') {
        format!("/{}{name}{}", Layout::TRUNKS, Layout::SUFFIX)
    } else {
        format!("/{name}")
    }
}

/// The repository after a store that has no path.
fn flat(name: Option<&RepoName>) -> Option<String> {
    name.map(|name| format!("/{}", name.as_str()))
}
