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
    let unauthorized = Refusal::Unauthorized;
    let stranger = match shown_token(request) {
        None => unauthorized("a token is needed: give it as the password"),
        Some(text) => match Token::read(&text, &host.keys, host.now_s) {
            Err(TokenError::Expired) => {
                return Err(unauthorized("the token has expired: make a new one"));
            }
            Err(TokenError::Invalid) => return Err(unauthorized("the token is not valid here")),
            Ok(token) if !token.scope.covers(name) => Refusal::NotFound,
            Ok(token) if token.access < wanted => {
                return Err(Refusal::Forbidden("the token may read, but not write"));
            }
            Ok(_) => return Ok(()),
        },
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
