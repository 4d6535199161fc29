//! The `trunks` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    trunks::cli::main()
}
