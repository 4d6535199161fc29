//! The store that options of the command line name.

mod git;

use super::{
    CliError, Exit,
    arguments::{Access, Backend},
    ask::ask,
};
use crate::{
    settings::StorageUrl,
    store::{Key, Provider, Server, StoreOptions, StoreSpec, StoreUrl},
};
use std::{
    io,
    path::{Component, Path, PathBuf},
};

/// What options of the command line name.
#[derive(Clone, Debug)]
pub enum Named {
    /// A store.
    Store(StoreSpec),
    /// A repository that git can push to.
    Git {
        /// As git takes it, without a password.
        url: StorageUrl,
        /// At most the password.
        options: StoreOptions,
    },
}

impl Named {
    /// Where it is.
    pub fn url(&self) -> StorageUrl {
        match self {
            Self::Store(spec) => StorageUrl::Store(spec.url.clone()),
            Self::Git { url, .. } => url.clone(),
        }
    }

    /// What is said of it besides.
    pub fn options(&self) -> &StoreOptions {
        match self {
            Self::Store(spec) => &spec.options,
            Self::Git { options, .. } => options,
        }
    }
}

/// What options name, with what they say of it; `None` when they name nothing.
///
/// # Errors
/// `Usage`: they do not go together.
pub fn named(backend: &Backend) -> Result<Option<Named>, CliError> {
    if backend.backend.as_deref() == Some("git") {
        return git::named(backend).map(Some);
    }
    let url = match (backend.backend.as_deref(), backend.url.as_deref()) {
        (None, None) => return no_kind(backend),
        (Some(url), None) | (None, Some(url)) if url.contains("://") => at_url(url, None, backend)?,
        (Some(kind), Some(url)) if !kind.contains("://") => at_url(url, Some(kind), backend)?,
        (Some(kind), None) => of_kind(kind, backend)?,
        (None, Some(url)) => StoreUrl::parse(url)?,
        (Some(_), Some(_)) => {
            return Err(usage("--backend and --url name two URLs").advise("leave one of them out"));
        }
    };
    Ok(Some(Named::Store(StoreSpec::new(url, said(&backend.access)?))))
}

/// What options say of a store beside its URL. Asks for secrets whose value is `-`.
pub fn said(access: &Access) -> Result<StoreOptions, CliError> {
    let mut options = access.0.clone();
    for key in Key::ALL {
        match options.text(key) {
            Some("-") if key.is_secret() => options.set(key, ask(key)?),
            Some("") => return Err(usage(format!("{} is empty", key.flag()))),
            // What is saved must hold wherever the next command is called.
            Some(file) if key.is_file() => {
                let path = std::path::absolute(file).map_err(|error| unusable(file, &error))?;
                options.set(key, text(&path)?);
            }
            _ => {}
        }
    }
    Ok(options)
}

fn no_kind(backend: &Backend) -> Result<Option<Named>, CliError> {
    match backend.parts().iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(usage(format!("--{flag} needs --backend KIND"))),
        None => match backend.access.0.in_clear().next() {
            Some((key, _)) => Err(usage(format!("{} needs --backend", key.flag()))),
            None => Ok(None),
        },
    }
}

fn at_url(url: &str, kind: Option<&str>, backend: &Backend) -> Result<StoreUrl, CliError> {
    let parsed = StoreUrl::parse(url)?;
    if let Some((flag, _)) = backend.parts().iter().find(|(_, is_given)| *is_given) {
        return Err(usage(format!("--{flag} goes with --backend KIND, not with a URL")));
    }
    match kind {
        Some(kind) if plain_kind(kind) != parsed.scheme() => {
            Err(usage(format!("{parsed} is not of the backend {kind}")))
        }
        _ => Ok(parsed),
    }
}

/// Other words for the same kind.
fn plain_kind(kind: &str) -> &str {
    match kind {
        "gs" => "gcs",
        "postgresql" => "postgres",
        kind => kind,
    }
}

fn of_kind(kind: &str, backend: &Backend) -> Result<StoreUrl, CliError> {
    let kind = plain_kind(kind);
    let provider = Provider::ALL.into_iter().find(|provider| provider.scheme() == kind);
    let taken: &[&str] = match kind {
        _ if provider.is_some() => &["bucket", "prefix"],
        "azure" => &["account", "container", "prefix"],
        "sftp" => &["host", "port", "user", "path"],
        "postgres" => &["host", "port", "user", "database"],
        "local" | "file" => &["path"],
        // So that what is known is told with what is not.
        unknown => return Ok(StoreUrl::parse(&format!("{unknown}://"))?),
    };
    if let Some((flag, _)) =
        backend.parts().iter().find(|(flag, is_given)| *is_given && !taken.contains(flag))
    {
        return Err(usage(format!("--{flag} means nothing to the backend {kind}")));
    }
    let needed = |flag: &str, value: &Option<String>| {
        let missing = || usage(format!("the backend {kind} needs --{flag}"));
        value.clone().filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    let prefix = backend.prefix.clone().unwrap_or_default();
    let server = |host: String| Server {
        user: backend.user.clone(),
        password: None,
        host,
        port: backend.port,
    };
    let url = match (kind, provider) {
        (_, Some(provider)) => {
            StoreUrl::Bucket { provider, bucket: needed("bucket", &backend.bucket)?, prefix }
        }
        ("azure", _) => StoreUrl::Azure {
            account: needed("account", &backend.account)?,
            container: needed("container", &backend.container)?,
            prefix,
        },
        ("sftp", _) => StoreUrl::Sftp {
            server: server(needed("host", &backend.host)?),
            path: remote_path(backend)?,
        },
        ("postgres", _) => StoreUrl::Postgres {
            server: server(backend.host.clone().unwrap_or_default()),
            database: needed("database", &backend.database)?,
            ssl_mode: None,
        },
        _ => return directory(kind, backend),
    };
    // What holds of a URL holds of what is put together here.
    Ok(StoreUrl::parse(&url.to_string())?)
}

/// Without a slash in front, a path begins where a login does.
fn remote_path(backend: &Backend) -> Result<String, CliError> {
    let missing = || usage("the backend sftp needs --path");
    let path = text(backend.path.as_deref().ok_or_else(missing)?)?;
    Ok(match path.as_str() {
        "" => return Err(missing()),
        path if path.starts_with('/') || path == "~" || path.starts_with("~/") => path.to_owned(),
        "." => "~".to_owned(),
        path => format!("~/{path}"),
    })
}

fn directory(kind: &str, backend: &Backend) -> Result<StoreUrl, CliError> {
    let path = backend.path.as_deref().ok_or_else(|| {
        usage(format!("the {kind} backend needs a directory")).advise("name it with: --path DIR")
    })?;
    let plain = plain(path).map_err(|error| unusable(path.display(), &error))?;
    Ok(StoreUrl::parse(&format!("{kind}://{}", text(&plain)?))?)
}

fn text(path: &Path) -> Result<String, CliError> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| usage(format!("{} is not UTF-8, which a URL must be", path.display())))
}

fn usage(message: impl Into<String>) -> CliError {
    CliError::new(Exit::Usage, message)
}

fn unusable(path: impl std::fmt::Display, error: &io::Error) -> CliError {
    CliError::failed(format!("{path}: {error}"))
}

/// The path as the system names it, free of `..` and links as far as it exists already.
fn plain(path: &Path) -> io::Result<PathBuf> {
    let mut plain = PathBuf::new();
    for component in std::path::absolute(path)?.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
        if let Ok(real) = plain.canonicalize() {
            plain = real;
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests;
