//! How a server wants entity tags written in a condition: Ceph before 18 wants them without quotes,
//! and refuses every condition otherwise.

use super::Bucket;
use crate::store::object::{dialect::Contest, write};
use std::sync::atomic::{AtomicU8, Ordering};
use trunks_core::store::{StoreError, Version};

const UNKNOWN: u8 = 0;
const QUOTED: u8 = 1;
const BARE: u8 = 2;

/// What is known of the server.
#[derive(Debug)]
pub(super) struct Tags(AtomicU8);

impl Tags {
    pub fn unknown() -> Self {
        Self(AtomicU8::new(UNKNOWN))
    }

    pub fn quoted() -> Self {
        Self(AtomicU8::new(QUOTED))
    }

    /// The tag as it is to be written now.
    pub fn spell(&self, tag: &str) -> String {
        if self.0.load(Ordering::Relaxed) == BARE { tag.to_owned() } else { format!("\"{tag}\"") }
    }

    /// Takes note that a condition held.
    pub fn worked(&self) {
        let _ = self.0.compare_exchange(UNKNOWN, QUOTED, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// A condition was refused: if the value has this version all the same, quotes were the reason.
    pub async fn contest(
        &self,
        bucket: &Bucket,
        key: &str,
        version: &Version,
    ) -> Result<Contest, StoreError> {
        if self.0.load(Ordering::Relaxed) != UNKNOWN {
            return Ok(Contest::Lost);
        }
        match write::head(bucket, key).await? {
            Some(head) if head.version == *version && !head.is_gone => {
                self.0.store(BARE, Ordering::Relaxed);
                Ok(Contest::Again)
            }
            _ => Ok(Contest::Lost),
        }
    }
}
