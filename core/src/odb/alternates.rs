//! Why an object may be missing: `objects/info/alternates`, where else stock git looks for it, and
//! `shallow`, which says that history ends before it. Neither is followed here, but told of.

use super::{Objects, ReadError};
use crate::store::{Store, StoreError};
use alloc::string::String;

impl<S: Store> Objects<S> {
    /// The key of `objects/info/alternates`, if it names any place. Asks the store once.
    ///
    /// # Source
    /// gitrepository-layout(5), "objects/info/alternates"
    pub(crate) async fn alternates(&self) -> Result<Option<String>, StoreError> {
        let known = *self.has_alternates.lock();
        let key = self.layout.alternates();
        let has_alternates = match known {
            Some(known) => known,
            None => {
                let value = self.store.get(&key, None).await?;
                let has_alternates = value.is_some_and(|value| names_any(&value.bytes));
                *self.has_alternates.lock() = Some(has_alternates);
                has_alternates
            }
        };
        Ok(has_alternates.then_some(key))
    }

    /// The key of `shallow`, if it names any commit. Asks the store once.
    ///
    /// # Source
    /// gitrepository-layout(5), "shallow"
    pub(crate) async fn shallow(&self) -> Result<Option<String>, StoreError> {
        let known = *self.is_shallow.lock();
        let key = self.layout.shallow();
        let is_shallow = match known {
            Some(known) => known,
            None => {
                let value = self.store.get(&key, None).await?;
                let is_shallow = value.is_some_and(|value| value.size_bytes > 0);
                *self.is_shallow.lock() = Some(is_shallow);
                is_shallow
            }
        };
        Ok(is_shallow.then_some(key))
    }

    /// Says of an object that was not found here why that may be, where it can be told.
    pub(crate) async fn explain(&self, error: ReadError) -> ReadError {
        let ReadError::Missing { id } = error else { return error };
        match self.alternates().await {
            Ok(Some(key)) => ReadError::Elsewhere { id, key },
            Ok(None) => match self.shallow().await {
                Ok(Some(key)) => ReadError::CutOff { id, key },
                Ok(None) => error,
                Err(failed) => failed.into(),
            },
            Err(failed) => failed.into(),
        }
    }
}

/// Whether a line is no comment.
fn names_any(bytes: &[u8]) -> bool {
    bytes.split(|&byte| byte == b'\n').any(|line| !line.is_empty() && !line.starts_with(b"#"))
}
