//! Where `cargo xtask servers` has put what is not part of the system.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Names the directory of installed servers, where they are not in the target directory.
const PLACE: &str = "TRUNKS_TEST_SERVERS";

/// The path of what was installed at `path` below the directory of servers.
pub fn installed(path: &str) -> PathBuf {
    let file = place().join(path);
    assert!(file.exists(), "{} is not there: run `cargo xtask servers`", file.display());
    file
}

/// The path of a program of the system, looked for in `PATH` and in `places` besides.
pub fn of_system(program: &str, places: &[&Path]) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut directories = env::split_paths(&path).chain(places.iter().map(|p| p.to_path_buf()));
    let found = directories.find_map(|directory| {
        let file = directory.join(program);
        file.is_file().then_some(file)
    });
    found.unwrap_or_else(|| panic!("{program} is not installed: run `cargo xtask servers`"))
}

fn place() -> PathBuf {
    if let Some(place) = env::var_os(PLACE) {
        return place.into();
    }
    let this = env::current_exe().expect("this program");
    let beside = this.ancestors().map(|directory| directory.join("servers"));
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/servers");
    beside.chain([project]).find(|place| place.is_dir()).unwrap_or_else(|| {
        panic!("no servers are installed: run `cargo xtask servers`, or name them in {PLACE}")
    })
}
