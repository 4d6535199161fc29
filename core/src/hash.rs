//! SHA-1, in the one place that knows how it is computed.
