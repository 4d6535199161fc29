//! Where the credentials of a container come from.

use super::AzureConfig;
use crate::store::object::connect::SignIn;
use object_store::{
    BackoffConfig, RetryConfig,
    azure::{AzureConfigKey, AzureCredentialProvider, MicrosoftAzureBuilder},
};
use secrecy::ExposeSecret;
use std::time::Duration;

/// Variables, and what they mean to object_store.
const VARIABLES: &[(&str, AzureConfigKey)] = &[
    ("AZURE_STORAGE_ACCOUNT_KEY", AzureConfigKey::AccessKey),
    ("AZURE_STORAGE_ACCESS_KEY", AzureConfigKey::AccessKey),
    ("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
    ("AZURE_STORAGE_SAS_TOKEN", AzureConfigKey::SasKey),
    ("AZURE_STORAGE_TOKEN", AzureConfigKey::Token),
    ("AZURE_CLIENT_ID", AzureConfigKey::ClientId),
    ("AZURE_CLIENT_SECRET", AzureConfigKey::ClientSecret),
    ("AZURE_TENANT_ID", AzureConfigKey::AuthorityId),
    ("AZURE_AUTHORITY_HOST", AzureConfigKey::AuthorityHost),
    ("AZURE_FEDERATED_TOKEN_FILE", AzureConfigKey::FederatedTokenFile),
    ("IDENTITY_ENDPOINT", AzureConfigKey::MsiEndpoint),
    ("MSI_ENDPOINT", AzureConfigKey::MsiEndpoint),
];

/// The first of: what the configuration says; a key, a signature or an application's sign-in in the
/// environment; `az login`; the machine's own identity.
///
/// # Errors
/// The credentials cannot be read.
pub(super) fn find(
    config: &AzureConfig,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<AzureCredentialProvider, String> {
    let retry = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 2,
        retry_timeout: Duration::from_secs(10),
    };
    let mut builder = MicrosoftAzureBuilder::new()
        .with_http_connector(SignIn)
        .with_retry(retry)
        .with_account(&config.account)
        // Credentials are all that is asked of it.
        .with_container_name("container");
    if let Some(key) = &config.access_key {
        builder = builder.with_access_key(key.expose_secret());
    } else if let Some(sas) = &config.sas_token {
        builder = builder.with_config(AzureConfigKey::SasKey, sas.expose_secret());
    } else {
        let mut is_found = false;
        for (name, key) in VARIABLES {
            if let Some(value) = environment(name) {
                is_found = true;
                builder = builder.with_config(*key, value);
            }
        }
        if !is_found && has_signed_in(environment) {
            builder = builder.with_use_azure_cli(true);
        }
    }
    let built = builder.build();
    // What the library says would repeat the key.
    let built = built.map_err(|_| {
        "the account's key is not Base64, or the shared access signature not whole: copy it again"
            .to_owned()
    })?;
    Ok(built.credentials().clone())
}

/// Whether somebody has used `az login` here.
fn has_signed_in(environment: &dyn Fn(&str) -> Option<String>) -> bool {
    let directory = environment("AZURE_CONFIG_DIR")
        .or_else(|| environment("HOME").map(|home| format!("{home}/.azure")));
    directory.is_some_and(|path| std::path::Path::new(&path).join("azureProfile.json").exists())
}

/// What to say when credentials were looked for in vain.
pub(super) fn advice(error: &object_store::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!(
        "set AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, or sign in with `az login` ({cause})"
    )
}
