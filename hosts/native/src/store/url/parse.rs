//! Reading URLs.

use super::{Password, Provider, RemoteUrl, Server, StoreUrl, UrlError, masked, percent};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use trunks_core::repository::{Layout, RepoName};

/// Reads the URL of a store.
pub(super) fn store(url: &str) -> Result<StoreUrl, UrlError> {
    let (scheme, rest) = scheme(url)?;
    Url { url, scheme, rest }.place()?.store()
}

/// Reads the URL of a repository.
pub(super) fn remote(url: &str) -> Result<RemoteUrl, UrlError> {
    let (scheme, rest) = scheme(url)?;
    Url { url, scheme, rest }.place()?.remote()
}

fn scheme(url: &str) -> Result<(&str, &str), UrlError> {
    match url.split_once("://") {
        Some((scheme, rest))
            if !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            Ok((scheme, rest))
        }
        _ => Err(UrlError::NoScheme { url: masked(url) }),
    }
}

struct Url<'a> {
    url: &'a str,
    scheme: &'a str,
    rest: &'a str,
}

/// A URL taken apart up to its path.
struct Place<'a> {
    url: &'a str,
    kind: Kind,
    /// Decoded; empty, or with a slash at its beginning.
    path: String,
}

enum Kind {
    Directory(fn(PathBuf) -> StoreUrl),
    Memory(String),
    Bucket(Provider, String),
    Azure(String),
    Sftp(Server),
    Postgres(Server, Option<String>),
}

impl<'a> Url<'a> {
    fn place(&self) -> Result<Place<'a>, UrlError> {
        let (first, path) = match self.rest.find('/') {
            Some(at) => self.rest.split_at(at),
            None => (self.rest, ""),
        };
        let plain = |kind| Ok(Place { url: self.url, kind, path: path.to_owned() });
        match self.scheme {
            "local" if !first.is_empty() => {
                Err(self.bad("the path must be absolute, with three slashes: local:///dir"))
            }
            "file" if !first.is_empty() => {
                Err(self.bad("the path must be absolute, with three slashes: file:///mnt/share"))
            }
            "local" => plain(Kind::Directory(|root| StoreUrl::Local { root })),
            "file" => plain(Kind::Directory(|root| StoreUrl::Share { root })),
            "memory" if first.is_empty() => Err(self.bad("use memory://name")),
            "memory" => plain(Kind::Memory(first.to_owned())),
            "azure" => plain(Kind::Azure(self.word(first, "use azure://account/container")?)),
            "sftp" => self.sftp(),
            "postgres" | "postgresql" => self.postgres(),
            "gs" => plain(Kind::Bucket(Provider::Gcs, self.word(first, "use gs://bucket")?)),
            scheme => match Provider::ALL.into_iter().find(|known| known.scheme() == scheme) {
                Some(provider) => {
                    let bucket = self.word(first, "there is no bucket in it: use s3://bucket")?;
                    plain(Kind::Bucket(provider, bucket))
                }
                None => Err(UrlError::UnknownScheme { scheme: scheme.to_owned() }),
            },
        }
    }

    fn sftp(&self) -> Result<Place<'a>, UrlError> {
        let (server, path) = self.server(self.rest)?;
        if server.host.is_empty() {
            return Err(self.bad("there is no host in it: use sftp://user@host/dir"));
        }
        Ok(Place { url: self.url, kind: Kind::Sftp(server), path })
    }

    fn postgres(&self) -> Result<Place<'a>, UrlError> {
        let (rest, query) = self.rest.split_once('?').unwrap_or((self.rest, ""));
        let (server, path) = self.server(rest)?;
        let mut ssl_mode = None;
        for part in query.split('&').filter(|part| !part.is_empty()) {
            match part.strip_prefix("sslmode=") {
                Some(mode) if mode.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') => {
                    ssl_mode = Some(mode.to_owned());
                }
                _ => return Err(self.bad("after ? only sslmode=… is known")),
            }
        }
        Ok(Place { url: self.url, kind: Kind::Postgres(server, ssl_mode), path })
    }

    /// `[user[:password]@]host[:port][/path]`, each part percent-coded.
    fn server(&self, rest: &str) -> Result<(Server, String), UrlError> {
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let decoded = |text: &str| {
            percent::decode(text).ok_or_else(|| self.bad("a part of it is not UTF-8 text"))
        };
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, authority),
        };
        if path.contains('@') && login.is_none() && authority.contains(':') {
            // Not `host:port/path@`, which cannot be told from a password with a slash in it.
            return Err(self.bad("write @ in a path as %40, and / in a password as %2F"));
        }
        let (user, password) = match login.map(|login| login.split_once(':').unwrap_or((login, "")))
        {
            Some((user, password)) => (decoded(user)?, decoded(password)?),
            None => Default::default(),
        };
        let (host, port) = self.host(place)?;
        let some = |text: String| (!text.is_empty()).then_some(text);
        let password = some(password).map(|password| Password(SecretString::from(password)));
        let server = Server { user: some(user), password, host: decoded(host)?, port };
        Ok((server, decoded(path)?))
    }

    fn host<'h>(&self, place: &'h str) -> Result<(&'h str, Option<u16>), UrlError> {
        let bad_port = || self.bad("the port is not a number from 1 to 65535");
        let (host, port) = match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or_else(bad_port)?)),
            None => match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let port: Option<u16> = port.map(str::parse).transpose().map_err(|_| bad_port())?;
        if port == Some(0) { Err(bad_port()) } else { Ok((host, port)) }
    }

    /// A bucket or account: what a provider allows is the provider's to say, but a login it is not.
    fn word(&self, text: &str, reason: &'static str) -> Result<String, UrlError> {
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || "@:?#%\\".contains(c);
        if text.is_empty() || text.chars().any(is_odd) {
            return Err(self.bad(reason));
        }
        Ok(text.to_owned())
    }

    fn bad(&self, reason: &'static str) -> UrlError {
        UrlError::Malformed { url: masked(self.url), reason }
    }
}

