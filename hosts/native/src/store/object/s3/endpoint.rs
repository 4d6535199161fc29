//! Where a bucket is: the URLs of providers, and how users name others.

use super::{Addressing, S3Config, S3Provider, profile::Profile};

/// A bucket's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    bucket: String,
    region: String,
    /// With scheme, without a slash at its end; has `{region}` in it where the region stands.
    server: String,
    is_virtual: bool,
    is_amazon: bool,
}

/// What variables and files say.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

impl Endpoint {
    /// # Errors
    /// What is wrong with the configuration, or missing.
    pub fn find(
        config: &S3Config,
        environment: Environment<'_>,
        profile: &Profile,
    ) -> Result<Self, String> {
        let bucket = bucket_name(&config.bucket)?;
        let given = config.endpoint.clone().or_else(|| endpoint_of(config, environment, profile));
        let region = config.region.clone().or_else(|| region_of(config, environment, profile));
        let server = match &given {
            Some(endpoint) => server_url(endpoint)?,
            None => server_of(config, environment, region.is_some())?,
        };
        let is_amazon = config.provider == S3Provider::Aws && given.is_none();
        let is_virtual = match config.addressing {
            Addressing::Path => false,
            Addressing::Virtual => true,
            // A certificate for *.host covers one label.
            Addressing::Auto if bucket.contains('.') => false,
            Addressing::Auto => {
                is_amazon || (config.provider == S3Provider::Tigris && given.is_none())
            }
        };
        let region = region.unwrap_or_else(|| {
            let is_one = matches!(config.provider, S3Provider::R2 | S3Provider::Tigris);
            if is_one { "auto" } else { "us-east-1" }.to_owned()
        });
        Ok(Self { bucket, region, server, is_virtual, is_amazon })
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    /// Whether Amazon itself answers.
    pub fn is_amazon(&self) -> bool {
        self.is_amazon
    }

    /// Without a slash at its end.
    pub fn bucket_url(&self) -> String {
        let server = self.server.replace("{region}", &self.region);
        match server.split_once("://") {
            Some((scheme, host)) if self.is_virtual => {
                format!("{scheme}://{}.{host}", self.bucket)
            }
            _ => format!("{server}/{}", self.bucket),
        }
    }

    /// As users know it.
    pub fn place(&self) -> String {
        let server = self.server.replace("{region}", &self.region);
        let host = server.split_once("://").map_or(server.as_str(), |(_, host)| host);
        format!("bucket {} at {host}", self.bucket)
    }

    /// Looks for the bucket in another region from now on; false if it was looked for there.
    pub fn move_to(&mut self, region: &str) -> bool {
        let moves = self.is_amazon && self.region != region;
        if moves {
            region.clone_into(&mut self.region);
        }
        moves
    }
}

pub(in super::super) fn bucket_name(bucket: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if bucket.is_empty() || !bucket.chars().all(is_plain) {
        return Err(format!(
            "{bucket:?} is no bucket's name: it has letters, digits, dots and dashes"
        ));
    }
    Ok(bucket.to_owned())
}

pub(in super::super) fn server_url(endpoint: &str) -> Result<String, String> {
    let endpoint = endpoint.trim_end_matches('/');
    let Some((scheme, host)) = endpoint.split_once("://") else {
        return Err(format!("the endpoint {endpoint:?} must begin with https:// or http://"));
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_:[]/".contains(c);
    if !matches!(scheme, "http" | "https") || host.is_empty() || !host.chars().all(is_plain) {
        return Err(format!(
            "the endpoint must look like https://host:port, which {scheme}://… does not"
        ));
    }
    Ok(endpoint.to_owned())
}

fn endpoint_of(
    config: &S3Config,
    environment: Environment<'_>,
    profile: &Profile,
) -> Option<String> {
    match config.provider {
        S3Provider::Aws => environment("AWS_ENDPOINT_URL_S3")
            .or_else(|| environment("AWS_ENDPOINT_URL"))
            .or_else(|| environment("AWS_ENDPOINT"))
            .or_else(|| profile.setting("endpoint_url")),
        S3Provider::R2 => environment("R2_ENDPOINT_URL").or_else(|| environment("R2_ENDPOINT")),
        S3Provider::Tigris => environment("TIGRIS_ENDPOINT_URL"),
        S3Provider::B2 => environment("B2_ENDPOINT_URL"),
        S3Provider::Wasabi => environment("WASABI_ENDPOINT_URL"),
        S3Provider::Spaces => environment("SPACES_ENDPOINT_URL"),
    }
}

fn region_of(config: &S3Config, environment: Environment<'_>, profile: &Profile) -> Option<String> {
    let aws = || {
        environment("AWS_REGION")
            .or_else(|| environment("AWS_DEFAULT_REGION"))
            .or_else(|| profile.setting("region"))
    };
    match config.provider {
        S3Provider::Aws => aws(),
        S3Provider::B2 => environment("B2_REGION"),
        S3Provider::Wasabi => environment("WASABI_REGION"),
        S3Provider::Spaces => environment("SPACES_REGION"),
        S3Provider::R2 | S3Provider::Tigris => None,
    }
}

/// The server of a provider: its page on S3 compatibility says how its URLs are made.
fn server_of(
    config: &S3Config,
    environment: Environment<'_>,
    has_region: bool,
) -> Result<String, String> {
    let regional = |server: &str, example: &str| {
        if has_region {
            return Ok(server.to_owned());
        }
        Err(format!("the bucket's region is not known: give it, as in --region {example}"))
    };
    match config.provider {
        S3Provider::Aws => {
            let is_china = config.region.as_deref().is_some_and(|r| r.starts_with("cn-"));
            let end = if is_china { "amazonaws.com.cn" } else { "amazonaws.com" };
            Ok(format!("https://s3.{{region}}.{end}"))
        }
        S3Provider::R2 => {
            let account = config.account_id.clone().or_else(|| environment("R2_ACCOUNT_ID"));
            let account = account.or_else(|| environment("CLOUDFLARE_ACCOUNT_ID"));
            let account = account.ok_or(
                "the R2 account is not known: give it, as in --account-id, or set R2_ACCOUNT_ID",
            )?;
            if !account.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')) {
                return Err("the R2 account id has letters and digits only".to_owned());
            }
            Ok(format!("https://{account}.r2.cloudflarestorage.com"))
        }
        S3Provider::Tigris => Ok("https://t3.storage.dev".to_owned()),
        S3Provider::B2 => regional("https://s3.{region}.backblazeb2.com", "us-west-004"),
        S3Provider::Wasabi => Ok("https://s3.{region}.wasabisys.com".to_owned()),
        S3Provider::Spaces => regional("https://{region}.digitaloceanspaces.com", "nyc3"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(config: &S3Config, variables: &[(&str, &str)]) -> Result<String, String> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let endpoint = Endpoint::find(config, &environment, &Profile::default())?;
        Ok(format!("{} {}", endpoint.bucket_url(), endpoint.region()))
    }

    fn provider(provider: S3Provider, variables: &[(&str, &str)]) -> Result<String, String> {
        endpoint(&S3Config::new(provider, "b"), variables)
    }

    #[test]
    fn each_provider_has_its_server() {
        for (by, variables, url) in [
            (S3Provider::Aws, &[][..], "https://b.s3.us-east-1.amazonaws.com us-east-1"),
            (
                S3Provider::Aws,
                &[("AWS_REGION", "eu-west-1")],
                "https://b.s3.eu-west-1.amazonaws.com eu-west-1",
            ),
            (
                S3Provider::Aws,
                &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9000/")],
                "http://127.0.0.1:9000/b us-east-1",
            ),
            (
                S3Provider::R2,
                &[("R2_ACCOUNT_ID", "abc")],
                "https://abc.r2.cloudflarestorage.com/b auto",
            ),
            (S3Provider::Tigris, &[], "https://b.t3.storage.dev auto"),
            (
                S3Provider::B2,
                &[("B2_REGION", "us-west-004")],
                "https://s3.us-west-004.backblazeb2.com/b us-west-004",
            ),
            (S3Provider::Wasabi, &[], "https://s3.us-east-1.wasabisys.com/b us-east-1"),
            (
                S3Provider::Spaces,
                &[("SPACES_REGION", "nyc3")],
                "https://nyc3.digitaloceanspaces.com/b nyc3",
            ),
        ] {
            assert_eq!(provider(by, variables).as_deref(), Ok(url));
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        assert!(provider(S3Provider::R2, &[]).expect_err("no account").contains("--account-id"));
        assert!(provider(S3Provider::B2, &[]).expect_err("no region").contains("--region"));
        let wrong = provider(S3Provider::Aws, &[("AWS_ENDPOINT_URL", "localhost:9000")]);
        assert!(wrong.expect_err("no scheme").contains("http://"));
        let secret = provider(S3Provider::Aws, &[("AWS_ENDPOINT_URL", "http://me:secret@h")]);
        assert!(!secret.expect_err("a password").contains("secret"));
        assert!(endpoint(&S3Config::new(S3Provider::Aws, "a/b"), &[]).is_err());
    }

    #[test]
    fn dots_in_a_name_and_wishes_decide_the_addressing() {
        let dotted = S3Config::new(S3Provider::Aws, "a.b");
        let path = Ok("https://s3.us-east-1.amazonaws.com/a.b us-east-1");
        assert_eq!(endpoint(&dotted, &[]).as_deref(), path);
        let mut config = S3Config::new(S3Provider::Aws, "b");
        config.endpoint = Some("https://s3.example.org".into());
        config.addressing = Addressing::Virtual;
        assert_eq!(endpoint(&config, &[]).as_deref(), Ok("https://b.s3.example.org us-east-1"));
    }
}
