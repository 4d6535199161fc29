//! What tokens are signed with.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A secret that is shorter can be guessed.
const LEAST_BYTES: usize = 32;
/// Keeps what is signed here from being taken for something else that the secret has signed.
const PURPOSE: &[u8] = b"trunks token 1\n";

/// A secret that tokens are signed with.
#[derive(Clone)]
pub struct Key(String);

/// The keys that are accepted, the one that is signed with first: so a secret can be replaced
/// without refusing at once what the old one has signed.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Key>);

/// The secret is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret that signs tokens must have at least 32 characters: make one at random")]
pub struct WeakKey;

impl Key {
    /// Takes a secret of at least 32 bytes.
    pub fn new(secret: &str) -> Result<Self, WeakKey> {
        if secret.len() < LEAST_BYTES { Err(WeakKey) } else { Ok(Self(secret.to_owned())) }
    }

    /// The signature of `text`.
    pub(super) fn sign(&self, text: &str) -> Vec<u8> {
        self.mac(text).finalize().into_bytes().to_vec()
    }

    /// Whether this is the signature of `text`; takes as long whichever byte is wrong.
    pub(super) fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        self.mac(text).verify_slice(signature).is_ok()
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes());
        let mut mac = mac.expect("a key of HMAC may have any length");
        mac.update(PURPOSE);
        mac.update(text.as_bytes());
        mac
    }
}

impl Keys {
    /// The secrets in `text`, between white space, the newest first.
    pub fn parse(text: &str) -> Result<Self, WeakKey> {
        text.split_ascii_whitespace().map(Key::new).collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of them has signed `text` so.
    pub(super) fn have_signed(&self, text: &str, signature: &[u8]) -> bool {
        self.0.iter().any(|key| key.has_signed(text, signature))
    }
}

/// Without the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}
