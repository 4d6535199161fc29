//! The rules for a single file.

use super::File;

/// From here on a file is asked for its second idea.
const LONG_LINES: usize = 400;

/// Files that may be longer, and why.
const LONG_FILES: &[(&str, &str)] = &[];

/// What is counted as source, by extension.
const SOURCES: [&str; 8] = ["rs", "js", "mjs", "ts", "py", "sh", "wit", "html"];

/// Names of those who sell or make storage: the core must not know any.
const PROVIDERS: [&str; 20] = [
    "aws",
    "amazon",
    "s3",
    "r2",
    "cloudflare",
    "gcs",
    "google",
    "azure",
    "minio",
    "tigris",
    "wasabi",
    "backblaze",
    "b2",
    "ceph",
    "postgres",
    "postgresql",
    "sftp",
    "github",
    "nfs",
    "opfs",
];

/// Beginnings of paths that exist on one machine only. Split, so that this file keeps the rule.
const MACHINE_PATHS: [&str; 6] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/tm", "p/"),
    concat!("/wo", "rk/"),
    concat!("/mn", "t/data"),
];

/// Hosts of package registries: everybody has their own mirror, so none is written down.
const REGISTRIES: [&str; 6] = [
    concat!("registry.", "npmjs"),
    concat!("registry.", "yarnpkg"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("pypi.", "org/simple"),
    concat!("files.", "pythonhosted"),
];

/// Marks that keep a test from running.
const SKIPS: [&str; 6] = [
    concat!("#[ig", "nore"),
    concat!("test.sk", "ip("),
    concat!("test.to", "do("),
    concat!("sk", "ip: true"),
    concat!("pytest.mark.sk", "ip"),
    concat!("pytest.sk", "ip"),
];

/// What is wrong with one file.
pub fn of_file(file: &File) -> Vec<String> {
    let mut problems = Vec::new();
    let extension = file.path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let lines = file.text.lines().count();
    if SOURCES.contains(&extension) && lines > LONG_LINES && reason_for(&file.path).is_none() {
        problems.push(format!(
            "{}: {lines} lines, more than {LONG_LINES}: split it, or list it in xtask/src/tidy/rules.rs \
             with the reason",
            file.path
        ));
    }
    // What `foo/tests.rs` is, its name says.
    let needs_sentence = extension == "rs" && !file.path.ends_with("/tests.rs");
    if needs_sentence && !file.text.starts_with("//! ") {
        problems.push(format!("{}: a module opens with a `//!` sentence", file.path));
    }
    for (number, line) in (1..).zip(file.text.lines()) {
        let mut found = |what: &str| problems.push(format!("{}:{number}: {what}", file.path));
        if file.path.starts_with("core/")
            && let Some(name) = provider_in(line)
        {
            found(&format!("the core knows no provider, but this names {name:?}"));
        }
        if let Some(path) = machine_path_in(line) {
            found(&format!("{path:?} is a path of one machine"));
        }
        if REGISTRIES.iter().any(|host| line.contains(host)) {
            found("a package registry's host");
        }
        if SKIPS.iter().any(|mark| line.contains(mark)) {
            found("a test that does not run is no test");
        }
    }
    problems
}

/// Files that are listed as long without need.
pub fn of_exceptions(files: &[File]) -> Vec<String> {
    let is_long = |path: &str| {
        files.iter().any(|file| file.path == path && file.text.lines().count() > LONG_LINES)
    };
    let needless = LONG_FILES.iter().filter(|(path, _)| !is_long(path));
    needless.map(|(path, _)| format!("{path}: listed as long, but it is not")).collect()
}

fn reason_for(path: &str) -> Option<&'static str> {
    LONG_FILES.iter().find(|(long, _)| *long == path).map(|(_, reason)| *reason)
}

fn provider_in(line: &str) -> Option<&'static str> {
    let line = line.to_lowercase();
    let words = line.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter_map(|word| PROVIDERS.into_iter().find(|name| *name == word)).next()
}

/// A machine's path that begins here, rather than a part of some longer path or URL.
fn machine_path_in(line: &str) -> Option<&'static str> {
    MACHINE_PATHS.into_iter().find(|path| {
        line.match_indices(path).any(|(at, _)| {
            let before = line.get(..at).and_then(|before| before.chars().next_back());
            !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '}'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{File, of_file};

    fn problems(path: &str, text: &str) -> Vec<String> {
        of_file(&File { path: path.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_tidy_file_has_no_problems() {
        let text = "//! Reads refs.\n\n/// `tmp/refs/work/`, `a/tmp/b`.\nfn read() {}\n";
        assert_eq!(problems("core/src/refs/read.rs", text), [""; 0]);
    }

    #[test]
    fn long_files_are_found() {
        let text = format!("//! Long.\n{}", "\n".repeat(400));
        assert_eq!(problems("core/src/a.rs", &text).len(), 1);
        assert_eq!(problems("docs/a.md", &text).len(), 0);
    }

    #[test]
    fn modules_that_do_not_say_what_they_are_are_found() {
        assert_eq!(problems("core/src/a.rs", "use core::fmt;\n").len(), 1);
        assert_eq!(problems("js/a.mjs", "let a = 1;\n").len(), 0);
    }

    #[test]
    fn provider_names_are_found_in_the_core_only() {
        let text = format!("//! Puts to {}.\n", "S3");
        assert_eq!(problems("core/src/a.rs", &text).len(), 1);
        assert_eq!(problems("hosts/native/src/a.rs", &text).len(), 0);
        assert_eq!(problems("core/src/a.rs", "//! Words: cs3d, sha1.\n").len(), 0);
    }

    #[test]
    fn machine_paths_are_found_where_they_begin() {
        let home = concat!("/ho", "me/me");
        assert_eq!(problems("docs/a.md", &format!("cd {home}")).len(), 1);
        assert_eq!(problems("docs/a.md", &format!("local://{home}")).len(), 1);
        assert_eq!(problems("docs/a.md", &format!("example.org{home}")).len(), 0);
    }

    #[test]
    fn registry_hosts_and_skipped_tests_are_found() {
        let host = concat!("https://registry.", "npmjs.org/a.tgz");
        assert_eq!(problems("js/package-lock.json", host).len(), 1);
        assert_eq!(problems("tests/a.rs", concat!("//! T.\n#[ig", "nore]\n")).len(), 1);
    }
}
