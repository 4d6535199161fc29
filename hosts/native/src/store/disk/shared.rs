//! Telling shares, which other machines may write to as well, from disks.

use std::fs::File;

/// Filesystems whose `flock` may hold on this machine alone.
///
/// # Source
/// statfs(2), "Filesystem type constants"
#[cfg(target_os = "linux")]
const SHARED: [u32; 8] = [
    0x0000_6969, // NFS
    0x0000_517b, // SMB
    0xff53_4d42, // CIFS
    0xfe53_4d42, // SMB2
    0x0102_1997, // 9P
    0x6573_5546, // FUSE: sshfs, and whatever else a program makes of it
    0x00c3_6400, // Ceph
    0x5346_414f, // AFS
];

/// Whether a file lies on a share.
#[cfg(target_os = "linux")]
pub(super) fn is_shared(file: &File) -> bool {
    // The field is as wide as the words of the machine, its values are of 32 bits.
    rustix::fs::fstatfs(file).is_ok_and(|found| SHARED.contains(&(found.f_type as u32)))
}

/// Whether a file lies on a share.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_shared(_: &File) -> bool {
    false
}
