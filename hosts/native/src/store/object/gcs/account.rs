//! Who sends requests to a bucket, and where to.

use crate::store::object::{call, key};
use http::{HeaderValue, header::AUTHORIZATION};
use object_store::{client::HttpRequest, gcp::GcpCredentialProvider};

/// A bucket's address, and the credentials for it.
#[derive(Debug)]
pub struct Account {
    server: String,
    bucket: String,
    /// `None`: requests are anonymous.
    credentials: Option<GcpCredentialProvider>,
}

impl Account {
    pub(super) fn new(
        server: String,
        bucket: String,
        credentials: Option<GcpCredentialProvider>,
    ) -> Self {
        Self { server, bucket, credentials }
    }
}

impl call::Account for Account {
    fn url(&self, key: &str) -> String {
        format!("{}/{}/{}", self.server, self.bucket, key::path(key))
    }

    fn place(&self) -> String {
        let host = self.server.split_once("://").map_or(&*self.server, |(_, host)| host);
        format!("bucket {} at {host}", self.bucket)
    }

    async fn sign(&self, request: &mut HttpRequest) -> Result<(), String> {
        let Some(credentials) = &self.credentials else { return Ok(()) };
        let credential = credentials.get_credential().await.map_err(|error| {
            format!(
                "{}: no credentials were found: {}",
                self.place(),
                super::sign_in::advice(&error)
            )
        })?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", credential.bearer))
            .map_err(|_| "the access token has characters that no token has".to_owned())?;
        bearer.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, bearer);
        Ok(())
    }
}
