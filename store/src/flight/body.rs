//! The bytes of a flight's file, to be sent to somebody.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use domain::FlightId;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::{FileState, FlightError, FlightFile};
use crate::Store;

/// Read and sent at once.
const PIECE: usize = 256 << 10;

/// A file, or part of one.
pub struct FlightBody {
    pub file: FlightFile,
    /// Which bytes of the file these are; the whole is `0..file.bytes`.
    pub range: Range<u64>,
    /// Exactly as many bytes as `range` holds, in pieces.
    pub body: BoxStream<'static, io::Result<Bytes>>,
}

impl fmt::Debug for FlightBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightBody")
            .field("file", &self.file)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Reads a file that is whole, or from `range.start` to `range.end` or its end, whichever comes
    /// first.
    pub async fn read_flight_file(
        &self,
        flight: FlightId,
        n: u64,
        range: Option<Range<u64>>,
    ) -> Result<FlightBody, FlightError> {
        let file = self.flight_file(flight, n).await?;
        if file.state == FileState::Uploading {
            return Err(FlightError::NotReceived { flight, n });
        }
        let bytes = file.bytes;
        let whole = range.is_none();
        let range = range.unwrap_or(0..bytes);
        let range = range.start..range.end.min(bytes);
        if !whole && range.is_empty() {
            return Err(FlightError::Range { start: range.start, bytes });
        }
        let path = self.file_path(flight, n);
        let named = |e| FlightError::file("read a file of a flight", &path, e);
        let body = pieces(&path, &range).await.map_err(named)?;
        Ok(FlightBody { file, range, body })
    }
}

/// Exactly the bytes of `range`, in pieces.
pub(crate) async fn pieces(
    path: &Path,
    range: &Range<u64>,
) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
    let mut opened = File::open(path).await?;
    opened.seek(io::SeekFrom::Start(range.start)).await?;
    let left = range.end - range.start;
    Ok(stream::try_unfold((opened, left), |(opened, left)| piece(opened, left)).boxed())
}

async fn piece(mut opened: File, left: u64) -> io::Result<Option<(Bytes, (File, u64))>> {
    if left == 0 {
        return Ok(None);
    }
    let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
    let mut piece = BytesMut::with_capacity(most);
    let read = (&mut opened).take(most as u64).read_buf(&mut piece).await?;
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some((piece.freeze(), (opened, left - read as u64))))
}
