//! A scripted client for tests of the wire.

use crate::exchange::{Exchange, ExchangeError};
use alloc::{collections::VecDeque, vec::Vec};

/// A client whose input is known beforehand and whose output is kept. Never waits.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// What it will send.
    pub(crate) input: VecDeque<Vec<u8>>,
    /// What it was sent, a write each.
    pub(crate) written: Vec<Vec<u8>>,
}

impl Script {
    pub(crate) fn new(pieces: &[&[u8]]) -> Self {
        Self { input: pieces.iter().map(|piece| piece.to_vec()).collect(), written: Vec::new() }
    }

    /// All that it was sent.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.written.concat()
    }
}

impl Exchange for Script {
    async fn read(&mut self) -> Result<Vec<u8>, ExchangeError> {
        Ok(self.input.pop_front().unwrap_or_default())
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ExchangeError> {
        self.written.push(bytes);
        Ok(())
    }
}