impl Place<'_> {
    fn store(self) -> Result<StoreUrl, UrlError> {
        match self.kind {
            Kind::Memory(_) if !self.path.is_empty() => Err(self.bad("use memory://name")),
            Kind::Postgres(..) if self.database().1.is_some() => {
                Err(self.bad("a store is a whole database: postgres://user@host/database"))
            }
            _ => {
                let path = self.path.clone();
                self.at(&path)
            }
        }
    }

    fn remote(self) -> Result<RemoteUrl, UrlError> {
        let no_name = || UrlError::NoName { url: masked(self.url) };
        let path = self.path.trim_end_matches('/');
        match &self.kind {
            Kind::Memory(_) => {
                let name = repository(path).ok_or_else(no_name)?;
                let name = RepoName::new(name)?;
                Ok(RemoteUrl { store: self.at("")?, name })
            }
            Kind::Postgres(..) => {
                let (database, rest) = self.database();
                let name = rest.as_deref().and_then(repository).ok_or_else(no_name)?;
                let name = RepoName::new(name)?;
                Ok(RemoteUrl { store: self.at(&format!("/{database}"))?, name })
            }
            _ => {
                let path = path.to_owned();
                let (root, name) = split(&path).ok_or_else(no_name)?;
                let name = RepoName::new(name)?;
                if matches!(self.kind, Kind::Azure(_)) && root.is_empty() {
                    return Err(no_name());
                }
                let root = if root.is_empty() { "/" } else { root };
                Ok(RemoteUrl { store: self.at(root)?, name })
            }
        }
    }

    /// The database, and what follows it with a slash at its beginning.
    fn database(&self) -> (String, Option<String>) {
        let path = self.path.trim_matches('/');
        match path.split_once('/') {
            Some((database, rest)) => (database.to_owned(), Some(format!("/{rest}"))),
            None => (path.to_owned(), None),
        }
    }

    fn at(self, path: &str) -> Result<StoreUrl, UrlError> {
        if path.split('/').any(|segment| segment == "." || segment == "..") {
            return Err(self.bad("the path must not hold . or .. segments"));
        }
        if path.contains('\0') {
            return Err(self.bad("it holds a zero byte"));
        }
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let plain = segments.join("/");
        if !matches!(self.kind, Kind::Directory(_)) && plain.chars().any(char::is_control) {
            return Err(self.bad("it holds control characters"));
        }
        match self.kind {
            Kind::Directory(_) if path.is_empty() => {
                Err(self.bad("there is no directory in it: use local:///dir"))
            }
            Kind::Directory(make) => Ok(make(Path::new("/").join(plain))),
            Kind::Memory(name) => Ok(StoreUrl::Memory { name }),
            Kind::Bucket(provider, bucket) => {
                Ok(StoreUrl::Bucket { provider, bucket, prefix: plain })
            }
            Kind::Azure(account) => match segments.split_first() {
                Some((container, prefix)) => Ok(StoreUrl::Azure {
                    account,
                    container: (*container).to_owned(),
                    prefix: prefix.join("/"),
                }),
                None => {
                    Err(bad(self.url, "there is no container in it: azure://account/container"))
                }
            },
            Kind::Sftp(server) => {
                let is_home = segments.first() == Some(&"~");
                let path = if is_home { plain } else { format!("/{plain}") };
                Ok(StoreUrl::Sftp { server, path })
            }
            Kind::Postgres(_, _) if plain.is_empty() => {
                Err(self.bad("there is no database in it: use postgres://user@host/database"))
            }
            Kind::Postgres(server, ssl_mode) => {
                Ok(StoreUrl::Postgres { server, database: plain, ssl_mode })
            }
        }
    }

    fn bad(&self, reason: &'static str) -> UrlError {
        bad(self.url, reason)
    }
}

fn bad(url: &str, reason: &'static str) -> UrlError {
    UrlError::Malformed { url: masked(url), reason }
}

/// Takes the path of a repository apart, into the store's and the name.
fn split(path: &str) -> Option<(&str, &str)> {
    if let Some(stem) = path.strip_suffix(Layout::SUFFIX) {
        // With several `trunks/` in the path each split names the same files: take the last.
        let mark = format!("/{}", Layout::TRUNKS);
        if let Some(at) = stem.rfind(&mark) {
            return Some((&stem[..at], &stem[at + mark.len()..]));
        }
    }
    path.rsplit_once('/').filter(|(_, name)| !name.is_empty())
}

/// The repository's name in a store that has no path of its own.
fn repository(path: &str) -> Option<&str> {
    let path = path.strip_prefix('/').filter(|path| !path.is_empty())?;
    let explicit = path.strip_prefix(Layout::TRUNKS);
    Some(explicit.and_then(|path| path.strip_suffix(Layout::SUFFIX)).unwrap_or(path))
}
