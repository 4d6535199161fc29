//! Inflate and deflate, in the one place that knows how they are computed.
