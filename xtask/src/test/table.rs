//! The table of stores by behaviours: which store did what every store must do.

use std::collections::{BTreeMap, BTreeSet};

/// The modules of the tests in which a store runs the suite, and what the store is called.
const STORES: [(&str, &str); 8] = [
    ("on_disk", "disk"),
    ("s3_ministack", "ministack"),
    ("s3_moto", "moto"),
    ("s3_ceph", "ceph"),
    ("on_google", "gcs double"),
    ("azure_azurite", "azurite"),
    ("sftp_openssh", "openssh"),
    ("postgres", "postgres"),
];

/// What the tests of stores have come to.
#[derive(Debug, Default)]
pub struct Table {
    cells: BTreeMap<(String, &'static str), bool>,
}

impl Table {
    /// Takes a line of cargo's test runner in, if it is of a store's test.
    pub fn see(&mut self, line: &str) {
        let Some((test, end)) =
            line.strip_prefix("test ").and_then(|line| line.split_once(" ... "))
        else {
            return;
        };
        let Some((module, behaviour)) = test.split_once("::") else { return };
        if let Some((_, store)) = STORES.iter().find(|(of, _)| *of == module) {
            self.cells.insert((behaviour.to_owned(), store), end == "ok");
        }
    }

    /// The table as text, empty when no store was tested.
    pub fn shown(&self) -> String {
        let behaviours: BTreeSet<&str> = self.cells.keys().map(|(name, _)| name.as_str()).collect();
        let width = behaviours.iter().map(|name| name.len()).max().unwrap_or(0);
        let mut text = String::new();
        if behaviours.is_empty() {
            return text;
        }
        let mut row = |name: &str, cells: [&str; STORES.len()]| {
            text.push_str(&format!("{name:<width$}"));
            cells.iter().for_each(|cell| text.push_str(&format!("{cell:>11}")));
            text.push('\n');
        };
        row("behaviour", STORES.map(|(_, store)| store));
        for behaviour in behaviours {
            row(
                behaviour,
                STORES.map(|(_, store)| match self.cells.get(&(behaviour.to_owned(), store)) {
                    Some(true) => "ok",
                    Some(false) => "FAILED",
                    None => "-",
                }),
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn each_store_has_a_column_and_each_behaviour_a_row() {
        let mut table = Table::default();
        assert_eq!(table.shown(), "");
        for line in [
            "test s3_moto::pages_hold_every_key_once ... ok",
            "test postgres::pages_hold_every_key_once ... FAILED",
            "test tables::a_role_reads ... ok",
            "test store::disk::tests::postgres ... ok",
            "running 3 tests",
        ] {
            table.see(line);
        }
        let shown = table.shown();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 2, "{shown}");
        let cells: Vec<&str> = lines[1].split_whitespace().collect();
        assert_eq!(
            cells,
            ["pages_hold_every_key_once", "-", "-", "ok", "-", "-", "-", "-", "FAILED"]
        );
    }
}
