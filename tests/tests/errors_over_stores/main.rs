//! What goes wrong with every store is told in words that a user can act on, within the deadline, and
//! without a secret: as `git push` and `trunks storage ping` say it.
//!
//! Real servers refuse where they can be brought to it; where they cannot, a proxy answers as the
//! provider documents.

mod azure;
mod disk;
mod google;
mod network;
mod postgres;
mod run;
mod s3;
mod sftp;

use run::is_told;
