//! Pack and idx files: entries, deltas, indexing, writing.
