//! The rule for decision records: each is in the index, and the index names no other.

use super::File;
use std::collections::BTreeSet;

const DIRECTORY: &str = "docs/adr/";
const INDEX: &str = "docs/adr/README.md";

/// What is wrong between the records and their index.
pub fn of_index(files: &[File]) -> Vec<String> {
    let records: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.path.strip_prefix(DIRECTORY))
        .filter(|name| is_record(name))
        .collect();
    let index = files.iter().find(|file| file.path == INDEX).map_or("", |file| &file.text);
    let listed: BTreeSet<&str> = index
        .split(['(', ')', '[', ']', ' ', '|', '`', '\n'])
        .filter(|word| is_record(word))
        .collect();
    let missing = records.difference(&listed).map(|name| format!("{INDEX}: {name} is not listed"));
    let gone = listed.difference(&records).map(|name| format!("{INDEX}: {name} does not exist"));
    missing.chain(gone).collect()
}

/// Whether this is the name of a record: `NNNN-title.md`.
fn is_record(name: &str) -> bool {
    let Some((number, title)) = name.split_once('-') else { return false };
    number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()) && title.ends_with(".md")
}

#[cfg(test)]
mod tests {
    use super::{File, of_index};

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn index_and_records_must_agree() {
        let index = "- [0001](0001-packs.md): packs\n- [0003](0003-gone.md)\n";
        let files = [
            file("docs/adr/README.md", index),
            file("docs/adr/0001-packs.md", ""),
            file("docs/adr/0002-refs.md", ""),
        ];
        let problems = of_index(&files);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("0002-refs.md is not listed"));
        assert!(problems[1].contains("0003-gone.md does not exist"));
        assert!(of_index(&files[1..2]).iter().any(|p| p.contains("0001-packs.md")));
        assert!(of_index(&[]).is_empty());
    }
}
