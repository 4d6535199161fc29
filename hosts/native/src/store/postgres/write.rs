//! Putting and removing values on a condition.

use super::{
    Inner,
    attempt::Attempts,
    failure::Failure,
    form,
    link::{Link, Parameter},
    read::mark,
    statements::{Beside, Statements},
};
use sha2::{Digest, Sha256};
use tokio_postgres::types::Type;
use trunks_core::store::{Expected, StoreError, Version};
use uuid::Uuid;

/// What a value is to be.
pub(super) enum Content<'a> {
    /// In its row.
    Bytes(&'a [u8]),
    /// In chunks that are written already.
    Blob { id: Uuid, size_bytes: u64 },
}

impl Content<'_> {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Content::Bytes(bytes) => Some(bytes),
            Content::Blob { .. } => None,
        }
    }

    fn blob(&self) -> Option<Uuid> {
        match self {
            Content::Bytes(_) => None,
            Content::Blob { id, .. } => Some(*id),
        }
    }

    fn size_bytes(&self) -> i64 {
        let size_bytes = match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Blob { size_bytes, .. } => *size_bytes,
        };
        i64::try_from(size_bytes).unwrap_or(i64::MAX)
    }
}

/// A condition in the database's terms.
enum Demand {
    Any,
    Absent,
    Is(Uuid),
    AbsentBeside {
        other: Vec<u8>,
        version: Option<Uuid>,
    },
    /// No value can have such a version.
    Impossible,
}

/// What a value's row says of its last two writes.
struct Writes {
    version: Uuid,
    replaced: Option<Uuid>,
}

impl Inner {
    /// Makes `content` the value, if the present one is as expected.
    ///
    /// The version is made up here and stays the same in all attempts, so whoever finds it in the row
    /// after a lost answer knows that the write took effect.
    pub(super) async fn put(
        &self,
        key: &str,
        content: &Content<'_>,
        expected: &Expected,
    ) -> Result<Version, StoreError> {
        let demand = self.demand(expected);
        if matches!(demand, Demand::Impossible) {
            return Err(conflict(key));
        }
        let version = Uuid::new_v4();
        match self.put_until(key, version, content, &demand).await {
            Ok(true) => Ok(mark(version)),
            Ok(false) => Err(conflict(key)),
            Err(failure) => Err(failure.into_error(key)),
        }
    }

    /// Tries until it is known whether the value was written.
    async fn put_until(
        &self,
        key: &str,
        version: Uuid,
        content: &Content<'_>,
        demand: &Demand,
    ) -> Result<bool, Failure> {
        let mut attempts = Attempts::new(&self.pool, self.deadline);
        loop {
            let link = attempts.lease().await?;
            let failure = match self.put_once(&link, key, version, content, demand).await {
                Ok(is_written) if is_written || !attempts.is_doubtful => return Ok(is_written),
                Ok(_) => match self.look(&link, &self.key(key)).await {
                    Ok(found) => return settle(found, version, demand),
                    Err(failure) => failure,
                },
                Err(Failure::NoTables) => match form::make(&link, &self.schema).await {
                    Ok(()) => continue,
                    Err(failure) => failure,
                },
                Err(failure) => failure,
            };
            drop(link);
            attempts.after(failure).await?;
        }
    }

