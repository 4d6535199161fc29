//! Pushes of real git, and of clients that break the rules.
