//! Whether a request may be served.

use super::{Access, Token, TokenError, credentials::shown_token};
use crate::{
    http::{error::Refusal, head::RequestHead, serve::Host},
    repository::{RepoName, Repository},
    store::Store,
};

/// Lets a request pass, or says how it is refused.
///
/// To a stranger, a repository that is private and one that does not exist are the same: without a
/// token both ask for one, and with one that is for others neither is found.
pub(in crate::http) async fn admit<S: Store + Clone>(
    store: &S,
    request: &RequestHead,
    name: &RepoName,
    wanted: Access,
    host: &Host,
) -> Result<(), Refusal> {
    let stranger = match identify(request, host)? {
        None => Refusal::Unauthorized("a token is needed: give it as the password"),
        Some(token) if !token.scope.covers(name) => Refusal::NotFound,
        Some(token) if token.access < wanted => {
            return Err(Refusal::Forbidden("the token may read, but not write"));
        }
        Some(_) => return Ok(()),
    };
    if wanted != Access::Read {
        return Err(stranger);
    }
    let repository = Repository::open(store, name, host.limits.clone());
    match repository.is_public().await {
        Ok(true) => Ok(()),
        // That something is wrong with a repository is nothing for strangers.
        Ok(false) | Err(_) => Err(stranger),
    }
}

/// The token that a request shows, or `None` when it shows none. One that is not good is refused.
pub(in crate::http) fn identify(
    request: &RequestHead,
    host: &Host,
) -> Result<Option<Token>, Refusal> {
    let Some(text) = shown_token(request) else { return Ok(None) };
    Token::read(&text, &host.keys, host.now_s).map(Some).map_err(|error| {
        Refusal::Unauthorized(match error {
            TokenError::Expired => "the token has expired: make a new one",
            TokenError::Invalid => "the token is not valid here",
        })
    })
}
