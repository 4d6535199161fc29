use super::*;

/// Reads the URL of a repository; what is shown of it must read back as the same.
fn remote(url: &str) -> (String, String) {
    let remote = RemoteUrl::parse(url).expect(url);
    assert_eq!(RemoteUrl::parse(&remote.to_string()).as_ref(), Ok(&remote), "{url}");
    let store = remote.store.to_string();
    assert_eq!(StoreUrl::parse(&store).as_ref(), Ok(&remote.store), "{url}");
    (store, remote.name.as_str().to_owned())
}

#[track_caller]
fn all(cases: &[(&str, &str, &str)]) {
    for (url, store, name) in cases {
        assert_eq!(remote(url), ((*store).to_owned(), (*name).to_owned()), "{url}");
    }
}

#[test]
fn the_last_segment_is_the_name() {
    all(&[
        ("local:///dir/my-app", "local:///dir", "my-app"),
        ("trunks::local:///dir/my-app", "local:///dir", "my-app"),
        ("local:///dir//deep/my-app/", "local:///dir/deep", "my-app"),
        ("local:///my-app", "local:///", "my-app"),
        ("local:///with space/%41/my app", "local:///with space/%41", "my app"),
        ("local:///dir/trunks/my-app", "local:///dir/trunks", "my-app"),
        ("file:///mnt/share/my-app", "file:///mnt/share", "my-app"),
        ("s3://bucket/my-app", "s3://bucket", "my-app"),
        ("s3://bucket/pre/fix/my-app", "s3://bucket/pre/fix", "my-app"),
        ("trunks::r2://bucket/my-app", "r2://bucket", "my-app"),
        ("gs://bucket/my-app", "gcs://bucket", "my-app"),
        ("azure://account/container/my-app", "azure://account/container", "my-app"),
        ("azure://account/container/pre/my-app", "azure://account/container/pre", "my-app"),
        ("sftp://host/dir/my-app", "sftp://host/dir", "my-app"),
        ("sftp://host/my-app", "sftp://host/", "my-app"),
        ("sftp://me@host:2222/~/dir/my-app", "sftp://me@host:2222/~/dir", "my-app"),
        ("sftp://host/~/my-app", "sftp://host/~", "my-app"),
        ("sftp://host/~me/my-app", "sftp://host/~me", "my-app"),
        ("sftp://[::1]:22/dir/my-app", "sftp://[::1]:22/dir", "my-app"),
    ]);
}

#[test]
fn an_explicit_directory_may_hold_slashes_in_the_name() {
    all(&[
        ("local:///dir/trunks/team/app.trunk", "local:///dir", "team/app"),
        ("local:///dir/trunks/app.trunk/", "local:///dir", "app"),
        ("local:///trunks/team/app.trunk", "local:///", "team/app"),
        ("local:///a/trunks/b/trunks/c.trunk", "local:///a/trunks/b", "c"),
        ("s3://bucket/trunks/team/app.trunk", "s3://bucket", "team/app"),
        ("spaces://bucket/pre/trunks/app.trunk", "spaces://bucket/pre", "app"),
        (
            "azure://account/container/trunks/team/app.trunk",
            "azure://account/container",
            "team/app",
        ),
        ("sftp://host/dir/trunks/team/app.trunk", "sftp://host/dir", "team/app"),
        ("sftp://host/~/trunks/team/app.trunk", "sftp://host/~", "team/app"),
    ]);
}

#[test]
fn where_a_store_has_no_path_all_that_follows_is_the_name() {
    all(&[
        ("memory://scratch/team/app", "memory://scratch", "team/app"),
        ("memory://scratch/trunks/team/app.trunk", "memory://scratch", "team/app"),
        ("postgres://me@host/db/my-app", "postgres://me@host/db", "my-app"),
        ("postgres://host:5433/db/team/app", "postgres://host:5433/db", "team/app"),
        ("postgresql://host/db/trunks/repo.trunk", "postgres://host/db", "repo"),
        ("postgres://host/db/app?sslmode=require", "postgres://host/db?sslmode=require", "app"),
        ("postgres:///db/app", "postgres:///db", "app"),
        ("postgres://%2Fvar%2Frun/db/app", "postgres://%2Fvar%2Frun/db", "app"),
    ]);
    for url in ["memory://", "memory://a/b", "postgres://host", "postgres://host/db/app"] {
        StoreUrl::parse(url).expect_err(url);
    }
    for url in ["memory://a", "postgres://host/db"] {
        RemoteUrl::parse(url).expect_err(url);
    }
}

