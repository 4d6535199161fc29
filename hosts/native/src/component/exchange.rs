//! The exchange import: the byte stream to a Git client.

use super::{bindings::trunks::core::exchange as wit, call::State};
use std::{fmt, io, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::Mutex,
};
use wasmtime::component::{Accessor, HasSelf};

/// Most that is read at once, in bytes: what a pipe of Linux holds.
const READ_BYTES: usize = 64 * 1024;

/// The two directions of a byte stream, in whatever the host has them. Each write is flushed.
pub struct Exchange {
    reader: Arc<Mutex<dyn AsyncRead + Send + Unpin>>,
    writer: Arc<Mutex<dyn AsyncWrite + Send + Unpin>>,
}

impl Exchange {
    /// A client that sends what `reader` gives and is told what `writer` takes.
    pub fn new(
        reader: impl AsyncRead + Send + Unpin + 'static,
        writer: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        Self { reader: Arc::new(Mutex::new(reader)), writer: Arc::new(Mutex::new(writer)) }
    }

    /// A client that says nothing.
    pub fn writing(writer: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        Self::new(tokio::io::empty(), writer)
    }

    /// No client: what is written is lost.
    pub(super) fn none() -> Self {
        Self::new(tokio::io::empty(), tokio::io::sink())
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl wit::Host for State {}

impl wit::HostWithStore<State> for HasSelf<State> {
    async fn read(accessor: &Accessor<State, Self>) -> Result<Vec<u8>, String> {
        let reader = accessor.with(|mut access| access.get().called().exchange.reader.clone());
        let mut bytes = Vec::with_capacity(READ_BYTES);
        reader.lock().await.read_buf(&mut bytes).await.map_err(reason)?;
        Ok(bytes)
    }

    async fn write(accessor: &Accessor<State, Self>, bytes: Vec<u8>) -> Result<(), String> {
        let writer = accessor.with(|mut access| access.get().called().exchange.writer.clone());
        let mut writer = writer.lock().await;
        writer.write_all(&bytes).await.map_err(reason)?;
        writer.flush().await.map_err(reason)
    }
}

fn reason(error: io::Error) -> String {
    error.to_string()
}
