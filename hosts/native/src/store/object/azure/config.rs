//! What a user may say about a container of Azure Blob Storage.

use crate::store::object::DEFAULT_TIMEOUT;
use secrecy::SecretString;
use std::time::Duration;

/// A container of Azure Blob Storage.
///
/// What is `None` is looked for in the environment: see `docs/backends/azure.md`.
#[derive(Clone, Debug)]
pub struct AzureConfig {
    /// The storage account's name.
    pub account: String,
    /// The container's name.
    pub container: String,
    /// What every key begins with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// The account's URL, where it is not `https://ACCOUNT.blob.core.windows.net`. For Azurite it
    /// ends in the account's name.
    pub endpoint: Option<String>,
    /// The account's key.
    pub access_key: Option<SecretString>,
    /// A shared access signature.
    pub sas_token: Option<SecretString>,
    /// How long a call may take, with all its repetitions; large values get more.
    pub timeout: Duration,
}

impl AzureConfig {
    /// The container, with everything else left to the environment.
    pub fn new(account: &str, container: &str) -> Self {
        Self {
            account: account.to_owned(),
            container: container.to_owned(),
            prefix: String::new(),
            endpoint: None,
            access_key: None,
            sas_token: None,
            timeout: DEFAULT_TIMEOUT,
        }
    }
}
