//! What is true of a server that is reached by SSH and of no other store.

mod failures;
mod git;
mod lock;
mod server;

use super::*;
use std::fs;
use trunks_tests::servers::Sshd;

const HEAD: &str = "trunks/app.trunk/HEAD";
const MAIN: &str = "trunks/app.trunk/refs/heads/main";
const PACK: &str = "trunks/app.trunk/objects/pack/pack-1.pack";

/// How to get into the directory `root` of `sshd`.
fn config(sshd: &Sshd, root: &Path) -> SftpConfig {
    let address = sshd.address();
    let mut config = SftpConfig::new(address.ip().to_string(), root.to_str().expect("UTF-8"));
    config.port = Some(address.port());
    config.user = Some(sshd.user());
    config.identity_file = Some(sshd.identity());
    config.known_hosts = Some(sshd.known_hosts(address));
    config
}

/// A store in a directory of its own, which is also one of this machine.
fn scratch() -> (PathBuf, Sftp) {
    let root = Sshd::shared().root();
    let store = another(&root);
    (root, store)
}

/// One more store there, with a connection of its own.
fn another(root: &Path) -> Sftp {
    Sftp::new(config(Sshd::shared(), root)).expect("a configuration")
}

async fn put(store: &Sftp, key: &str, bytes: &[u8]) -> Version {
    store.put(key, bytes.to_vec(), Expected::Any).await.expect("written")
}

async fn present(store: &Sftp, key: &str) -> Value {
    store.get(key, None).await.expect("read").expect("present")
}

/// Everything below `root` that is not a directory, as it lies there.
fn files(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            if entry.file_type().expect("a type").is_dir() {
                directories.push(entry.path());
            } else {
                let path = entry.path();
                let path = path.strip_prefix(root).expect("below the root");
                files.push(path.to_str().expect("UTF-8").to_owned());
            }
        }
    }
    files.sort();
    files
}