    /// Whether the condition held and the value was written.
    async fn put_once(
        &self,
        link: &Link,
        key: &str,
        version: Uuid,
        content: &Content<'_>,
        demand: &Demand,
    ) -> Result<bool, Failure> {
        let (bytes, blob, size_bytes) = (content.bytes(), content.blob(), content.size_bytes());
        let key = self.key(key);
        let lock = self.lock(&key);
        let last: Parameter<'_> = match demand {
            Demand::Is(expected) => (expected, Type::UUID),
            _ => (&lock, Type::INT8),
        };
        let sql = match demand {
            Demand::Any => &self.statements.put_any,
            Demand::Absent => &self.statements.put_absent,
            Demand::Is(_) => &self.statements.put_is,
            Demand::AbsentBeside { other, version: other_version } => {
                let locks = [lock, self.lock(other)];
                let put = Beside {
                    key: &key,
                    version,
                    size_bytes,
                    bytes,
                    blob,
                    other,
                    other_version: *other_version,
                    locks,
                };
                let written = link.batch(&Statements::put_beside(&self.schema, &put)).await?;
                return Ok(written.is_some_and(|row| row.starts_with("put ")));
            }
            Demand::Impossible => return Ok(false),
        };
        let parameters = [
            (&key as _, Type::BYTEA),
            (&version as _, Type::UUID),
            (&size_bytes as _, Type::INT8),
            (&bytes as _, Type::BYTEA),
            (&blob as _, Type::UUID),
            last,
        ];
        Ok(link.query_row(sql, &parameters).await?.is_some())
    }

    /// Removes the value, if it is as expected.
    pub(super) async fn delete(&self, key: &str, expected: &Expected) -> Result<(), StoreError> {
        let demand = self.demand(expected);
        let expected = match &demand {
            Demand::Any => None,
            Demand::Is(version) => Some(*version),
            Demand::Impossible => return Err(conflict(key)),
            Demand::Absent | Demand::AbsentBeside { .. } => {
                return self.delete_nothing(key, &demand).await;
            }
        };
        match self.delete_until(key, expected).await {
            Ok(is_deleted) if is_deleted || expected.is_none() => Ok(()),
            Ok(_) => Err(conflict(key)),
            Err(failure) => Err(failure.into_error(key)),
        }
    }

    /// Tries until it is known whether the value was removed.
    async fn delete_until(&self, key: &str, expected: Option<Uuid>) -> Result<bool, Failure> {
        let mut attempts = Attempts::new(&self.pool, self.deadline);
        loop {
            let link = attempts.lease().await?;
            let failure = match self.delete_once(&link, key, expected).await {
                Ok(true) => return Ok(true),
                Ok(false) if expected.is_none() || !attempts.is_doubtful => return Ok(false),
                // What was to go is gone, or was replaced by somebody who came first.
                Ok(false) => match self.look(&link, &self.key(key)).await {
                    Ok(found) => return Ok(found.is_none()),
                    Err(failure) => failure,
                },
                Err(Failure::NoTables) => match form::look(&link, &self.schema).await {
                    Ok(false) => return Ok(false),
                    Ok(true) => form::incomplete(&self.schema),
                    Err(failure) => failure,
                },
                Err(failure) => failure,
            };
            drop(link);
            attempts.after(failure).await?;
        }
    }

    async fn delete_once(
        &self,
        link: &Link,
        key: &str,
        expected: Option<Uuid>,
    ) -> Result<bool, Failure> {
        let key = self.key(key);
        let deleted = match &expected {
            None => link.query_row(&self.statements.delete_any, &[(&key, Type::BYTEA)]).await?,
            Some(version) => {
                let parameters = [(&key as _, Type::BYTEA), (version as _, Type::UUID)];
                link.query_row(&self.statements.delete_is, &parameters).await?
            }
        };
        Ok(deleted.is_some_and(|row| row.get::<_, i64>(0) > 0))
    }

    /// A deletion of what must be absent: it is enough to look.
    async fn delete_nothing(&self, key: &str, demand: &Demand) -> Result<(), StoreError> {
        let is_absent = self.present(key, &self.key(key)).await?.is_none();
        let is_beside = match demand {
            Demand::AbsentBeside { other, version } => {
                self.present(key, other).await?.map(|found| found.version) == *version
            }
            _ => true,
        };
        if is_absent && is_beside { Ok(()) } else { Err(conflict(key)) }
    }

    /// Whether a large value is worth its upload.
    ///
    /// # Errors
    /// `Conflict`: the condition does not hold now.
    pub(super) async fn foresee(&self, key: &str, expected: &Expected) -> Result<(), StoreError> {
        let found = self.present(key, &self.key(key)).await?;
        let holds = match self.demand(expected) {
            Demand::Any => true,
            Demand::Absent | Demand::AbsentBeside { .. } => found.is_none(),
            Demand::Is(version) => found.is_some_and(|found| found.version == version),
            Demand::Impossible => false,
        };
        if holds { Ok(()) } else { Err(conflict(key)) }
    }

    /// The last writes of `own`, in a call on `key`.
    async fn present(&self, key: &str, own: &[u8]) -> Result<Option<Writes>, StoreError> {
        let found = self.reading(key, |link| async move { self.look(&link, own).await });
        Ok(found.await?.flatten())
    }

    async fn look(&self, link: &Link, key: &[u8]) -> Result<Option<Writes>, Failure> {
        let found = link.query_row(&self.statements.look, &[(&key, Type::BYTEA)]).await?;
        Ok(found.map(|row| Writes { version: row.get(0), replaced: row.get(1) }))
    }

    fn demand(&self, expected: &Expected) -> Demand {
        let read = |version: &Version| Uuid::try_parse(&version.0).ok();
        match expected {
            Expected::Any => Demand::Any,
            Expected::Absent => Demand::Absent,
            Expected::Is(version) => read(version).map_or(Demand::Impossible, Demand::Is),
            Expected::AbsentBeside { key, version } => {
                let other = self.key(key);
                match version {
                    None => Demand::AbsentBeside { other, version: None },
                    Some(version) => read(version).map_or(Demand::Impossible, |version| {
                        Demand::AbsentBeside { other, version: Some(version) }
                    }),
                }
            }
        }
    }

    /// The number of the lock under which a key is created. Two keys may share one: then they wait
    /// for each other, and nothing else.
    fn lock(&self, key: &[u8]) -> i64 {
        let digest = Sha256::new().chain_update(&self.schema).chain_update([0]).chain_update(key);
        let digest = digest.finalize();
        i64::from_be_bytes(digest[..8].try_into().expect("a digest is longer than 8 bytes"))
    }
}

/// Who won, after an answer was lost and another attempt found the condition not to hold.
fn settle(found: Option<Writes>, version: Uuid, demand: &Demand) -> Result<bool, Failure> {
    let expected = match demand {
        Demand::Is(expected) => Some(*expected),
        _ => None,
    };
    match found {
        Some(found) if found.version == version || found.replaced == Some(version) => Ok(true),
        // Somebody else's write took the place of what we expected, so ours cannot have.
        Some(found) if found.replaced == expected => Ok(false),
        _ => Err(Failure::Lost(
            "the answer was lost, and others have written since: read it again".to_owned(),
        )),
    }
}

pub(super) fn conflict(key: &str) -> StoreError {
    StoreError::Conflict { key: key.to_owned() }
}
