//! What a client is told before it pushes.

use super::ReceiveOptions;
use crate::{
    exchange::Exchange,
    object::ObjectId,
    refs::Ref,
    wire::{Version, WireError, pktline::PktLines},
};
use alloc::format;

/// No `atomic`: refs move one by one, so git must refuse `--atomic` itself.
const CAPABILITIES: &str = "report-status report-status-v2 delete-refs side-band-64k quiet \
                            ofs-delta push-options object-format=sha1";

/// Writes all refs, the first with the capabilities.
///
/// # Source
/// gitprotocol-pack(5), "Reference Discovery"
pub(super) async fn write<E: Exchange>(
    lines: &mut PktLines<'_, E>,
    refs: &[Ref],
    options: &ReceiveOptions,
) -> Result<(), WireError> {
    if options.version == Version::V1 {
        lines.write_line(format_args!("version 1"));
    }
    let capabilities = format!("{CAPABILITIES} agent={}", options.agent);
    match refs.split_first() {
        None => {
            let none = ObjectId::ZERO;
            lines.write_line(format_args!("{none} capabilities^{{}}\0{capabilities}"));
        }
        Some((first, rest)) => {
            let name = first.name.as_str();
            lines.write_line(format_args!("{} {name}\0{capabilities}", first.id));
            for found in rest {
                lines.write_line(format_args!("{} {}", found.id, found.name.as_str()));
                lines.flush_if_large().await?;
            }
        }
    }
    lines.write_flush();
    Ok(())
}
