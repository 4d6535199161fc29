//! Answers that refuse, as text that git shows to its user.

use super::head::ResponseHead;
use crate::code::{Code, Coded};
use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
};

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no such place, or not for whoever asks.
    NotFound,
    /// Who asks must say who they are, or has said so wrongly, for this reason.
    Unauthorized(&'static str),
    /// The token does not go so far.
    Forbidden(&'static str),
    /// Only this method is possible here.
    Method(&'static str),
    /// The body is of another type, or encoded in a way that is not known here.
    MediaType(String),
    /// The request is not one.
    Malformed(String),
    /// The operation failed.
    Failed {
        /// What the caller can do about it.
        code: Code,
        /// What happened.
        message: String,
    },
}

impl Refusal {
    /// What failed, told as it is.
    pub fn of(error: &impl Coded) -> Self {
        Self::Failed { code: error.code(), message: error.to_string() }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Unauthorized(_) => 401,
            Self::Forbidden(_) => 403,
            Self::Method(_) => 405,
            Self::MediaType(_) => 415,
            Self::Malformed(_) => 400,
            Self::Failed { code, .. } => match code {
                Code::NotFound => 404,
                Code::Exists | Code::Conflict => 409,
                Code::Invalid | Code::Refused | Code::Disconnected => 400,
                Code::TooLarge => 413,
                Code::Unavailable => 503,
                Code::Corrupt | Code::Denied | Code::Failed => 500,
            },
        }
    }

    /// What it is called in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => Code::NotFound.as_str(),
            Self::Unauthorized(_) => "unauthorized",
            Self::Forbidden(_) => Code::Denied.as_str(),
            Self::Method(_) => "method",
            Self::MediaType(_) | Self::Malformed(_) => Code::Invalid.as_str(),
            Self::Failed { code, .. } => code.as_str(),
        }
    }

    /// What is told.
    pub fn message(&self) -> String {
        match self {
            Self::NotFound => "not found".to_owned(),
            Self::Unauthorized(reason) | Self::Forbidden(reason) => (*reason).to_owned(),
            Self::Method(allowed) => ["use ", allowed].concat(),
            Self::MediaType(reason) | Self::Malformed(reason) => reason.clone(),
            Self::Failed { message, .. } => message.clone(),
        }
    }

    /// The response but for its body, which is the message and of this type.
    pub fn head(&self, content_type: &str) -> ResponseHead {
        let head = ResponseHead::new(self.status(), content_type);
        match self {
            Self::Unauthorized(_) => head.with("www-authenticate", "Basic realm=\"trunks\""),
            Self::Method(allowed) => head.with("allow", *allowed),
            Self::Failed { code: Code::Unavailable, .. } => {
                head.with("retry-after", "5".to_string())
            }
            _ => head,
        }
    }
}
