//! Fsck of the store and collecting what nothing reaches.
