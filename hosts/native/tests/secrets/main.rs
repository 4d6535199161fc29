//! No secret is anywhere but where its owner put it: not in what the programs say, however much they are
//! asked to say, not in sight of other processes, not in a repository or its store, and not in what is
//! left of a program that crashed.

mod watch;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};
use trunks::store::{AnyStore, Key, StoreOptions, StoreUrl};
use trunks_core::store::Store as _;
use trunks_tests::{
    faults::{ByteFault, ByteFaults},
    google::Google,
    sandbox::Sandbox,
    servers::{Place, Postgres, S3, Sshd},
    workshop::files,
};
use watch::Watch;

/// How a secret comes to the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Road {
    /// By flags of `trunks storage add`, which saves it.
    Flags,
    /// By `TRUNKS_STORAGE_PRIMARY_…`.
    Variables,
    /// By variables of the provider's own tools.
    OwnVariables,
    /// By files of theirs, in the user's home.
    OwnFiles,
}

/// A store, with the secrets that let one in.
struct Store {
    /// Reached through the proxy.
    place: Place,
    secrets: &'static [&'static str],
    own_variables: Vec<(&'static str, String)>,
    own_file: Option<(&'static str, String)>,
    proxy: ByteFaults,
}

const ACCESS_KEY: &str = "AKIAGEHEIM4711";
const SECRET_KEY: &str = "geheim-4711/+s3";
const PASSWORD: &str = "geheim-4711%pg";
const PASSPHRASE: &str = "geheim 4711 ssh";

fn s3() -> Store {
    let proxy = ByteFaults::before(S3::ministack().address());
    let place = S3::ministack().place_at(proxy.address());
    let place = place.with("access_key", ACCESS_KEY).with("secret_key", SECRET_KEY);
    let variables = [("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)];
    let file = format!(
        "[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    );
    Store {
        place,
        secrets: &[ACCESS_KEY, SECRET_KEY],
        own_variables: variables.map(|(name, value)| (name, value.to_owned())).to_vec(),
        own_file: Some((".aws/credentials", file)),
        proxy,
    }
}

fn postgres() -> Store {
    let server = Postgres::shared();
    let proxy = ByteFaults::before(server.address());
    let mut place = server.place_at(proxy.address());
    let (login, database) = place.url.rsplit_once('/').expect("a database");
    let role = format!("owner_of_{database}");
    let sql = format!(
        "create role {role} login password '{PASSWORD}'; grant all on database {database} to {role}"
    );
    server.run(database, &sql);
    place.url = format!("{login}/{database}").replace("postgres@", &format!("{role}@"));
    Store {
        place: place.with("password", PASSWORD),
        secrets: &[PASSWORD],
        own_variables: vec![("PGPASSWORD", PASSWORD.to_owned())],
        own_file: Some((".pgpass", format!("*:*:*:*:{PASSWORD}\n"))),
        proxy,
    }
}

fn sftp() -> Store {
    let server = Sshd::shared();
    let proxy = ByteFaults::before(server.address());
    static MADE: AtomicU32 = AtomicU32::new(0);
    let name = format!("locked-{}", MADE.fetch_add(1, Ordering::Relaxed));
    let key = server.process().directory().join(name);
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-C", "locked", "-N", PASSPHRASE, "-f"]).arg(&key);
    assert!(keygen.status().expect("ssh-keygen is installed").success());
    server.let_in(&fs::read_to_string(key.with_extension("pub")).expect("it was made"));
    let place = server.place_at(proxy.address());
    let place = place.with("identity_file", key.display().to_string());
    Store {
        place: place.with("passphrase", PASSPHRASE),
        secrets: &[PASSPHRASE],
        own_variables: Vec::new(),
        own_file: None,
        proxy,
    }
}

fn google() -> Store {
    let google = Google::start();
    let proxy = ByteFaults::before(google.address());
    let place = google.place("part").with("endpoint", format!("http://{}", proxy.address()));
    let (own_variables, own_file) = (Vec::new(), None);
    Store { place, secrets: &[Google::TOKEN], own_variables, own_file, proxy }
}

#[test]
fn of_s3() {
    for road in [Road::Flags, Road::Variables, Road::OwnVariables, Road::OwnFiles] {
        stays_secret(&s3(), road);
    }
}

#[test]
fn of_postgres() {
    for road in [Road::Flags, Road::Variables, Road::OwnVariables, Road::OwnFiles] {
        stays_secret(&postgres(), road);
    }
}

#[test]
fn of_a_key_for_sftp() {
    for road in [Road::Flags, Road::Variables] {
        stays_secret(&sftp(), road);
    }
}

#[test]
fn of_google() {
    for road in [Road::Flags, Road::Variables] {
        stays_secret(&google(), road);
    }
}

fn stays_secret(store: &Store, road: Road) {
    let sandbox = Sandbox::new();
    let mut watch = Watch::over(store, road, sandbox);
    watch.sandbox.repository("my-app", 2);
    succeeds(store, road, &mut watch);
    crashes(store, &mut watch);
    fails(&mut watch);
    nothing_lies_about(store, road, &watch);
}

/// All goes well.
fn succeeds(store: &Store, road: Road, watch: &mut Watch<'_>) {
    watch.runs("my-app", "trunks", &["init"]);
    let flags = store.place.flags();
    let is_secret = |flag: &&String| store.secrets.iter().any(|secret| flag.ends_with(secret));
    let shown = flags.iter().filter(|flag| road == Road::Flags || !is_secret(flag));
    let mut add = vec!["storage", "add", "--name", "primary", "--url", &store.place.url];
    add.extend(shown.map(String::as_str));
    watch.runs("my-app", "trunks", &add);
    watch.runs("my-app", "git", &["push"]);
    for words in [
        &["storage", "list"][..],
        &["storage", "show", "primary"],
        &["--json", "storage", "show", "primary"],
        &["storage", "ping"],
        &["status"],
        &["fetch"],
        &["check"],
    ] {
        watch.runs("my-app", "trunks", words);
    }
    let mut clone = vec!["clone".to_owned(), format!("{}/my-app", store.place.url)];
    clone.extend(flags.iter().filter(|flag| road == Road::Flags || !is_secret(flag)).cloned());
    clone.push("clone".to_owned());
    let clone: Vec<&str> = clone.iter().map(String::as_str).collect();
    watch.runs("", "trunks", &clone);
    watch.runs("clone", "git", &["cat-file", "--batch", "--batch-all-objects", "--buffer"]);
}

/// A push that hangs is looked at by everybody, and then crashes.
fn crashes(store: &Store, watch: &mut Watch<'_>) {
    for signal in ["SEGV", "ABRT"] {
        watch.sandbox.commit("my-app", "more", signal);
        store.proxy.plan(ByteFault::HangAfterSent(600));
        let mut git = watch.command("my-app", "sh", &["-c", "ulimit -c unlimited; exec git push"]);
        let git = git.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell");
        let helper = watch.helper_of(git.id());
        watch.looks_at(git.id());
        watch::crash(helper, signal);
        let output = git.wait_with_output().expect("it ends");
        assert!(!output.status.success(), "the push that crashed succeeded");
        watch.hears("the crash", &output);
        store.proxy.clear();
    }
    watch.runs("my-app", "git", &["push"]);
}

/// Nobody is there any more.
fn fails(watch: &mut Watch<'_>) {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = closed.local_addr().expect("bound").to_string();
    let open = watch.address.clone();
    let path = watch.sandbox.path("my-app/.trunks/my-app.trunk");
    let settings = fs::read_to_string(&path).expect("saved");
    let url = watch.sandbox.git("my-app", &["remote", "get-url", "trunks"]);
    fs::write(&path, settings.replace(&open, &closed)).expect("written");
    let elsewhere = url.replace(&open, &closed);
    watch.sandbox.git("my-app", &["remote", "set-url", "trunks", &elsewhere]);
    watch.fails("my-app", "git", &["push"]);
    watch.fails("my-app", "trunks", &["storage", "ping"]);
    watch.fails("my-app", "trunks", &["fetch"]);
}

/// Nothing holds a secret but the file of the settings, which is its owner's alone.
fn nothing_lies_about(store: &Store, road: Road, watch: &Watch<'_>) {
    let top = watch.sandbox.path("");
    let own = store.own_file.as_ref().map(|(name, _)| format!("home/{name}"));
    for file in files(&top) {
        let content = fs::read(top.join(&file)).unwrap_or_default();
        let is_settings = file.contains("/.trunks/") && file.ends_with(".trunk");
        if is_settings {
            let mode = |path: &str| {
                fs::metadata(top.join(path)).expect("there").permissions().mode() & 0o777
            };
            let directory = file.rsplit_once('/').expect("a directory").0;
            assert_eq!((mode(&file), mode(directory)), (0o600, 0o700), "{file}");
            assert_eq!(watch.is_seen(&content), road == Road::Flags, "{file}");
        } else if Some(&file) != own.as_ref() {
            assert!(!watch.is_seen(&content), "{road:?}: {file} holds a secret");
        }
        assert!(!file.rsplit('/').next().is_some_and(|name| name.starts_with("core")), "{file}");
    }
    let mut options = StoreOptions::new();
    for (name, value) in &store.place.options {
        options.set(Key::of_name(name).expect("an option"), value.as_str());
    }
    let url = StoreUrl::parse(&store.place.url).expect("a URL");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let opened = AnyStore::open(&url, &options).expect("it was before");
        let page = opened.list("", None, 1000).await.expect("listed");
        assert!(!page.more && page.entries.len() > 5, "{page:?}");
        for entry in page.entries {
            let value = opened.get(&entry.key, None).await.expect("read").expect("there");
            assert!(!watch.is_seen(&value.bytes), "{} holds a secret", entry.key);
        }
    });
}
