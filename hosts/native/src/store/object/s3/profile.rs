//! Profiles: `~/.aws/config` and `~/.aws/credentials`.

use super::endpoint::Environment;
use std::{collections::HashMap, fmt, path::PathBuf};

/// The settings of one profile, from both files. Secrets are not shown.
#[derive(Default)]
pub(super) struct Profile {
    name: String,
    settings: HashMap<String, String>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Profile {
    /// Reads the profile `wanted`, or else the one that `AWS_PROFILE` names, or else `default`.
    ///
    /// # Errors
    /// A profile that was asked for is in neither file.
    pub fn find(wanted: Option<&str>, environment: Environment<'_>) -> Result<Self, String> {
        let named = wanted.map(str::to_owned).or_else(|| environment("AWS_PROFILE"));
        let name = named.clone().unwrap_or_else(|| "default".to_owned());
        let file = |variable: &str, name: &str| {
            environment(variable)
                .map(PathBuf::from)
                .or_else(|| Some(PathBuf::from(environment("HOME")?).join(".aws").join(name)))
        };
        let read = |path: Option<PathBuf>| path.and_then(|path| std::fs::read_to_string(path).ok());
        let config = read(file("AWS_CONFIG_FILE", "config")).unwrap_or_default();
        let credentials =
            read(file("AWS_SHARED_CREDENTIALS_FILE", "credentials")).unwrap_or_default();
        let mut settings = section(&config, &format!("profile {name}"));
        if name == "default" {
            settings.extend(section(&config, "default"));
        }
        // Of a key that is in both files, this one counts.
        settings.extend(section(&credentials, &name));
        if settings.is_empty() && named.is_some() {
            return Err(format!(
                "there is no profile {name:?} in ~/.aws/config or ~/.aws/credentials"
            ));
        }
        Ok(Self { name, settings })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn setting(&self, name: &str) -> Option<String> {
        self.settings.get(name).cloned()
    }
}

/// The settings of a section. Nested ones, which are indented, are left out.
fn section(text: &str, wanted: &str) -> HashMap<String, String> {
    let mut settings = HashMap::new();
    let mut is_in = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with(['#', ';']) || line.starts_with([' ', '\t']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|line| line.split(']').next()) {
            let words: Vec<&str> = name.split_whitespace().collect();
            is_in = words.join(" ") == wanted;
        } else if let (true, Some((name, value))) = (is_in, trimmed.split_once('=')) {
            settings.insert(name.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_told_apart() {
        let text = "# mine\n[default]\nregion = eu-west-1\n\n[profile  work]\nregion=us-east-2\n\
            s3 =\n    addressing_style = path\nAWS_Access_Key_Id = AK=1 \n[other]\nregion = x\n";
        assert_eq!(section(text, "default").get("region").map(String::as_str), Some("eu-west-1"));
        let work = section(text, "profile work");
        assert_eq!(work.get("aws_access_key_id").map(String::as_str), Some("AK=1"));
        assert!(!work.contains_key("addressing_style"));
        assert!(section(text, "profile none").is_empty());
    }

    #[test]
    fn a_profile_is_read_from_both_files() {
        let home = tempfile::tempdir().expect("a directory");
        let aws = home.path().join(".aws");
        std::fs::create_dir(&aws).expect("made");
        let config = "[profile work]\nregion = eu-west-1\naws_access_key_id = old\n";
        std::fs::write(aws.join("config"), config).expect("written");
        let keys = "[work]\naws_access_key_id = new\naws_secret_access_key = hush\n";
        std::fs::write(aws.join("credentials"), keys).expect("written");
        let path = home.path().to_str().expect("text").to_owned();
        let environment = |name: &str| match name {
            "HOME" => Some(path.clone()),
            "AWS_PROFILE" => Some("work".to_owned()),
            _ => None,
        };
        let profile = Profile::find(None, &environment).expect("found");
        assert_eq!(profile.setting("region").as_deref(), Some("eu-west-1"));
        assert_eq!(profile.setting("aws_access_key_id").as_deref(), Some("new"));
        assert!(!format!("{profile:?}").contains("hush"));
        let missing = Profile::find(Some("absent"), &environment);
        assert!(missing.expect_err("not there").contains("absent"));
    }
}
