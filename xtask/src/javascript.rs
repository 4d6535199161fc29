//! `cargo xtask js`: the core as wasm with its JavaScript, for Node and for browsers, the package over it,
//! and their tests.

use crate::{
    command::{cargo, command, root, run, run_seeing, target_dir},
    servers, setup,
    test::Counts,
};
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// What wasm-bindgen makes, and how Node is to load what it made.
const BUILDS: [(&str, &str); 2] = [("nodejs", "commonjs"), ("web", "module")];

/// Builds `js/dist/` and runs the tests of `js/test/`.
pub fn run_all() -> Result<Counts> {
    servers::python()?;
    servers::browser()?;
    build()?;
    run(&mut cargo("build --release --workspace --bins"))?;
    let binaries = target_dir().join("release");
    let environment =
        [(servers::PLACE, &*servers::place()), ("TRUNKS_TEST_BINARIES", binaries.as_path())];
    let counts = tests_in("js/test", &environment)?;
    counts.demand_all_passed()?;
    Ok(counts)
}

/// Builds `js/dist/`: the core as wasm, and the package over it.
pub fn build() -> Result<()> {
    setup::node()?;
    setup::wasm_targets()?;
    core()?;
    let directory = root().join("js");
    setup::npm_packages(&directory)?;
    run(command("npm", ["run", "--silent", "build"]).current_dir(&directory))
}

fn core() -> Result<()> {
    let mut build =
        cargo("build --release --manifest-path js/Cargo.toml --target wasm32-unknown-unknown");
    run(build.env("CARGO_ENCODED_RUSTFLAGS", flags_without_places()))?;
    let module = target_dir().join("wasm32-unknown-unknown/release/trunks_js.wasm");
    for (target, kind) in BUILDS {
        let directory = root().join("js/dist").join(target);
        let mut bindgen = cargo("run --quiet --release --package xtask-bindgen --");
        bindgen.arg(&module).args(["--target", target, "--out-name", "trunks", "--out-dir"]);
        run(bindgen.arg(&directory))?;
        fs::write(directory.join("package.json"), format!("{{ \"type\": \"{kind}\" }}\n"))?;
    }
    types(&root().join("js/dist/web"))
}

/// What the package's types say of loading: wasm-bindgen's own words need those of a browser, and newer ones
/// than many a project has.
const LOADING: &str = "\
/** Loads the core from a URL, from bytes or from a module. */
export default function load(options: { module_or_path: unknown }): Promise<unknown>;

/** Loads the core from a module that is compiled already. */
export function initSync(options: { module: unknown }): unknown;
";

/// Writes `core.d.ts`: the types of `trunks.d.ts` in words that every environment knows.
fn types(directory: &Path) -> Result<()> {
    let all = fs::read_to_string(directory.join("trunks.d.ts"))?;
    let (shapes, _) = all.split_once("export type InitInput").context("types of loading")?;
    let known = shapes.lines().filter(|line| !line.contains("Symbol.dispose"));
    let lines: String = known.flat_map(|line| [line, "\n"]).collect();
    Ok(fs::write(directory.join("core.d.ts"), lines + LOADING)?)
}

/// Flags for rustc by which the package that is given away names no directory of this machine.
fn flags_without_places() -> String {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cargo_home = env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let said = env::var("RUSTFLAGS").unwrap_or_default();
    let mut flags: Vec<String> = said.split_whitespace().map(str::to_owned).collect();
    for (place, name) in [(cargo_home, "cargo"), (root(), "trunks")] {
        flags.push(format!("--remap-path-prefix={}={name}", place.display()));
    }
    // What cargo takes between two flags, so that a path may hold spaces.
    flags.join("\u{1f}")
}

/// Runs the tests of a directory with Node, and with this in its environment.
pub fn tests_in(directory: &str, environment: &[(&str, &Path)]) -> Result<Counts> {
    let mut files = Vec::new();
    let listed = fs::read_dir(root().join(directory));
    for entry in listed.with_context(|| format!("{directory} cannot be listed"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        files.extend(name.ends_with(".test.mjs").then(|| format!("{directory}/{name}")));
    }
    if files.is_empty() {
        bail!("{directory} holds no tests");
    }
    files.sort();
    let mut counts = Counts::default();
    let node = ["--test".to_owned(), "--test-reporter=spec".to_owned()];
    let mut node = command("node", node.into_iter().chain(files));
    run_seeing(node.envs(environment.iter().copied()), |line| see(line, &mut counts))?;
    Ok(counts)
}

/// Takes what a closing line of Node's test runner counts.
fn see(line: &str, counts: &mut Counts) {
    let mut words = line.split_whitespace();
    let (Some("ℹ"), Some(what), Some(count), None) = (
        words.next(),
        words.next(),
        words.next().and_then(|n| n.parse::<u64>().ok()),
        words.next(),
    ) else {
        return;
    };
    match what {
        "pass" => counts.passed += count,
        "fail" | "cancelled" => counts.failed += count,
        "skipped" | "todo" => counts.skipped += count,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, see};

    #[test]
    fn node_closing_lines_are_understood() {
        let mut counts = Counts::default();
        let lines = "✔ ℹ pass 7 (1.2ms)\nℹ tests 14\nℹ suites 1\nℹ pass 9\nℹ fail 1\nℹ cancelled 2\n\
                     ℹ skipped 1\nℹ todo 1\nℹ duration_ms 95.7";
        lines.lines().for_each(|line| see(line, &mut counts));
        assert_eq!(counts, Counts { passed: 9, failed: 3, skipped: 2 });
    }
}
