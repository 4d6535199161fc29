//! Who may do what: tokens that are checked without a look-up, and repositories that all may read.

mod admit;
mod credentials;
mod key;
mod token;

pub(super) use admit::{admit, identify};
pub use key::{Key, Keys, WeakKey};
pub use token::{Access, InvalidScope, Scope, Token, TokenError};
