//! A repository that git can push to, as options name it.

use super::{Named, plain, said, text, unusable, usage};
use crate::{
    cli::{CliError, arguments::Backend},
    settings::StorageUrl,
    store::Key,
};

/// The repository that `--backend git` with `--url` or `--path` names.
pub(super) fn named(backend: &Backend) -> Result<Named, CliError> {
    let taken = ["path"];
    if let Some((flag, _)) =
        backend.parts().iter().find(|(flag, is_given)| *is_given && !taken.contains(flag))
    {
        return Err(usage(format!("--{flag} means nothing to the backend git")));
    }
    let mut options = said(&backend.access)?;
    if let Some((key, _)) = options.in_clear().find(|(key, _)| *key != Key::Password) {
        return Err(usage(format!("{} means nothing to the backend git", key.flag())));
    }
    let url = match (&backend.url, &backend.path) {
        (Some(url), None) if is_local(url) => local(url.as_ref())?,
        (Some(url), None) => {
            let (url, password) = without_password(url)?;
            if let Some(password) = password.filter(|_| options.text(Key::Password).is_none()) {
                options.set(Key::Password, password);
            }
            url
        }
        (None, Some(path)) => local(path)?,
        _ => return Err(usage("the backend git needs --url URL or --path DIR")),
    };
    Ok(Named::Git { url: StorageUrl::Git(url), options })
}

/// What is neither a URL nor `host:path`.
///
/// # Source
/// git-clone(1), "GIT URLS"
fn is_local(url: &str) -> bool {
    !url.contains("://") && url.find(':').is_none_or(|colon| url[..colon].contains('/'))
}

fn local(path: &std::path::Path) -> Result<String, CliError> {
    text(&plain(path).map_err(|error| unusable(path.display(), &error))?)
}

/// Takes the password out of `scheme://user:password@host/path`.
fn without_password(url: &str) -> Result<(String, Option<String>), CliError> {
    if url.starts_with('-') || url.contains("::") || url.chars().any(char::is_control) {
        return Err(usage("that is no URL that git can push to"));
    }
    let Some((scheme, rest)) = url.split_once("://") else { return Ok((url.to_owned(), None)) };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let Some((login, host)) = authority.rsplit_once('@') else { return Ok((url.to_owned(), None)) };
    let Some((user, password)) = login.split_once(':') else { return Ok((url.to_owned(), None)) };
    let decoded = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
    Ok((format!("{scheme}://{user}@{host}{path}"), Some(decoded.into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_out_of_the_url() {
        let (url, password) = without_password("https://me:a%40b@host/app.git").expect("a URL");
        assert_eq!((url.as_str(), password.as_deref()), ("https://me@host/app.git", Some("a@b")));
        for url in ["https://host/app.git", "git@host:app.git", "https://me@host/a:b@c.git"] {
            assert_eq!(without_password(url), Ok((url.to_owned(), None)));
        }
        for url in ["ext::sh -c x", "-u", "https://h/a\nb"] {
            without_password(url).expect_err(url);
        }
    }

    #[test]
    fn paths_are_told_from_hosts() {
        for path in ["../app.git", "/dir/app.git", "./a:b"] {
            assert!(is_local(path), "{path}");
        }
        for url in ["host:app.git", "me@host:dir/app.git", "https://host/app.git"] {
            assert!(!is_local(url), "{url}");
        }
    }
}
