//! Azurite: Microsoft's own emulator of Azure Blob Storage. It writes what it knows of its blobs to disk
//! every few seconds and at its end, so it is to be stopped, not killed, where nothing may be lost.

use super::{Process, http, installed::installed};
use std::{
    net::SocketAddr,
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// A running Azurite.
#[derive(Debug)]
pub struct Azurite {
    process: Process,
}

impl Azurite {
    /// The account that every Azurite has.
    pub const ACCOUNT: &str = "devstoreaccount1";
    /// Its key, which is no secret.
    ///
    /// # Source
    /// Microsoft, "Use the Azurite emulator", "Well-known storage account and key"
    pub const KEY: &str =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    /// A shared access signature by that key for everything in the account.
    pub const SAS: &str = "sv=2019-12-12&ss=b&srt=sco&sp=rwdlac&se=2099-01-01T00:00:00Z&spr=https,http\
                           &sig=0inStVod1SiNNw%2FCJ4fRrpJIdRZAadbisT7bZCD4KQs%3D";
    /// The same for reading and listing only.
    pub const SAS_TO_READ: &str = "sv=2019-12-12&ss=b&srt=sco&sp=rl&se=2099-01-01T00:00:00Z\
                                   &spr=https,http\
                                   &sig=%2F89rIrsOctn%2F6Wn37z5CXKwXbLZowZjmUBp%2FUxhS1Ok%3D";

    /// The one of this test program.
    pub fn shared() -> &'static Self {
        static ONE: LazyLock<Azurite> = LazyLock::new(Azurite::start);
        &ONE
    }

    /// One that no other test uses, to be killed.
    pub fn start() -> Self {
        let process = Process::start(
            "azurite",
            http::answers,
            Box::new(|port, directory| {
                let mut command = Command::new("node");
                command
                    .arg(installed("node/node_modules/azurite/dist/src/blob/main.js"))
                    .args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()])
                    .args(["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location"])
                    .arg(directory);
                command
            }),
        );
        Self { process }
    }

    /// The server's process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The server's address.
    pub fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// The account's URL at the server, or at a proxy in front of it.
    pub fn endpoint_at(address: SocketAddr) -> String {
        format!("http://{address}/{}", Self::ACCOUNT)
    }

    /// Makes a container that is nobody else's. Returns its name.
    pub fn container(&self) -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("trunks-{}", MADE.fetch_add(1, Ordering::Relaxed));
        let target = format!("/{}/{name}?restype=container&{}", Self::ACCOUNT, Self::SAS);
        let made = http::request(self.address(), "PUT", &target, "");
        let (status, body) = made.expect("the server answers");
        assert_eq!(status, 201, "container {name}: {body}");
        name
    }
}