#[test]
fn servers_and_their_users_are_percent_coded() {
    let url = StoreUrl::parse("sftp://a%40b:p%2Fw%3A@host/a%20b").expect("a URL");
    let StoreUrl::Sftp { server, path } = &url else { panic!("{url}") };
    assert_eq!(server.user.as_deref(), Some("a@b"));
    assert_eq!(server.password, Some(Password("p/w:".into())));
    assert_eq!(path, "/a b");
    assert_eq!(url.to_string(), "sftp://a%40b@host/a%20b");
    all(&[("sftp://host/100%25/my-app", "sftp://host/100%25", "my-app")]);
}

#[test]
fn a_password_is_taken_out_and_never_shown() {
    let mut url = RemoteUrl::parse("postgres://me:geheim@host/db/app").expect("a URL");
    assert_eq!(url.to_string(), "postgres://me@host/db/app");
    assert!(!format!("{url:?}").contains("geheim"));
    let password = url.store.take_password().expect("a password");
    assert_eq!(password.expose_secret(), "geheim");
    assert_eq!(RemoteUrl::parse(&url.to_string()), Ok(url));
}

#[test]
fn no_error_repeats_a_password() {
    for url in [
        "ftp://me:geheim@host/app",
        "me:geheim@host/app",
        "postgres://me:geheim@host",
        "postgres://me:geheim@host/db",
        "postgres://me:geheim@host/db/app?password=geheim",
        "postgres://me:geh/eim@host/db/app",
        "postgres://me:1/geheim@host/db/app",
        "postgres://me:@geheim@host:0/db/app",
        "postgres://me:geheim%FF@host/db/app",
        "sftp://me:geheim@host/dir/../app",
        "s3://key:geheim@bucket/app",
        "azure://key:geheim@account/container/app",
        "trunks::sftp://me:geheim@/app",
    ] {
        let error = RemoteUrl::parse(url).expect_err(url);
        let said = format!("{error} {error:?}");
        assert!(!said.contains("geheim") && !said.contains("eim@"), "{url}: {said}");
    }
}

#[test]
fn the_root_alone_is_a_store() {
    for (url, shown) in [
        ("local:///dir", "local:///dir"),
        ("local:///", "local:///"),
        ("local:///d/", "local:///d"),
        ("s3://bucket/", "s3://bucket"),
        ("s3://bucket//pre//", "s3://bucket/pre"),
        ("sftp://host", "sftp://host/"),
        ("postgres://host/db/", "postgres://host/db"),
    ] {
        assert_eq!(StoreUrl::parse(url).expect(url).to_string(), shown);
    }
}

#[test]
fn what_is_not_a_url_of_ours_is_refused_with_what_would_be() {
    for (url, said) in [
        ("my-app", "must look like s3://bucket/my-app"),
        ("", "must look like"),
        ("://x", "must look like"),
        ("ftp://host/app", "ftp:// is not known"),
        ("S3://bucket/app", "S3:// is not known"),
        ("local://dir/app", "three slashes"),
        ("file://dir/app", "three slashes"),
        ("local:///dir/../app", ".. segments"),
        ("s3://bucket/a/./b/app", ".. segments"),
        ("local:///", "names no repository"),
        ("s3://bucket", "names no repository"),
        ("s3://bucket/", "names no repository"),
        ("azure://account/container", "names no repository"),
        ("azure://account", "names no repository"),
        ("postgres://host/db", "names no repository"),
        ("s3:///app", "no bucket"),
        ("s3://my bucket/app", "no bucket"),
        ("sftp:///dir/app", "no host"),
        ("sftp://host:ssh/dir/app", "port"),
        ("sftp://host:0/dir/app", "port"),
        ("sftp://[::1]22/dir/app", "port"),
        ("sftp://host/a%00b/app", "not UTF-8 text"),
        ("postgres://host/db/app?options=-c", "only sslmode"),
        ("s3://bucket/a\nb/app", "control characters"),
        ("local:///dir/.hidden", "begin or end with a dot"),
        ("local:///dir/trunks/.trunk", "1 to 512 bytes"),
    ] {
        let error = RemoteUrl::parse(url).expect_err(url).to_string();
        assert!(error.contains(said), "{url}: {error}");
    }
}
