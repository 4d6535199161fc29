//! A store that may be shared between threads and handed to a guest.

use std::{fmt::Debug, ops::Range, pin::Pin};
use trunks_core::store::{Expected, Page, PartId, StoreError, UploadId, Value, Version};

/// A call of a store in flight.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`Store`](trunks_core::store::Store) with futures that are `Send`, behind one type.
///
/// The methods are those of the same name. Do not write them: [`send_store!`](crate::send_store)
/// does.
#[expect(missing_docs, reason = "said where the methods of the same name are")]
pub trait SendStore: Debug + Send + Sync + 'static {
    fn get<'a>(&'a self, key: &'a str, range: Option<Range<u64>>) -> Answer<'a, Option<Value>>;

    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, expected: Expected) -> Answer<'a, Version>;

    fn delete<'a>(&'a self, key: &'a str, expected: Expected) -> Answer<'a, ()>;

    fn list<'a>(&'a self, prefix: &'a str, after: Option<&'a str>, limit: u32) -> Answer<'a, Page>;

    fn upload_start<'a>(&'a self, key: &'a str) -> Answer<'a, UploadId>;

    fn upload_part<'a>(
        &'a self,
        upload: &'a UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Answer<'a, PartId>;

    fn upload_finish<'a>(
        &'a self,
        upload: &'a UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Answer<'a, Version>;

    fn upload_abort<'a>(&'a self, upload: &'a UploadId) -> Answer<'a, ()>;
}

/// Implements [`SendStore`] for a `Store` whose futures are `Send`:
/// that they are can be said of a type, but not yet of a type parameter.
#[macro_export]
macro_rules! send_store {
    ($store:ty) => {
        impl $crate::component::SendStore for $store {
            fn get<'a>(
                &'a self,
                key: &'a str,
                range: Option<::std::ops::Range<u64>>,
            ) -> $crate::component::Answer<'a, Option<::trunks_core::store::Value>> {
                Box::pin(::trunks_core::store::Store::get(self, key, range))
            }

            fn put<'a>(
                &'a self,
                key: &'a str,
                bytes: Vec<u8>,
                expected: ::trunks_core::store::Expected,
            ) -> $crate::component::Answer<'a, ::trunks_core::store::Version> {
                Box::pin(::trunks_core::store::Store::put(self, key, bytes, expected))
            }

            fn delete<'a>(
                &'a self,
                key: &'a str,
                expected: ::trunks_core::store::Expected,
            ) -> $crate::component::Answer<'a, ()> {
                Box::pin(::trunks_core::store::Store::delete(self, key, expected))
            }

            fn list<'a>(
                &'a self,
                prefix: &'a str,
                after: Option<&'a str>,
                limit: u32,
            ) -> $crate::component::Answer<'a, ::trunks_core::store::Page> {
                Box::pin(::trunks_core::store::Store::list(self, prefix, after, limit))
            }

            fn upload_start<'a>(
                &'a self,
                key: &'a str,
            ) -> $crate::component::Answer<'a, ::trunks_core::store::UploadId> {
                Box::pin(::trunks_core::store::Store::upload_start(self, key))
            }

            fn upload_part<'a>(
                &'a self,
                upload: &'a ::trunks_core::store::UploadId,
                number: u32,
                bytes: Vec<u8>,
            ) -> $crate::component::Answer<'a, ::trunks_core::store::PartId> {
                Box::pin(::trunks_core::store::Store::upload_part(self, upload, number, bytes))
            }

            fn upload_finish<'a>(
                &'a self,
                upload: &'a ::trunks_core::store::UploadId,
                parts: Vec<::trunks_core::store::PartId>,
                expected: ::trunks_core::store::Expected,
            ) -> $crate::component::Answer<'a, ::trunks_core::store::Version> {
                Box::pin(::trunks_core::store::Store::upload_finish(self, upload, parts, expected))
            }

            fn upload_abort<'a>(
                &'a self,
                upload: &'a ::trunks_core::store::UploadId,
            ) -> $crate::component::Answer<'a, ()> {
                Box::pin(::trunks_core::store::Store::upload_abort(self, upload))
            }
        }
    };
}

send_store!(trunks_core::store::Memory);
send_store!(crate::store::AnyStore);
send_store!(crate::store::Disk);
send_store!(crate::store::Postgres);
send_store!(crate::store::S3);
send_store!(crate::store::Gcs);
send_store!(crate::store::Azure);
send_store!(crate::store::Sftp);
