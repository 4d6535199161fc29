//! Which repository a path names, and what is wanted of it.

use super::error::Refusal;
use crate::repository::RepoName;
use alloc::{string::String, vec::Vec};
use percent_encoding::percent_decode_str;

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `…/info/refs`
    InfoRefs(RepoName),
    /// `…/git-upload-pack`
    UploadPack(RepoName),
    /// `…/git-receive-pack`
    ReceivePack(RepoName),
}

/// What makes a route of the repository's name.
type Make = fn(RepoName) -> Route;

/// Reads a path that is still percent-encoded.
///
/// # Errors
/// `NotFound`: it leads nowhere. That it could never name a repository is not told apart.
pub(super) fn route(path: &str) -> Result<Route, Refusal> {
    let made: [(&str, Make); 3] = [
        ("/info/refs", Route::InfoRefs),
        ("/git-upload-pack", Route::UploadPack),
        ("/git-receive-pack", Route::ReceivePack),
    ];
    let path = path.strip_prefix('/').ok_or(Refusal::NotFound)?;
    for (suffix, make) in made {
        if let Some(name) = path.strip_suffix(suffix) {
            return Ok(make(repository(name)?));
        }
    }
    Err(Refusal::NotFound)
}

/// The repository that an encoded path names, with `.git` behind it or without.
fn repository(path: &str) -> Result<RepoName, Refusal> {
    let segments: Option<Vec<String>> = path.split('/').map(segment).collect();
    let name = segments.ok_or(Refusal::NotFound)?.join("/");
    let name = name.strip_suffix(".git").unwrap_or(&name);
    // What begins so is not a repository's.
    if name == "v1" || name.starts_with("v1/") {
        return Err(Refusal::NotFound);
    }
    RepoName::new(name).map_err(|_| Refusal::NotFound)
}

/// A part of a path between slashes; `None` when it hides a slash or is not text.
fn segment(encoded: &str) -> Option<String> {
    let decoded = percent_decode_str(encoded).decode_utf8().ok()?;
    (!decoded.contains('/')).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RepoName {
        RepoName::new(text).unwrap()
    }

    #[test]
    fn repositories_are_named_with_and_without_git() {
        for (path, expected) in [
            ("/app.git/info/refs", Route::InfoRefs(name("app"))),
            ("/app/info/refs", Route::InfoRefs(name("app"))),
            ("/team/app.git/git-upload-pack", Route::UploadPack(name("team/app"))),
            ("/a/b/c/git-receive-pack", Route::ReceivePack(name("a/b/c"))),
            ("/my%20app/info/refs", Route::InfoRefs(name("my app"))),
            ("/gr%C3%BCn.git/info/refs", Route::InfoRefs(name("grün"))),
            ("/info/refs/info/refs", Route::InfoRefs(name("info/refs"))),
        ] {
            assert_eq!(route(path).ok(), Some(expected), "{path}");
        }
    }

    #[test]
    fn paths_that_play_tricks_lead_nowhere() {
        for path in [
            "",
            "/",
            "/info/refs",
            "//info/refs",
            "/.git/info/refs",
            "/app",
            "/app.git/HEAD",
            "/app.git/info/refs/",
            "/a//b/info/refs",
            "/../app/info/refs",
            "/%2e%2e/app/info/refs",
            "/a/%2E%2E/b/info/refs",
            "/a%2fb/info/refs",
            "/a%2F..%2Fb/info/refs",
            "/a%5cb/info/refs",
            "/a%00/info/refs",
            "/a%0a/info/refs",
            "/%ff%fe/info/refs",
            "/app.trunk/info/refs",
            "/team.trunk/objects/info/refs",
            "/v1/info/refs",
            "/v1/repos.git/info/refs",
            "/./app/info/refs",
        ] {
            assert!(route(path).is_err(), "{path}");
        }
        assert!(route(&alloc::format!("/{}/info/refs", "a".repeat(513))).is_err());
    }
}
