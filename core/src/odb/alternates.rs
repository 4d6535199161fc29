//! Why an object may be missing: `objects/info/alternates`, where else stock git looks for it, and
//! `shallow`, which says that history ends before it. Neither is followed here, but told of.

use super::{Objects, ReadError};
use crate::store::{Store, StoreError};
use alloc::string::String;
use spin::Mutex;

impl<S: Store> Objects<S> {
    /// The key of `objects/info/alternates`, if it names any place. Asks the store once.
    ///
    /// # Source
    /// gitrepository-layout(5), "objects/info/alternates"
    pub(crate) async fn alternates(&self) -> Result<Option<String>, StoreError> {
        self.look_once(&self.has_alternates, self.layout.alternates(), names_any).await
    }

    /// The key of `shallow`, if it names any commit. Asks the store once.
    ///
    /// # Source
    /// gitrepository-layout(5), "shallow"
    pub(crate) async fn shallow(&self) -> Result<Option<String>, StoreError> {
        self.look_once(&self.is_shallow, self.layout.shallow(), |bytes| !bytes.is_empty()).await
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

    /// `key`, if what is stored there `tells`, which is kept in `known`.
    async fn look_once(
        &self,
        known: &Mutex<Option<bool>>,
        key: String,
        tells: fn(&[u8]) -> bool,
    ) -> Result<Option<String>, StoreError> {
        let before = *known.lock();
        let told = match before {
            Some(told) => told,
            None => {
                let value = self.store.get(&key, None).await?;
                value.is_some_and(|value| tells(&value.bytes))
            }
        };
        *known.lock() = Some(told);
        Ok(told.then_some(key))
    }
}

/// Whether a line is no comment.
fn names_any(bytes: &[u8]) -> bool {
    bytes.split(|&byte| byte == b'\n').any(|line| !line.is_empty() && !line.starts_with(b"#"))
}
