//! `trunks storage list`, `trunks storage show`

use crate::{
    cli::{
        CliError,
        arguments::Window,
        output::{Output, Resource},
        workspace::Workspace,
    },
    settings::{Settings, Storage, StorageUrl},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A storage, for printing: its secrets are masked.
#[derive(Debug, Serialize)]
pub struct Shown {
    name: String,
    role: &'static str,
    backend: &'static str,
    /// The store.
    pub url: String,
    /// Where the repository is in it.
    repository: String,
    /// What is saved of it besides.
    options: BTreeMap<&'static str, String>,
}

impl Resource for Shown {
    const OBJECT: &str = "storage";

    fn line(&self) -> String {
        format!("{}  {}  {}", self.name, self.role, self.repository)
    }

    fn page(&self) -> String {
        let mut page = format!(
            "name        {}\nrole        {}\nbackend     {}\nurl         {}\nrepository  {}",
            self.name, self.role, self.backend, self.url, self.repository
        );
        for (name, value) in &self.options {
            page.push_str(&format!("\n{name:<10}  {value}"));
        }
        page
    }
}

impl Shown {
    /// A storage of a repository.
    pub fn new(storage: &Storage, settings: &Settings) -> Result<Self, CliError> {
        let target = storage.target()?;
        let repository = match &target {
            StorageUrl::Store(url) => url.join(&settings.name()?).to_string(),
            StorageUrl::Git(url) => url.clone(),
        };
        let options = storage.options.masked();
        Ok(Self {
            name: storage.name.clone(),
            role: if storage.is_mirror { "mirror" } else { "primary" },
            backend: target.scheme(),
            repository,
            url: target.to_string(),
            options: options.map(|(key, value)| (key.name(), value.to_owned())).collect(),
        })
    }
}

/// Lists the storage of this repository.
pub fn list(window: Window, output: &Output) -> Result<(), CliError> {
    let settings = Workspace::find()?.settings()?;
    let shown: Result<Vec<Shown>, CliError> =
        settings.storages.iter().map(|storage| Shown::new(storage, &settings)).collect();
    output.list(&shown?, window)
}

/// Shows one storage.
pub fn one(name: &str, output: &Output) -> Result<(), CliError> {
    let settings = Workspace::find()?.settings()?;
    output.object(&Shown::new(settings.storage(name)?, &settings)?)
}
