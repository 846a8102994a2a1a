//! MISB ST 0601 key-length-value telemetry, on its own or inside MPEG-TS.
//!
//! [`packets`] finds packets by their universal label and goes on after a broken one; a wrong
//! checksum is flagged and the packet kept. [`read`] and [`from_transport_stream`] make rows of
//! telemetry of them. Tags that nothing here uses are stepped over.
//!
//! Sources: MISB ST 0601, ST 1201 (IMAPB), ST 1402 (carriage in MPEG-TS), as implemented by
//! `WestRidgeSystems/jmisb` and `paretech/klvdata`.

mod attitude;
mod ber;
mod fields;
mod packet;
mod rows;
mod search;
mod transport;

#[cfg(test)]
mod writing;

pub use packet::{Checksum, Packet};
pub use rows::read;
pub use search::{MAX_PACKET, Packets, packets};
pub use transport::from_transport_stream;

/// Why bytes hold no telemetry, or one packet cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KlvError {
    #[error("the KLV packet at byte {at} has a length that makes no sense; it was left out")]
    Length { at: usize },
    #[error("the KLV packet at byte {at} ends too early; it was left out")]
    Truncated { at: usize },
    #[error("no MISB ST 0601 packet found: this is not KLV telemetry, or the file is damaged")]
    NoPackets,
    #[error("no MPEG-TS packets found: pass a .ts file, or raw KLV as a .bin file")]
    NotTransportStream,
    #[error("cannot read the transport stream")]
    Read {
        #[from]
        source: std::io::Error,
    },
}
