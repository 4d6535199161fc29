//! History, reachability, connectivity.
