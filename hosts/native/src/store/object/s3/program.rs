//! Credentials from a program: a profile's `credential_process`, or Amazon's own command for what
//! only it can do (single sign-on, roles of roles).

use chrono::{DateTime, Utc};
use object_store::{Error, aws::AwsCredential, client::CredentialProvider};
use serde::Deserialize;
use std::{
    fmt,
    process::{Command, Stdio},
    sync::Arc,
};
use tokio::sync::Mutex;

/// Credentials that will expire within this time are asked for again.
const EARLY_S: i64 = 300;

/// A program that prints credentials, and what it has printed.
pub(super) struct Program {
    /// What a user knows it by: a command line may hold secrets.
    name: &'static str,
    words: Vec<String>,
    cache: Mutex<Option<Cached>>,
}

/// Credentials, and when they expire, if they do.
type Cached = (Arc<AwsCredential>, Option<DateTime<Utc>>);

/// # Source
/// AWS SDKs and Tools Reference Guide, "Process credential provider".
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<DateTime<Utc>>,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failure(String);

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Program {
    /// The command line of a profile's `credential_process`, which a shell takes apart.
    pub fn command_line(line: &str) -> Self {
        Self::new("the profile's credential_process", &["sh", "-c", line])
    }

    /// What `aws` knows of a profile.
    pub fn aws(profile: &str) -> Self {
        let words = ["aws", "configure", "export-credentials", "--format", "process", "--profile"];
        Self::new("aws configure export-credentials", &[&words[..], &[profile]].concat())
    }

    fn new(name: &'static str, words: &[&str]) -> Self {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        Self { name, words, cache: Mutex::new(None) }
    }
}

#[async_trait::async_trait]
impl CredentialProvider for Program {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut cache = self.cache.lock().await;
        if let Some((credential, expires)) = &*cache {
            let left_s = expires.map(|at| (at - Utc::now()).num_seconds());
            if left_s.is_none_or(|left_s| left_s > EARLY_S) {
                return Ok(credential.clone());
            }
        }
        let (name, words) = (self.name, self.words.clone());
        let printed = tokio::task::spawn_blocking(move || run(name, &words)).await;
        let printed = printed.unwrap_or_else(|error| Err(error.to_string()));
        let printed = printed
            .map_err(|reason| Error::Generic { store: "S3", source: Box::new(Failure(reason)) })?;
        let credential = Arc::new(AwsCredential {
            key_id: printed.access_key_id,
            secret_key: printed.secret_access_key,
            token: printed.session_token,
        });
        *cache = Some((credential.clone(), printed.expiration));
        Ok(credential)
    }
}

fn run(name: &str, words: &[String]) -> Result<Printed, String> {
    let (program, arguments) = words.split_first().ok_or("there is no program to run")?;
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{program} does not run: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().lines().last().unwrap_or_default();
        return Err(format!("{name} failed: {said}"));
    }
    // What was printed is secret: an error must not repeat it.
    serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("{name} printed something else than credentials"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_prints_credentials() {
        let line =
            r#"echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s","SessionToken":"t"}'"#;
        let credential = Program::command_line(line).get_credential().await.expect("printed");
        let token = credential.token.as_deref();
        assert_eq!((&*credential.key_id, &*credential.secret_key, token), ("a", "s", Some("t")));
    }

    #[tokio::test]
    async fn what_a_program_printed_is_not_repeated() {
        for line in ["echo hush", "echo '{\"SecretAccessKey\":\"hush\"}'"] {
            let error = Program::command_line(line).get_credential().await.expect_err("no use");
            assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        }
        let error = Program::command_line("echo why >&2; exit 1").get_credential().await;
        assert!(error.expect_err("it failed").to_string().contains("why"));
    }
}
