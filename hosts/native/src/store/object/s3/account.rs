//! Who sends requests to a bucket, and where to.

use super::endpoint::Endpoint;
use crate::store::object::{call, key, text};
use object_store::{
    aws::{AwsAuthorizer, AwsCredentialProvider},
    client::HttpRequest,
};
use std::sync::{PoisonError, RwLock};

/// A bucket's address, and the credentials for it.
#[derive(Debug)]
pub struct Account {
    /// Its region is mended when the server tells another one.
    endpoint: RwLock<Endpoint>,
    credentials: AwsCredentialProvider,
}

impl Account {
    pub(super) fn new(endpoint: Endpoint, credentials: AwsCredentialProvider) -> Self {
        Self { endpoint: RwLock::new(endpoint), credentials }
    }

    fn endpoint(&self) -> Endpoint {
        self.endpoint.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl call::Account for Account {
    fn url(&self, key: &str) -> String {
        format!("{}/{}", self.endpoint().bucket_url(), key::path(key))
    }

    fn place(&self) -> String {
        self.endpoint().place()
    }

    async fn sign(&self, request: &mut HttpRequest) -> Result<(), String> {
        let credential = self.credentials.get_credential().await.map_err(|error| {
            format!(
                "{}: no credentials were found: {}",
                self.place(),
                super::sign_in::advice(&error)
            )
        })?;
        let endpoint = self.endpoint();
        let authorizer = AwsAuthorizer::new(&credential, "s3", endpoint.region());
        authorizer.try_authorize(request, None).map_err(|error| error.to_string())
    }

    /// Amazon tells a bucket's region when it is asked in another one.
    fn learn(&self, refused: &call::Reply) -> bool {
        if !matches!(refused.status.as_u16(), 301 | 307 | 400 | 403) {
            return false;
        }
        let told = text::header(&refused.headers, "x-amz-bucket-region")
            .or_else(|| refused.refusal().region.as_deref());
        let Some(told) = told else { return false };
        self.endpoint.write().unwrap_or_else(PoisonError::into_inner).move_to(told)
    }
}
