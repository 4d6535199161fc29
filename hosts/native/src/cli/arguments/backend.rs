//! The options that say where a storage is.

use super::Access;
use clap::Args;
use std::path::PathBuf;

/// Which storage a command is about.
#[derive(Clone, Debug, Default, Args)]
pub struct Backend {
    /// Its kind (s3, r2, tigris, b2, wasabi, spaces, gcs, azure, sftp, postgres, local, file) or its URL
    #[arg(long, value_name = "KIND|URL")]
    pub backend: Option<String>,
    /// Its URL, such as s3://bucket/prefix
    #[arg(long)]
    pub url: Option<String>,
    /// Its bucket
    #[arg(long)]
    pub bucket: Option<String>,
    /// What its keys begin with
    #[arg(long)]
    pub prefix: Option<String>,
    /// Its storage account (azure)
    #[arg(long)]
    pub account: Option<String>,
    /// Its container (azure)
    #[arg(long)]
    pub container: Option<String>,
    /// Its server (sftp, postgres)
    #[arg(long)]
    pub host: Option<String>,
    /// Its server's port
    #[arg(long)]
    pub port: Option<u16>,
    /// Who signs in there
    #[arg(long)]
    pub user: Option<String>,
    /// Its database (postgres)
    #[arg(long)]
    pub database: Option<String>,
    /// Its directory (local, file, sftp)
    #[arg(long)]
    pub path: Option<PathBuf>,
    /// How to sign in
    #[command(flatten)]
    pub access: Access,
}

impl Backend {
    /// The options that belong to some kinds only, with whether they are given.
    pub fn parts(&self) -> [(&'static str, bool); 9] {
        [
            ("bucket", self.bucket.is_some()),
            ("prefix", self.prefix.is_some()),
            ("account", self.account.is_some()),
            ("container", self.container.is_some()),
            ("host", self.host.is_some()),
            ("port", self.port.is_some()),
            ("user", self.user.is_some()),
            ("database", self.database.is_some()),
            ("path", self.path.is_some()),
        ]
    }
}
