//! What goes wrong with a request, and with which one.

use std::time::Duration;

/// What goes wrong with one request over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends before the server has seen anything of it.
    CutBefore,
    /// The connection ends when the server has seen half of the request's bytes.
    CutWithin,
    /// The server does what it was asked, and the connection ends before it can say so.
    LoseAnswer,
    /// The connection ends when half of the answer's body has come.
    CutAnswer,
    /// The server is not asked; the client is answered this status with this code.
    Answer(u16, &'static str),
    /// The same, by a clock that shows this.
    AnswerDated(u16, &'static str, &'static str),
    /// The server does what it was asked, and the client is answered this status with this code.
    AnswerAfter(u16, &'static str),
    /// The answer comes late by so much.
    Late(Duration),
    /// The request arrives, and no answer ever comes, while the connection stays.
    Hang,
}

/// Which requests a fault meets.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) fault: Fault,
    method: Option<&'static str>,
    part: String,
    pass: u32,
    left: u32,
}

impl Plan {
    /// The fault meets the next request, whatever it is.
    pub fn next(fault: Fault) -> Self {
        Self { fault, method: None, part: String::new(), pass: 0, left: 1 }
    }

    /// Of requests with this method only.
    pub fn method(self, method: &'static str) -> Self {
        Self { method: Some(method), ..self }
    }

    /// Of requests only whose target holds this.
    pub fn target(self, part: &str) -> Self {
        Self { part: part.to_owned(), ..self }
    }

    /// So many of those requests pass first.
    pub fn after(self, pass: u32) -> Self {
        Self { pass, ..self }
    }

    /// So many requests are met, one after the other.
    pub fn times(self, times: u32) -> Self {
        Self { left: times, ..self }
    }

    /// Every such request from then on is met.
    pub fn forever(self) -> Self {
        self.times(u32::MAX)
    }

    /// Whether it meets this request: counts it.
    pub(super) fn meets(&mut self, method: &str, target: &str) -> bool {
        let is_such = self.method.is_none_or(|of| of == method) && target.contains(&self.part);
        if !is_such || self.left == 0 {
            return false;
        }
        if self.pass > 0 {
            self.pass -= 1;
            return false;
        }
        self.left -= u32::from(self.left != u32::MAX);
        true
    }

    /// Whether it has met all that it was to meet.
    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }
}
