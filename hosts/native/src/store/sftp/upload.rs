//! Values that arrive in parts: each part is written where it belongs in one temporary file.

use super::{
    failure::{Fault, fault},
    place::{Kind, Place},
    pool::{Pool, Tries},
    read,
    session::Session,
    temporary::{Temporary, fill},
    write::{self, Draft, check_server, install},
};
use openssh_sftp_client::file::File;
use trunks_core::store::{Expected, PART_BYTES, PartId, StoreError, Version};

/// An upload in progress.
#[derive(Debug)]
pub(super) struct Upload {
    place: Place,
    temporary: Temporary,
}

impl Upload {
    /// Makes the file that the parts go to.
    pub async fn start(pool: &Pool, place: Place) -> Result<Self, StoreError> {
        let mut tries = Tries::new(&place.key);
        let temporary = loop {
            let session = pool.session(&place).await?;
            check_server(&session, &place)?;
            let made = match place.kind {
                Kind::Object => Temporary::create_file(&session, &place).await,
                _ => Temporary::create_lockable(&session, &place).await,
            };
            match made {
                Ok((temporary, _)) => break temporary,
                Err(fault) => pool.again(&mut tries, &session, fault).await?,
            }
        };
        Ok(Self { place, temporary })
    }

    /// Writes part `number`, counted from 1. Its receipt says number and length.
    pub async fn write_part(
        &self,
        pool: &Pool,
        number: u32,
        bytes: &[u8],
    ) -> Result<PartId, StoreError> {
        let before = number.checked_sub(1);
        let Some(before) = before.filter(|_| bytes.len() <= PART_BYTES) else {
            return Err(self.place.failed(format!(
                "part {number} of {} bytes: parts are counted from 1 and hold {PART_BYTES} bytes",
                bytes.len()
            )));
        };
        let offset = u64::from(before) * PART_BYTES as u64;
        let mut tries = Tries::new(&self.place.key);
        loop {
            let session = pool.session(&self.place).await?;
            let write = async {
                let file = self.open(&session).await?;
                match fill(&session, &file, offset, bytes).await {
                    Ok(()) => Ok(()),
                    Err(refusal) => Err(self.failed(&session, refusal).await),
                }
            };
            match write.await {
                Ok(()) => return Ok(PartId(format!("{number}:{}", bytes.len()))),
                Err(fault) => pool.again(&mut tries, &session, fault).await?,
            }
        }
    }

    /// Makes the parts the value.
    pub async fn finish(
        &self,
        pool: &Pool,
        parts: &[PartId],
        expected: &Expected,
    ) -> Result<Version, StoreError> {
        let size_bytes = self.size_bytes(parts)?;
        let mut tries = Tries::new(&self.place.key);
        let draft = loop {
            let session = pool.session(&self.place).await?;
            match self.draft(&session, size_bytes, expected).await {
                Ok(draft) => {
                    pool.sweep_once(&session, &self.place, draft.modified_s).await;
                    break draft;
                }
                Err(Fault::Store(error)) => {
                    self.temporary.remove(&session).await;
                    return Err(error);
                }
                Err(fault) => pool.again(&mut tries, &session, fault).await?,
            }
        };
        install(pool, &self.place, draft, expected, &mut tries).await
    }

    /// Throws the parts away.
    pub async fn abort(&self, pool: &Pool) {
        if let Ok(session) = pool.session(&self.place).await {
            self.temporary.remove(&session).await;
        }
    }

    async fn draft(
        &self,
        session: &Session,
        size_bytes: u64,
        expected: &Expected,
    ) -> Result<Draft, Fault> {
        // Decided again under the lock: this spares a writer that has lost already the work.
        if !read::is_as_expected(session, &self.place, expected).await? {
            return Err(read::conflict(&self.place));
        }
        let mut file = self.open(session).await?;
        let finish = async {
            session.ask(file.set_len(size_bytes)).await?;
            write::finish(session, &self.place, &file, size_bytes, None).await
        };
        match finish.await {
            Ok((modified_s, version)) => {
                let temporary = self.temporary.clone();
                Ok(Draft { temporary, file: Some(file), size_bytes, modified_s, version })
            }
            Err(refusal) => Err(self.failed(session, refusal).await),
        }
    }

    async fn open(&self, session: &Session) -> Result<File, Fault> {
        let path = self.temporary.value();
        let mut options = session.options();
        match session.ask(options.read(true).write(true).open(&path)).await {
            Ok(file) => Ok(file),
            Err(refusal) => Err(self.failed(session, refusal).await),
        }
    }

    async fn failed(&self, session: &Session, refusal: super::session::Refusal) -> Fault {
        fault(session, &self.place.key, "write", &self.place.path, refusal).await
    }

    /// The length of all parts together, if they are 1, 2, 3… and only the last one is short.
    fn size_bytes(&self, parts: &[PartId]) -> Result<u64, StoreError> {
        let wrong = || self.place.failed("the parts are not whole or not in order".to_owned());
        let mut size_bytes = 0;
        for (before, part) in (0u64..).zip(parts) {
            let (number, length) = part.0.split_once(':').ok_or_else(wrong)?;
            let number: u64 = number.parse().map_err(|_| wrong())?;
            let length: u64 = length.parse().map_err(|_| wrong())?;
            if number != before + 1 || size_bytes != before * PART_BYTES as u64 {
                return Err(wrong());
            }
            size_bytes += length;
        }
        Ok(size_bytes)
    }
}
