//! Keeping secrets inside this process.

use std::sync::Once;

/// Has the system write no image of this process to a disk, and let no other process of the user read
/// its memory: what crashes here leaves no secret behind. Once is enough.
pub fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Nothing can be done where the system does not let us.
        let _ = no_core_dump();
    });
}

#[cfg(unix)]
fn no_core_dump() -> rustix::io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    #[cfg(target_os = "linux")]
    {
        // The limit alone does not hold where dumps are piped to a program.
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    let Rlimit { maximum, .. } = getrlimit(Resource::Core);
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum })
}

#[cfg(not(unix))]
fn no_core_dump() -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn no_image_is_written_once_secrets_are_kept() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
        super::keep();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
    }
}
