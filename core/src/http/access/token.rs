//! Tokens: what they allow, and how they are written.

use super::{Key, Keys};
use crate::{
    json::{self, Members, Value},
    repository::RepoName,
};
use alloc::{borrow::ToOwned, format, string::String};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use core::{fmt, str::FromStr};

/// What every token begins with, so that one that got lost is recognized.
const BEGINNING: &str = "trunks_";
/// Longer than any token that is made here, in bytes.
const LONGEST_BYTES: usize = 2048;

/// What a token allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Of which repositories.
    pub scope: Scope,
    /// To do what.
    pub access: Access,
    /// Until when, in seconds since 1970; from then on it is refused.
    pub expires_s: u64,
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// To read.
    Read,
    /// To read and to write.
    Write,
}

/// The repositories that a token is for. Written `team/app`, `team/*` or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every one.
    All,
    /// Those below a name, but not one of that name itself.
    Below(RepoName),
    /// This one.
    One(RepoName),
}

/// Not a scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a scope: it is a repository's name, such as team/app, or team/*, or *")]
pub struct InvalidScope {
    /// What was given.
    pub text: String,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is cut off, forged, signed with another secret, or none at all.
    #[error("the token is not valid here")]
    Invalid,
    /// It was valid.
    #[error("the token has expired: make a new one")]
    Expired,
}

impl Token {
    /// Writes it, signed.
    pub fn write(&self, key: &Key) -> String {
        let claims = URL_SAFE_NO_PAD.encode(json::object(&[
            ("scope", Value::Text(&self.scope)),
            ("access", Value::Text(&self.access.as_str())),
            ("expires", Value::Json(&self.expires_s)),
        ]));
        let signature = URL_SAFE_NO_PAD.encode(key.sign(&claims));
        format!("{BEGINNING}{claims}.{signature}")
    }

    /// Reads a token, if one of `keys` has signed it and `now_s`, in seconds since 1970, is before
    /// its end.
    pub fn read(text: &str, keys: &Keys, now_s: u64) -> Result<Self, TokenError> {
        let signed = text.strip_prefix(BEGINNING).filter(|_| text.len() <= LONGEST_BYTES);
        let (claims, signature) =
            signed.and_then(|signed| signed.split_once('.')).ok_or(TokenError::Invalid)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Invalid)?;
        if !keys.have_signed(claims, &signature) {
            return Err(TokenError::Invalid);
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| TokenError::Invalid)?;
        let token = Self::of_claims(&claims).ok_or(TokenError::Invalid)?;
        if now_s < token.expires_s { Ok(token) } else { Err(TokenError::Expired) }
    }

    /// Claims that say more than is known here may forbid something, so they are none.
    fn of_claims(claims: &[u8]) -> Option<Self> {
        let mut claims = Members::of(str::from_utf8(claims).ok()?).ok()?;
        let scope = claims.needed("scope").ok()?.parse().ok()?;
        let access = claims.needed("access").ok()?;
        let access =
            [Access::Read, Access::Write].into_iter().find(|one| one.as_str() == access)?;
        let expires_s = claims.take("expires")?.parse().ok()?;
        claims.end().ok()?;
        Some(Self { scope, access, expires_s })
    }
}

