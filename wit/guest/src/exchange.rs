//! The exchange import as the core's [`Exchange`].

use crate::bindings::trunks::core::exchange as host;
use trunks_core::exchange::{Exchange, ExchangeError};

/// The one byte stream that the host handed to this instance.
#[derive(Debug)]
pub struct Client;

impl Exchange for Client {
    async fn read(&mut self) -> Result<Vec<u8>, ExchangeError> {
        host::read().await.map_err(lost)
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ExchangeError> {
        host::write(bytes).await.map_err(lost)
    }
}

fn lost(reason: String) -> ExchangeError {
    ExchangeError { reason }
}
