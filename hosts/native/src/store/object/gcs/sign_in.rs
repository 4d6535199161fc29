//! Where the credentials of a bucket come from.

use super::GcsConfig;
use crate::store::object::connect::SignIn;
use object_store::{
    BackoffConfig, RetryConfig, StaticCredentialProvider,
    gcp::{GcpCredential, GcpCredentialProvider, GoogleCloudStorageBuilder},
};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};

/// The first of: what the configuration says, a file that a variable names, what `gcloud` has left, the
/// machine's own account. None at a given endpoint, unless the configuration says otherwise.
///
/// # Errors
/// The credentials cannot be read.
pub(super) fn find(
    config: &GcsConfig,
    environment: &dyn Fn(&str) -> Option<String>,
    is_elsewhere: bool,
) -> Result<Option<GcpCredentialProvider>, String> {
    if let Some(token) = &config.token {
        let bearer = token.expose_secret().to_owned();
        return Ok(Some(Arc::new(StaticCredentialProvider::new(GcpCredential { bearer }))));
    }
    let retry = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 2,
        retry_timeout: Duration::from_secs(10),
    };
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_http_connector(SignIn)
        .with_retry(retry)
        // Credentials are all that is asked of it.
        .with_bucket_name("bucket");
    let path = |path: &std::path::Path| path.to_str().map(str::to_owned);
    let file = config.credentials_file.as_deref().and_then(path);
    let named = || {
        environment("GOOGLE_APPLICATION_CREDENTIALS")
            .or_else(|| environment("GOOGLE_SERVICE_ACCOUNT"))
    };
    if let Some(key) = &config.credentials {
        builder = builder.with_service_account_key(key.expose_secret());
    } else if let Some(file) = file {
        builder = builder.with_application_credentials(file);
    } else if is_elsewhere {
        return Ok(None);
    } else if let Some(file) = named() {
        builder = builder.with_application_credentials(file);
    } else if let Some(key) = environment("GOOGLE_SERVICE_ACCOUNT_KEY") {
        builder = builder.with_service_account_key(key);
    }
    let built = builder
        .build()
        .map_err(|error| format!("the credentials cannot be read: {}", innermost(&error)))?;
    Ok(Some(built.credentials().clone()))
}

/// What to say when credentials were looked for in vain.
pub(super) fn advice(error: &object_store::Error) -> String {
    format!(
        "name a service account's key file in GOOGLE_APPLICATION_CREDENTIALS, or sign in with \
         `gcloud auth application-default login` ({})",
        innermost(error)
    )
}

fn innermost(error: &object_store::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
