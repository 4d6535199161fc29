//! A place for repositories on a real server, as a user names it: a URL, and what is said besides.

use super::{Azurite, Postgres, S3, Sshd};
use crate::google::Google;
use std::net::SocketAddr;

/// Where repositories can be kept, in the words of `trunks`.
#[derive(Clone, Debug)]
pub struct Place {
    /// The store's URL.
    pub url: String,
    /// What is said besides, by the names of options: `endpoint`, `secret_key`.
    pub options: Vec<(&'static str, String)>,
}

impl Place {
    /// The URL of the repository called `name`.
    pub fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.url)
    }

    /// What is said besides, as variables of the environment.
    pub fn variables(&self) -> impl Iterator<Item = (String, &str)> {
        self.options.iter().map(|(name, value)| {
            (format!("TRUNKS_STORAGE_PRIMARY_{}", name.to_uppercase()), value.as_str())
        })
    }

    /// What is said besides, as flags of `trunks`.
    pub fn flags(&self) -> Vec<String> {
        let flag = |(name, value): &(&str, String)| format!("--{}={value}", name.replace('_', "-"));
        self.options.iter().map(flag).collect()
    }

    /// The same, with something else said of one option.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.options.retain(|(said, _)| *said != name);
        self.options.push((name, value.into()));
        self
    }

    /// The same, less what is said of one option.
    pub fn without(mut self, name: &str) -> Self {
        self.options.retain(|(said, _)| *said != name);
        self
    }
}

impl S3 {
    /// A new bucket, reached at the server's own address.
    pub fn place(&self) -> Place {
        self.place_at(self.address())
    }

    /// A new bucket, reached at the address of a proxy.
    pub fn place_at(&self, address: SocketAddr) -> Place {
        let options = vec![
            ("endpoint", format!("http://{address}")),
            ("region", Self::REGION.to_owned()),
            ("access_key", self.access_key.to_owned()),
            ("secret_key", self.secret_key.to_owned()),
        ];
        Place { url: format!("s3://{}/some/prefix", self.bucket()), options }
    }
}

impl Azurite {
    /// A new container, reached at the server's own address.
    pub fn place(&self) -> Place {
        self.place_at(self.address())
    }

    /// A new container, reached at the address of a proxy.
    pub fn place_at(&self, address: SocketAddr) -> Place {
        let options =
            vec![("endpoint", Self::endpoint_at(address)), ("access_key", Self::KEY.to_owned())];
        Place { url: format!("azure://{}/{}", Self::ACCOUNT, self.container()), options }
    }
}

impl Postgres {
    /// A new database, reached at the server's own address.
    pub fn place(&self) -> Place {
        self.place_at(self.address())
    }

    /// A new database, reached at the address of a proxy.
    pub fn place_at(&self, address: SocketAddr) -> Place {
        let url = format!("postgres://{}@{address}/{}", Self::USER, self.database());
        Place { url, options: vec![("password", Self::PASSWORD.to_owned())] }
    }
}

impl Sshd {
    /// A new directory, reached at the server's own address.
    pub fn place(&self) -> Place {
        self.place_at(self.address())
    }

    /// A new directory, reached at the address of a proxy.
    pub fn place_at(&self, address: SocketAddr) -> Place {
        let text = |path: std::path::PathBuf| path.display().to_string();
        let options = vec![
            ("identity_file", text(self.identity())),
            ("known_hosts", text(self.known_hosts(address))),
        ];
        Place { url: format!("sftp://{}@{address}{}", self.user(), text(self.root())), options }
    }
}

impl Google {
    /// A new part of the bucket.
    pub fn place(&self, part: &str) -> Place {
        let options = vec![("endpoint", self.endpoint()), ("token", Self::TOKEN.to_owned())];
        Place { url: format!("gs://{}/{part}", Self::BUCKET), options }
    }
}
