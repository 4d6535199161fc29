//! What one call of the component may use.

use std::time::Duration;
use wasmtime::{ResourceLimiter, Result};

/// What one call of the component may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Its linear memory, in bytes.
    pub memory_bytes: usize,
    /// How long it may compute between two calls of the store or the exchange. Waiting for them does
    /// not count.
    pub compute: Duration,
}

impl Default for Bounds {
    /// What the core's own [`Limits`](trunks_core::limits::Limits) allow, and room for its stack, its
    /// data and the allocator's waste; a minute.
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self { memory_bytes: (96 + 8) * MIB, compute: Duration::from_secs(60) }
    }
}

/// Keeps an instance within its memory and remembers when it wanted more.
#[derive(Debug)]
pub(super) struct MemoryBound {
    pub limit_bytes: usize,
    pub was_reached: bool,
}

impl ResourceLimiter for MemoryBound {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool> {
        let fits = desired <= self.limit_bytes;
        self.was_reached |= !fits;
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool> {
        // Tables hold the module's functions: their size is known when it is built.
        Ok(desired <= 100_000)
    }
}
