use super::*;
use crate::store::Key;
use std::fs;

fn with_secret(repo: &str) -> Settings {
    let mut settings = Settings::new(&RepoName::new(repo).expect(repo));
    let mut options = StoreOptions::new();
    options.set(Key::Region, "eu-1");
    options.set(Key::SecretKey, "geheim");
    let url = "s3://bucket/prefix".to_owned();
    settings.storages.push(Storage { name: "primary".into(), url, is_mirror: false, options });
    settings
}

#[test]
fn settings_are_kept_and_are_the_owners_alone() {
    let root = tempfile::tempdir().expect("a directory");
    with_secret("team/app").write(root.path()).expect("written");
    let read = Settings::read(root.path(), "team/app").expect("read").expect("there");
    let storage = read.primary().expect("a storage");
    assert_eq!(storage.options.text(Key::SecretKey), Some("geheim"));
    assert_eq!(storage.url, "s3://bucket/prefix");
    assert!(Settings::read(root.path(), "other").expect("read").is_none());
    let ignored = fs::read_to_string(root.path().join(".trunks/.gitignore")).expect("read");
    assert_eq!(ignored, "*\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for (path, rights) in
            [(".trunks", 0o700), (".trunks/team", 0o700), (".trunks/team/app.trunk", 0o600)]
        {
            let file = fs::metadata(root.path().join(path)).expect("there");
            assert_eq!(file.permissions().mode() & 0o777, rights, "{path}");
        }
    }
}

#[test]
fn a_storage_is_found_by_its_url() {
    let settings = with_secret("app");
    let at = |url: &str| settings.storage_at(&StoreUrl::parse(url).expect(url)).is_some();
    assert!(at("s3://bucket/prefix/"));
    assert!(!at("s3://bucket"));
    assert!(!at("r2://bucket/prefix"));
}

#[test]
fn settings_of_another_kind_are_refused_and_their_secrets_not_told() {
    let root = tempfile::tempdir().expect("a directory");
    fs::create_dir(root.path().join(".trunks")).expect("made");
    for text in [
        "",
        "{",
        r#"{"version":2,"repo":"app","storages":[]}"#,
        r#"{"version":1,"repo":"app","storages":[{"name":"a","url":"s3://b","options":{"geheim":"x"}}]}"#,
        r#"{"version":1,"repo":"app","storages":"geheim"}"#,
    ] {
        fs::write(Settings::path(root.path(), "app"), text).expect("written");
        let error = Settings::read(root.path(), "app").expect_err(text).to_string();
        assert!(error.contains("app.trunk") && !error.contains("geheim"), "{error}");
    }
}

#[test]
fn secrets_are_not_printed_with_the_settings() {
    let settings = with_secret("app");
    assert!(!format!("{settings:?}").contains("geheim"));
}
