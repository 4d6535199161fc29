//! What the refusals of object stores mean to a caller.

use super::{
    call::{Account, Reply},
    text,
};
use http::StatusCode;
use trunks_core::store::StoreError;

/// Of a store's own words, at most so many characters are repeated.
const REPEATED_CHARS: usize = 300;
/// Clocks that differ by less are not what a request was refused for.
const SKEW_S: u64 = 60;

pub(super) fn failed(key: &str, reason: impl Into<String>) -> StoreError {
    StoreError::Failed { key: key.to_owned(), reason: reason.into() }
}

pub(super) fn denied(key: &str, reason: impl Into<String>) -> StoreError {
    StoreError::Denied { key: key.to_owned(), reason: reason.into() }
}

pub(super) fn unavailable(key: &str, reason: impl Into<String>) -> StoreError {
    StoreError::Unavailable { key: key.to_owned(), reason: reason.into() }
}

pub(super) fn conflict(key: &str) -> StoreError {
    StoreError::Conflict { key: key.to_owned() }
}

/// Whether the answer says that nothing is at the key, in a bucket that is there.
pub(super) fn is_absent(reply: &Reply) -> bool {
    reply.status == StatusCode::NOT_FOUND && !is_homeless(reply)
}

/// Whether the answer says that a condition did not hold.
///
/// S3: 412, or 404 where something was demanded and nothing is there. Azure: 409 for a creation.
pub(super) fn is_conflict(reply: &Reply) -> bool {
    let code = reply.refusal().code.as_str();
    match reply.status {
        StatusCode::PRECONDITION_FAILED => true,
        StatusCode::CONFLICT => matches!(code, "BlobAlreadyExists" | "PreconditionFailed"),
        StatusCode::OK => code == "PreconditionFailed",
        _ => is_absent(reply) && code != "NoSuchUpload",
    }
}

fn is_homeless(reply: &Reply) -> bool {
    let code = reply.refusal().code.as_str();
    matches!(code, "NoSuchBucket" | "ContainerNotFound" | "AccountNotFound" | "ResourceNotFound")
}

/// The error for a refusal that the caller did not ask for.
///
/// `key`: the bucket's. `page`: of `docs/backends`, where the rights that are needed stand.
pub(super) fn refused(key: &str, reply: &Reply, account: &impl Account, page: &str) -> StoreError {
    let (place, said) = (account.place(), said(reply));
    let code = code_of_credentials(reply);
    if is_homeless(reply) {
        let advice = "make it, or check its name, the account and the region";
        return failed(key, format!("there is no {place}: {advice}"));
    }
    match reply.status.as_u16() {
        401 | 403 | 400 if let Some(reason) = skew(reply) => denied(key, reason),
        401 | 403 | 400 if let Some(reason) = credentials(code) => {
            denied(key, format!("{place}: {reason} ({said})"))
        }
        401 => denied(
            key,
            format!(
                "{place} does not know these credentials: check them, or sign in again ({said})"
            ),
        ),
        403 => denied(
            key,
            format!(
                "no right to do this in {place}: docs/backends/{page}.md lists what is needed ({said})"
            ),
        ),
        301 | 307 | 308 => {
            let region = text::header(&reply.headers, "x-amz-bucket-region");
            let region = region.map_or(String::new(), |region| format!(", which is {region}"));
            failed(key, format!("{place} is elsewhere: set its region{region}, or its endpoint"))
        }
        501 => failed(
            key,
            format!("{place} does not know this request, so it cannot be used ({said})"),
        ),
        507 => failed(key, format!("{place} is full: free some space and try again ({said})")),
        _ if code.contains("QuotaExceeded") || code == "XMinioStorageFull" => {
            failed(key, format!("{place} is full: free some space and try again ({said})"))
        }
        _ => failed(key, format!("{place} refused: {said}")),
    }
}

/// Status, code and the first words of an answer.
pub(super) fn said(reply: &Reply) -> String {
    let refusal = reply.refusal();
    let message = refusal.message.lines().next().unwrap_or_default();
    let message: String =
        message.chars().filter(|c| !c.is_control()).take(REPEATED_CHARS).collect();
    let mut said = reply.status.as_u16().to_string();
    for part in [refusal.code.as_str(), message.trim_end_matches('.')] {
        if !part.is_empty() {
            said = format!("{said} {part}");
        }
    }
    said
}

/// The code, where Azure's emulator has another one than Azure for credentials that are wrong.
fn code_of_credentials(reply: &Reply) -> &str {
    let refusal = reply.refusal();
    match refusal.code.as_str() {
        "AuthorizationFailure" if refusal.message.contains("failed to authenticate") => {
            "AuthenticationFailed"
        }
        code => code,
    }
}

fn credentials(code: &str) -> Option<&'static str> {
    Some(match code {
        "InvalidAccessKeyId" | "InvalidClientTokenId" => {
            "the access key is not known there: check whose it is, and whether it was revoked"
        }
        "SignatureDoesNotMatch" => "the secret key does not belong to the access key: check both",
        // Azure's, for the account's key and for shared access signatures.
        "AuthenticationFailed" => {
            "the key or the shared access signature is wrong or has expired: check it, or get a new one"
        }
        "ExpiredToken" | "TokenRefreshRequired" | "ExpiredTokenException" => {
            "the credentials have expired: sign in again"
        }
        "InvalidToken" | "InvalidSecurity" => "the session token is wrong: sign in again",
        "InvalidAuthenticationInfo" => "the credentials are wrong or have expired: sign in again",
        _ => return None,
    })
}

/// What to say when the clocks differ by so much that signatures are refused.
fn skew(reply: &Reply) -> Option<String> {
    let code = reply.refusal().code.as_str();
    if !matches!(
        code,
        "RequestTimeTooSkewed" | "AuthenticationFailed" | "AccessDenied" | "RequestExpired"
    ) {
        return None;
    }
    let store_s = text::seconds(text::header(&reply.headers, "date")?)?;
    let here_s = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let apart_s = store_s.abs_diff(here_s);
    let least_s = if code == "RequestTimeTooSkewed" { 0 } else { 10 * SKEW_S };
    let side = if here_s < store_s { "behind" } else { "ahead of" };
    (apart_s >= least_s.max(SKEW_S)).then(|| {
        let apart = span(apart_s);
        format!("this machine's clock is {apart} {side} the store's: set it right")
    })
}

/// A time for people, who count no minutes of days.
fn span(s: u64) -> String {
    match s / 60 {
        minutes @ ..120 => format!("{minutes} minutes"),
        minutes @ 120..2880 => format!("{} hours", minutes / 60),
        minutes => format!("{} days", minutes / 60 / 24),
    }
}
