//! KLV out of MPEG-TS, by ST 1402.
//!
//! Asynchronous KLV is private data (stream type 0x06), `KLVA` by registration; synchronous KLV is
//! metadata in PES (0x15), each packet behind a 5-byte cell header. A PES packet with a time stamp
//! belongs to the picture of that time; one without belongs to the newest picture before it in the
//! stream, which may be off by as much as the multiplexer buffered, usually under half a second.

use std::collections::BTreeMap;
use std::io::Read;

use jiff::SignedDuration;
use mpeg2ts_reader::demultiplex::{self, Demultiplex, FilterChangeset, FilterRequest};
use mpeg2ts_reader::packet::Pid;
use mpeg2ts_reader::pes::{self, PesContents, PesHeader, PesPacketFilter, PtsDts};
use mpeg2ts_reader::{StreamType, packet_filter_switch};

use domain::WarningCode;

use super::rows::Rows;
use super::search::{LABEL, cut};
use super::{KlvError, MAX_PACKET};
use crate::sample::Telemetry;

const PACKET: usize = 188;
const SYNC: u8 = 0x47;
/// How far sync is searched for before the file is refused.
const MAX_SEARCH: usize = 1 << 20;
/// KLV of one PES packet that is kept.
const MAX_PES: usize = 2 * MAX_PACKET;
/// Time stamps count 90 kHz in 33 bits.
const PTS_WRAP: i64 = 1 << 33;

/// Reads the ST 0601 packets of an MPEG-TS file. `media` is counted from the first picture.
pub fn from_transport_stream(bytes: impl Read) -> Result<Telemetry, KlvError> {
    let mut context = Context::default();
    let mut demultiplex = Demultiplex::new(&mut context);
    let mut packets = Aligned { bytes, buffer: Vec::new(), done: 0, ended: false };
    let mut any = false;
    while let Some(packet) = packets.next()? {
        any = true;
        demultiplex.push(&mut context, packet);
    }
    if !any {
        return Err(KlvError::NotTransportStream);
    }
    context.finish()
}

/// Cuts a stream into packets, finding sync again where it is lost.
struct Aligned<R> {
    bytes: R,
    buffer: Vec<u8>,
    done: usize,
    ended: bool,
}

impl<R: Read> Aligned<R> {
    fn next(&mut self) -> Result<Option<&[u8]>, KlvError> {
        let mut searched = 0;
        loop {
            self.fill()?;
            let ahead = self.buffer.get(self.done..).unwrap_or_default();
            if ahead.len() < PACKET || searched > MAX_SEARCH {
                return Ok(None);
            }
            // One sync byte may be chance; two a packet apart hardly are.
            let follows = ahead.get(PACKET).is_none_or(|&next| next == SYNC);
            if ahead[0] == SYNC && follows {
                break;
            }
            self.done += 1;
            searched += 1;
        }
        let from = self.done;
        self.done += PACKET;
        Ok(self.buffer.get(from..from + PACKET))
    }

    /// Makes sure that two packets lie ahead, unless the stream ends before.
    fn fill(&mut self) -> Result<(), KlvError> {
        while self.buffer.len() - self.done < 2 * PACKET && !self.ended {
            self.buffer.drain(..self.done);
            self.done = 0;
            let read = (&mut self.bytes).take(1 << 16).read_to_end(&mut self.buffer)?;
            self.ended = read == 0;
        }
        Ok(())
    }
}

packet_filter_switch! {
    Filter<Context> {
        Pes: PesPacketFilter<Context, Stream>,
        Pat: demultiplex::PatPacketFilter<Context>,
        Pmt: demultiplex::PmtPacketFilter<Context>,
        Null: demultiplex::NullPacketFilter<Context>,
    }
}

/// What is collected while the stream goes by.
#[derive(Default)]
#[expect(unreachable_pub, reason = "`packet_filter_switch!` makes a public enum of it")]
pub struct Context {
    changes: FilterChangeset<Filter>,
    rows: Rows,
    /// KLV whose PES packet has not ended, by its pid.
    open: BTreeMap<u16, Open>,
    /// The beginning of a KLV packet that goes on in the next PES packet, by its pid.
    tails: BTreeMap<u16, Vec<u8>>,
    /// The first time stamp of all: what others are counted from meanwhile.
    base: Option<u64>,
    first_picture: Option<u64>,
    newest_picture: Option<u64>,
}

struct Open {
    kind: Carries,
    pts: Option<u64>,
    bytes: Vec<u8>,
}

impl demultiplex::DemuxContext for Context {
    type F = Filter;

    fn filter_changeset(&mut self) -> &mut FilterChangeset<Filter> {
        &mut self.changes
    }

    fn construct(&mut self, request: FilterRequest<'_, '_>) -> Filter {
        match request {
            FilterRequest::ByPid(mpeg2ts_reader::psi::pat::PAT_PID) => {
                Filter::Pat(demultiplex::PatPacketFilter::default())
            }
            FilterRequest::Pmt { pid, program_number } => {
                Filter::Pmt(demultiplex::PmtPacketFilter::new(pid, program_number))
            }
            FilterRequest::ByStream { stream_type, stream_info, .. } => {
                let pid = stream_info.elementary_pid();
                carries(stream_type).map_or_else(ignored, |kind| {
                    Filter::Pes(PesPacketFilter::new(Stream { pid, kind }))
                })
            }
            _ => ignored(),
        }
    }
}

