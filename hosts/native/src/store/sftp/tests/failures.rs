//! Servers that cannot be reached, and what the user is told.

use super::*;
use secrecy::SecretString;
use std::{net::TcpListener, process::Command, time::Duration};

async fn refusal(config: SftpConfig) -> StoreError {
    let store = Sftp::new(config).expect("a configuration");
    store.get(MAIN, None).await.expect_err("it cannot be reached")
}

fn make_key(path: &Path, passphrase: &str) {
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", passphrase, "-f"]).arg(path);
    assert!(keygen.status().expect("ssh-keygen is installed").success());
}

#[tokio::test]
async fn an_unknown_host_is_refused_with_the_line_that_accepts_it() {
    let (root, _) = scratch();
    let known = root.join("known hosts");
    fs::write(&known, b"").expect("written");
    let config = SftpConfig { known_hosts: Some(known.clone()), ..config(Sshd::shared(), &root) };
    let said = refusal(config.clone()).await.to_string();
    let (_, line) =
        said.split_once(&format!("add this line to {}: ", known.display())).expect(&said);
    fs::write(&known, format!("{line}\n")).expect("written");
    let store = Sftp::new(config).expect("a configuration");
    assert_eq!(store.get(MAIN, None).await, Ok(None));
}

#[tokio::test]
async fn a_changed_or_revoked_key_is_refused() {
    let (root, _) = scratch();
    let sshd = Sshd::shared();
    let good = config(sshd, &root);
    let known = fs::read_to_string(good.known_hosts.as_ref().expect("given")).expect("read");
    let (name, key) = known.split_once(' ').expect("a name and a key");
    make_key(&root.join("other"), "");
    let other = fs::read_to_string(root.join("other.pub")).expect("read");
    for (text, words) in [
        (format!("{name} {other}"), "is not the one that is known"),
        (format!("@revoked {name} {key}{known}"), "revoked"),
    ] {
        let file = root.join("known");
        fs::write(&file, text).expect("written");
        let said = refusal(SftpConfig { known_hosts: Some(file), ..good.clone() }).await;
        assert!(matches!(said, StoreError::Failed { .. }));
        assert!(said.to_string().contains(words), "{said}");
    }
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_refused() {
    let (root, _) = scratch();
    let good = config(Sshd::shared(), &root);
    make_key(&root.join("stranger"), "");
    let said = refusal(SftpConfig { identity_file: Some(root.join("stranger")), ..good.clone() });
    let said = said.await;
    assert!(matches!(said, StoreError::Denied { .. }), "{said}");
    assert!(said.to_string().contains("authorized_keys"), "{said}");
    let said = refusal(SftpConfig { identity_file: Some(root.join("nowhere")), ..good.clone() });
    let said = said.await.to_string();
    assert!(said.contains("nowhere: No such file"), "{said}");
    let password = Some(SecretString::from("geheim"));
    let said = refusal(SftpConfig { identity_file: None, password, ..good }).await;
    assert!(matches!(said, StoreError::Denied { .. }), "{said}");
    assert!(!format!("{said} {said:?}").contains("geheim"), "{said}");
}

#[tokio::test]
async fn a_passphrase_opens_a_key_and_shows_nowhere() {
    let (root, _) = scratch();
    let good = config(Sshd::shared(), &root);
    let identity = root.join("identity");
    fs::copy(Sshd::shared().identity(), &identity).expect("copied");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-p", "-P", "", "-N", "geheimes wort", "-f"]).arg(&identity);
    assert!(keygen.status().expect("ssh-keygen is installed").success());
    let locked = SftpConfig { identity_file: Some(identity), ..good };
    let wrong = SftpConfig { passphrase: Some("falsches wort".into()), ..locked.clone() };
    let said = refusal(wrong).await;
    assert!(matches!(said, StoreError::Denied { .. }), "{said}");
    let right = SftpConfig { passphrase: Some("geheimes wort".into()), ..locked };
    let store = Sftp::new(right).expect("a configuration");
    assert_eq!(store.get(MAIN, None).await, Ok(None));
    assert!(!format!("{store:?}").contains("geheim"));
    // The connection is up: of all processes none has it among its arguments or in its environment.
    for process in fs::read_dir("/proc").expect("there").flatten() {
        for file in ["cmdline", "environ"] {
            let bytes = fs::read(process.path().join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
            assert!(!text.contains("geheimes wort"), "{}: {text}", process.path().display());
        }
    }
}

#[tokio::test]
async fn a_host_that_hangs_is_given_up_in_time() {
    let (root, _) = scratch();
    let hanging = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = hanging.local_addr().expect("an address").port();
    let connect_timeout = Duration::from_secs(1);
    let good = config(Sshd::shared(), &root);
    let config = SftpConfig { port: Some(port), connect_timeout, ..good };
    let store = Sftp::new(config).expect("a configuration");
    // All of them in the time of one, or else this takes minutes.
    let calls = (0..100).map(|_| store.get(MAIN, None));
    for said in futures_util::future::join_all(calls).await {
        assert!(matches!(said, Err(StoreError::Unavailable { .. })), "{said:?}");
    }
}

#[tokio::test]
async fn a_missing_root_is_named_and_can_be_made() {
    let (root, _) = scratch();
    let store = another(&root.join("not/yet"));
    assert_eq!(store.get(MAIN, None).await, Ok(None));
    let said =
        store.put(MAIN, b"x".to_vec(), Expected::Any).await.expect_err("no root").to_string();
    assert!(said.contains("not/yet does not exist"), "{said}");
    store.make_root().await.expect("made");
    store.make_root().await.expect("there already");
    put(&store, MAIN, b"x").await;
}

#[test]
fn what_ssh_could_take_for_an_option_is_refused() {
    for (host, user, root) in
        [("-oProxyCommand=x", None, "/"), ("host", Some("-l"), "/"), ("host", None, "/a/../b")]
    {
        let mut config = SftpConfig::new(host, root);
        config.user = user.map(str::to_owned);
        assert!(Sftp::new(config).is_err(), "{host} {user:?} {root}");
    }
}