impl Access {
    /// As a token says it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl Scope {
    /// Whether the repository is among them.
    pub fn covers(&self, name: &RepoName) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == name,
            Self::Below(top) => {
                let below = name.as_str().strip_prefix(top.as_str());
                below.is_some_and(|below| below.starts_with('/'))
            }
        }
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        let name = |name| RepoName::new(name).map_err(|_| InvalidScope { text: text.to_owned() });
        match text.strip_suffix("/*") {
            _ if text == "*" => Ok(Self::All),
            Some(top) => name(top).map(Self::Below),
            None => name(text).map(Self::One),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Below(top) => write!(f, "{}/*", top.as_str()),
            Self::One(name) => f.write_str(name.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "another secret of thirty-two chars";

    fn token(scope: &str) -> Token {
        Token { scope: scope.parse().unwrap(), access: Access::Read, expires_s: 2000 }
    }

    fn read(text: &str, now_s: u64) -> Result<Token, TokenError> {
        Token::read(text, &Keys::parse(SECRET).unwrap(), now_s)
    }

    #[test]
    fn a_token_is_read_as_it_was_written_until_it_expires() {
        for scope in ["*", "app", "team/app", "team/*", "grün/*"] {
            let token = token(scope);
            let text = token.write(&Key::new(SECRET).unwrap());
            assert_eq!(read(&text, 1999), Ok(token));
            assert_eq!(read(&text, 2000), Err(TokenError::Expired));
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b)));
        }
    }

    #[test]
    fn no_part_of_a_token_can_be_changed_or_left_out() {
        let text = token("team/app").write(&Key::new(SECRET).unwrap());
        for at in 0..text.len() {
            assert_eq!(read(&text[..at], 0), Err(TokenError::Invalid), "cut at {at}");
            let mut bytes: Vec<u8> = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(read(&changed, 0), Err(TokenError::Invalid), "changed at {at}");
        }
        assert_eq!(read(&format!("{text}A"), 0), Err(TokenError::Invalid));
        assert_eq!(read(&"trunks_".repeat(100_000), 0), Err(TokenError::Invalid));
        let forged = token("*").write(&Key::new(OTHER).unwrap());
        assert_eq!(read(&forged, 0), Err(TokenError::Invalid));
        assert_eq!(Token::read(&text, &Keys::default(), 0), Err(TokenError::Invalid));
    }

    #[test]
    fn claims_are_all_there_and_all_known() {
        let good = r#"{"scope":"app","access":"write","expires":3000}"#;
        let signed = |claims: &str| {
            let claims = URL_SAFE_NO_PAD.encode(claims);
            let signature = URL_SAFE_NO_PAD.encode(Key::new(SECRET).unwrap().sign(&claims));
            read(&format!("{BEGINNING}{claims}.{signature}"), 0)
        };
        assert_eq!(signed(good).map(|token| token.access), Ok(Access::Write));
        for (part, other) in [
            ("\"app\"", "\"../app\""),
            ("\"app\"", "null"),
            ("\"app\"", "[\"app\"]"),
            ("write", "Write"),
            ("3000", "-1"),
            ("3000", "3e3"),
            ("3000", "\"3000\""),
            ("3000", "18446744073709551616"),
            (",\"expires\":3000", ""),
            ("}", ",\"only\":\"GET\"}"),
            ("}", ",\"scope\":\"*\"}"),
        ] {
            let claims = good.replace(part, other);
            assert_eq!(signed(&claims), Err(TokenError::Invalid), "{claims}");
        }
    }

    #[test]
    fn a_secret_can_be_replaced() {
        let text = token("app").write(&Key::new(SECRET).unwrap());
        let keys = Keys::parse(&format!("{}\n{SECRET}\n", OTHER.replace(' ', "-"))).unwrap();
        assert!(Token::read(&text, &keys, 0).is_ok());
        assert!(Keys::parse("short").is_err());
        assert!(!format!("{keys:?}").contains("0123"));
    }

    #[test]
    fn a_scope_covers_what_it_says() {
        let covers = |scope: &str, name: &str| {
            scope.parse::<Scope>().unwrap().covers(&RepoName::new(name).unwrap())
        };
        assert!(covers("*", "a/b") && covers("a", "a") && covers("a/*", "a/b/c"));
        assert!(!covers("a", "a/b") && !covers("a/*", "a") && !covers("a/*", "ab/c"));
        for unfit in ["", "/", "/*", "a*", "a/*/b", "**", "../a", "a/"] {
            assert!(unfit.parse::<Scope>().is_err(), "{unfit:?}");
        }
    }
}