fn ignored() -> Filter {
    Filter::Null(demultiplex::NullPacketFilter::default())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Carries {
    Picture,
    /// KLV as it is.
    Klv,
    /// KLV behind metadata cell headers.
    Cells,
}

/// Private data is looked through whether it is registered as `KLVA` or not: recorders lose the
/// registration, and no other data holds the universal label.
fn carries(stream_type: StreamType) -> Option<Carries> {
    match stream_type.0 {
        0x01 | 0x02 | 0x10 | 0x1b | 0x24 | 0x33 => Some(Carries::Picture),
        0x06 => Some(Carries::Klv),
        0x15 => Some(Carries::Cells),
        _ => None,
    }
}

/// One elementary stream that matters here.
#[expect(unreachable_pub, reason = "`packet_filter_switch!` makes a public enum of it")]
pub struct Stream {
    pid: Pid,
    kind: Carries,
}

impl pes::ElementaryStreamConsumer<Context> for Stream {
    fn start_stream(&mut self, _: &mut Context) {}

    fn begin_packet(&mut self, context: &mut Context, header: PesHeader<'_>) {
        let (pts, payload) = match header.contents() {
            PesContents::Parsed(Some(parsed)) => {
                let pts = match parsed.pts_dts() {
                    Ok(PtsDts::PtsOnly(Ok(pts)) | PtsDts::Both { pts: Ok(pts), .. }) => {
                        Some(pts.value())
                    }
                    _ => None,
                };
                (pts, parsed.payload())
            }
            PesContents::Parsed(None) => return,
            PesContents::Payload(payload) => (None, payload),
        };
        context.base = context.base.or(pts);
        if self.kind == Carries::Picture {
            context.first_picture = context.first_picture.or(pts);
            context.newest_picture = pts.or(context.newest_picture);
            return;
        }
        let pts = pts.or(context.newest_picture);
        let open = Open { kind: self.kind, pts, bytes: payload.to_vec() };
        context.open.insert(self.pid.into(), open);
    }

    fn continue_packet(&mut self, context: &mut Context, data: &[u8]) {
        if let Some(open) = context.open.get_mut(&self.pid.into())
            && open.bytes.len() < MAX_PES
        {
            open.bytes.extend_from_slice(data);
        }
    }

    fn end_packet(&mut self, context: &mut Context) {
        let pid = self.pid.into();
        if let Some(open) = context.open.remove(&pid) {
            context.close(pid, open);
        }
    }

    fn continuity_error(&mut self, context: &mut Context) {
        let pid = self.pid.into();
        let tail = context.tails.remove(&pid).is_some_and(|tail| !tail.is_empty());
        if context.open.remove(&pid).is_some() || tail {
            context.rows.warnings.add(
                WarningCode::Truncated,
                "packets of the transport stream are missing inside KLV; that KLV was left out",
            );
        }
    }
}

impl Context {
    fn close(&mut self, pid: u16, open: Open) {
        let media = open.pts.zip(self.base).map(|(pts, base)| between(base, pts));
        let more = if open.kind == Carries::Cells { cells(&open.bytes) } else { open.bytes };
        let mut bytes = self.tails.remove(&pid).unwrap_or_default();
        bytes.extend(more);
        let tail = bytes.split_off(cut(&bytes));
        self.rows.take(&bytes, media);
        self.tails.insert(pid, tail);
    }

    fn finish(mut self) -> Result<Telemetry, KlvError> {
        for (pid, open) in std::mem::take(&mut self.open) {
            self.close(pid, open);
        }
        for tail in std::mem::take(&mut self.tails).into_values() {
            self.rows.take(&tail, None);
        }
        if let Some((base, first)) = self.base.zip(self.first_picture) {
            self.rows.shift(between(first, base));
        }
        self.rows.finish("MISB ST 0601 in MPEG-TS")
    }
}

/// From one time stamp to another, across the wrap after 26.5 hours.
fn between(from: u64, to: u64) -> SignedDuration {
    let wrapped = |pts: u64| i64::try_from(pts).unwrap_or(0).rem_euclid(PTS_WRAP);
    let mut ticks = (wrapped(to) - wrapped(from)).rem_euclid(PTS_WRAP);
    if ticks >= PTS_WRAP / 2 {
        ticks -= PTS_WRAP;
    }
    SignedDuration::from_nanos(ticks * 100_000 / 9)
}

/// The contents of metadata access unit cells, one after the other. Bytes that are no cells are
/// taken as they are: some multiplexers leave the headers out.
fn cells(bytes: &[u8]) -> Vec<u8> {
    const HEADER: usize = 5;
    if bytes.starts_with(&LABEL) {
        return bytes.to_vec();
    }
    let mut klv = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((header, after)) = rest.split_at_checked(HEADER) {
        let length = usize::from(u16::from_be_bytes([header[3], header[4]])).min(after.len());
        let (cell, after) = after.split_at(length);
        klv.extend_from_slice(cell);
        rest = after;
    }
    klv
}

#[cfg(test)]
mod tests;
