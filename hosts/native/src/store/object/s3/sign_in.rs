//! Where the credentials of a bucket come from.

use super::{S3Config, S3Provider, endpoint::Environment, profile::Profile, program::Program};
use crate::store::object::connect::SignIn;
use object_store::{
    BackoffConfig, RetryConfig, StaticCredentialProvider,
    aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredential, AwsCredentialProvider},
};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};

/// What object_store itself asks, by variable: a container's, a cluster's or a machine's role.
const ROLES: &[(&str, AmazonS3ConfigKey)] = &[
    ("AWS_WEB_IDENTITY_TOKEN_FILE", AmazonS3ConfigKey::WebIdentityTokenFile),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
    ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", AmazonS3ConfigKey::ContainerCredentialsRelativeUri),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AmazonS3ConfigKey::ContainerCredentialsFullUri),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AmazonS3ConfigKey::ContainerAuthorizationTokenFile),
];

/// The first of: what the configuration says, the provider's variables, a profile, a role.
///
/// # Errors
/// Half of a key is missing, or there is nothing at all.
pub(super) fn find(
    config: &S3Config,
    environment: Environment<'_>,
    profile: &Profile,
    region: &str,
) -> Result<AwsCredentialProvider, String> {
    let exposed = |secret: &Option<secrecy::SecretString>| {
        secret.as_ref().map(|secret| secret.expose_secret().to_owned())
    };
    let given = [&config.access_key, &config.secret_key, &config.session_token].map(exposed);
    if let Some(key) = fixed(given, "the access key and the secret key belong together: give both")?
    {
        return Ok(key);
    }
    if config.profile.is_some() {
        return of_profile(profile)?.ok_or_else(|| {
            format!("the profile {:?} says nothing of credentials", profile.name())
        });
    }
    for names in variables(config.provider) {
        let advice = format!("set {} and {}, both", names[0], names[1]);
        if let Some(key) = fixed(names.map(environment), &advice)? {
            return Ok(key);
        }
    }
    if config.provider != S3Provider::Aws {
        let names = variables(config.provider)[0];
        return Err(format!("there are no credentials: set {} and {}", names[0], names[1]));
    }
    match of_profile(profile)? {
        Some(found) => Ok(found),
        None => role(environment, region),
    }
}

/// What to say when credentials were looked for in vain.
pub(super) fn advice(error: &object_store::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!(
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or sign in with \
         `aws sso login` ({cause})"
    )
}

/// Variables of key, secret and token, the provider's own ones first.
fn variables(provider: S3Provider) -> &'static [[&'static str; 3]] {
    const AWS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    match provider {
        S3Provider::Aws => &[AWS],
        S3Provider::R2 => &[["R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_SESSION_TOKEN"], AWS],
        S3Provider::Tigris => &[
            ["TIGRIS_ACCESS_KEY_ID", "TIGRIS_SECRET_ACCESS_KEY", "TIGRIS_SESSION_TOKEN"],
            ["TIGRIS_STORAGE_ACCESS_KEY_ID", "TIGRIS_STORAGE_SECRET_ACCESS_KEY", ""],
            AWS,
        ],
        S3Provider::B2 => {
            &[["B2_APPLICATION_KEY_ID", "B2_APPLICATION_KEY", "B2_SESSION_TOKEN"], AWS]
        }
        S3Provider::Wasabi => {
            &[["WASABI_ACCESS_KEY_ID", "WASABI_SECRET_ACCESS_KEY", "WASABI_SESSION_TOKEN"], AWS]
        }
        S3Provider::Spaces => {
            &[["SPACES_ACCESS_KEY_ID", "SPACES_SECRET_ACCESS_KEY", "SPACES_SESSION_TOKEN"], AWS]
        }
    }
}

fn fixed(
    [key, secret, token]: [Option<String>; 3],
    advice: &str,
) -> Result<Option<AwsCredentialProvider>, String> {
    match (key, secret) {
        (Some(key_id), Some(secret_key)) => {
            let credential = AwsCredential { key_id, secret_key, token };
            Ok(Some(Arc::new(StaticCredentialProvider::new(credential))))
        }
        (None, None) => Ok(None),
        _ => Err(advice.to_owned()),
    }
}

fn of_profile(profile: &Profile) -> Result<Option<AwsCredentialProvider>, String> {
    if let Some(line) = profile.setting("credential_process") {
        return Ok(Some(Arc::new(Program::command_line(&line))));
    }
    let by_command = ["role_arn", "sso_session", "sso_start_url", "login_session"];
    if by_command.iter().any(|name| profile.setting(name).is_some()) {
        return Ok(Some(Arc::new(Program::aws(profile.name()))));
    }
    let names = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];
    let advice = format!(
        "the profile {:?} has half a key: {} and {} belong together",
        profile.name(),
        names[0],
        names[1]
    );
    fixed(names.map(|name| profile.setting(name)), &advice)
}

fn role(environment: Environment<'_>, region: &str) -> Result<AwsCredentialProvider, String> {
    let retry = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 2,
        retry_timeout: Duration::from_secs(10),
    };
    let mut builder = AmazonS3Builder::new()
        .with_http_connector(SignIn)
        .with_retry(retry)
        .with_region(region)
        // Credentials are all that is asked of it.
        .with_bucket_name("bucket");
    for (name, key) in ROLES {
        if let Some(value) = environment(name) {
            builder = builder.with_config(*key, value);
        }
    }
    let built = builder.build().map_err(|error| error.to_string())?;
    Ok(built.credentials().clone())
}
