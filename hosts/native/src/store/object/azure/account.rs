//! Who sends requests to a container, and where to.

use crate::store::object::{call, key};
use http::HeaderValue;
use object_store::{
    azure::{AzureAuthorizer, AzureCredentialProvider},
    client::HttpRequest,
};

/// The version of the service that is spoken to: the first whose listings can start at a key.
const SERVICE_VERSION: &str = "2023-11-03";

/// A container's address, and the credentials for it.
#[derive(Debug)]
pub struct Account {
    name: String,
    server: String,
    container: String,
    credentials: AzureCredentialProvider,
}

impl Account {
    pub(super) fn new(
        name: String,
        server: String,
        container: String,
        credentials: AzureCredentialProvider,
    ) -> Self {
        Self { name, server, container, credentials }
    }
}

impl call::Account for Account {
    fn url(&self, key: &str) -> String {
        let container = format!("{}/{}", self.server, self.container);
        if key.is_empty() { container } else { format!("{container}/{}", key::path(key)) }
    }

    fn place(&self) -> String {
        let host = self.server.split_once("://").map_or(&*self.server, |(_, host)| host);
        format!("container {} at {host}", self.container)
    }

    async fn sign(&self, request: &mut HttpRequest) -> Result<(), String> {
        let credential = self.credentials.get_credential().await.map_err(|error| {
            format!(
                "{}: no credentials were found: {}",
                self.place(),
                super::sign_in::advice(&error)
            )
        })?;
        request.headers_mut().insert("x-ms-version", HeaderValue::from_static(SERVICE_VERSION));
        AzureAuthorizer::new(&credential, &self.name)
            .try_authorize(request)
            .map_err(|error| error.to_string())
    }
}
