//! What git runs for a URL that begins with `trunks::`.

use std::process::ExitCode;

fn main() -> ExitCode {
    trunks::helper::main()
}
