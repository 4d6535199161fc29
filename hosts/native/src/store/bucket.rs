//! What a URL and options say of a bucket, a container included.

use super::{
    Addressing, AzureConfig, GcsConfig, Key, OpenError, Provider, S3Config, S3Provider,
    StoreOptions,
};

/// What is known of a bucket that speaks S3. `None`: `provider` does not.
pub(super) fn s3(
    provider: Provider,
    bucket: &str,
    prefix: &str,
    options: &StoreOptions,
) -> Result<Option<S3Config>, OpenError> {
    let provider = match provider {
        Provider::S3 => S3Provider::Aws,
        Provider::R2 => S3Provider::R2,
        Provider::Tigris => S3Provider::Tigris,
        Provider::B2 => S3Provider::B2,
        Provider::Wasabi => S3Provider::Wasabi,
        Provider::Spaces => S3Provider::Spaces,
        Provider::Gcs => return Ok(None),
    };
    let mut config = S3Config::new(provider, bucket);
    config.prefix = prefix.to_owned();
    config.endpoint = text(options, Key::Endpoint);
    config.region = text(options, Key::Region);
    config.account_id = text(options, Key::AccountId);
    config.profile = text(options, Key::Profile);
    config.access_key = options.secret(Key::AccessKey);
    config.secret_key = options.secret(Key::SecretKey);
    config.session_token = options.secret(Key::SessionToken);
    config.addressing = match options.text(Key::PathStyle) {
        None => Addressing::Auto,
        Some("true") => Addressing::Path,
        Some("false") => Addressing::Virtual,
        Some(_) => {
            let flag = Key::PathStyle.flag();
            return Err(OpenError::BadValue { flag, expects: "true or false" });
        }
    };
    config.timeout = options.timeout()?.unwrap_or(config.timeout);
    Ok(Some(config))
}

/// What is known of a bucket of Google Cloud Storage.
pub(super) fn gcs(
    bucket: &str,
    prefix: &str,
    options: &StoreOptions,
) -> Result<GcsConfig, OpenError> {
    let mut config = GcsConfig::new(bucket);
    config.prefix = prefix.to_owned();
    config.endpoint = text(options, Key::Endpoint);
    config.credentials_file = options.path(Key::CredentialsFile);
    config.token = options.secret(Key::Token);
    config.timeout = options.timeout()?.unwrap_or(config.timeout);
    Ok(config)
}

/// What is known of a container of Azure Blob Storage.
pub(super) fn azure(
    account: &str,
    container: &str,
    prefix: &str,
    options: &StoreOptions,
) -> Result<AzureConfig, OpenError> {
    let mut config = AzureConfig::new(account, container);
    config.prefix = prefix.to_owned();
    config.endpoint = text(options, Key::Endpoint);
    config.access_key = options.secret(Key::AccessKey);
    config.sas_token = options.secret(Key::SasToken);
    config.timeout = options.timeout()?.unwrap_or(config.timeout);
    Ok(config)
}

fn text(options: &StoreOptions, key: Key) -> Option<String> {
    options.text(key).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_and_options_are_put_together() {
        let mut options = StoreOptions::new();
        for (key, value) in [
            (Key::Endpoint, "http://127.0.0.1:9000"),
            (Key::Region, "eu-west-1"),
            (Key::PathStyle, "true"),
            (Key::AccessKey, "key"),
            (Key::Timeout, "5"),
        ] {
            options.set(key, value);
        }
        let config = s3(Provider::S3, "b", "p/q", &options).expect("told").expect("S3");
        assert_eq!((&*config.bucket, &*config.prefix), ("b", "p/q"));
        assert_eq!(config.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!(config.region.as_deref(), Some("eu-west-1"));
        assert_eq!((config.addressing, config.timeout.as_secs()), (Addressing::Path, 5));
        assert!(config.access_key.is_some() && config.secret_key.is_none());
        assert!(s3(Provider::Gcs, "b", "", &options).expect("told").is_none());
        options.set(Key::PathStyle, "yes");
        let error = s3(Provider::S3, "b", "", &options).expect_err("neither true nor false");
        assert!(error.to_string().starts_with("--path-style"), "{error}");
    }
}
