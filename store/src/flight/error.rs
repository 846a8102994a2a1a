//! Why something about a flight could not be done, and what to do instead.

use std::io;
use std::path::{Path, PathBuf};

use domain::{FlightId, FlightState};

use super::step::word;
use crate::StoreError;

/// Why a flight, or a file of one, is not as the caller wants it.
#[derive(Debug, thiserror::Error)]
pub enum FlightError {
    #[error("there is no flight {flight}")]
    NoFlight { flight: FlightId },
    #[error("flight {flight} has no file {n}")]
    NoFile { flight: FlightId, n: u64 },
    #[error(
        "flight {flight} is {} and cannot be {doing}: {}", word(*state), way_out(*state)
    )]
    State { flight: FlightId, state: FlightState, doing: String },
    #[error("flight {flight} has no files: upload some first")]
    Empty { flight: FlightId },
    #[error("flight {flight} still waits for {}: go on uploading or remove them", shortened(files))]
    Incomplete { flight: FlightId, files: Vec<String> },
    #[error("`{given}` cannot be the name of a {of}: {why}")]
    BadName {
        of: &'static str,
        /// Shortened to 80 characters.
        given: String,
        why: &'static str,
    },
    #[error(
        "flight {flight} has a file `{name}` already, number {n}: go on with that one, or remove it"
    )]
    NameTaken { flight: FlightId, name: String, n: u64 },
    #[error(
        "`{name}` has {bytes} bytes: at most {limit} are accepted (`store.uploads.max_file_bytes`)"
    )]
    FileSize { name: String, bytes: u64, limit: u64 },
    #[error(
        "flight {flight} would have {bytes} bytes with `{name}`: at most {limit} are accepted \
         (`store.uploads.max_flight_bytes`)"
    )]
    FlightSize { flight: FlightId, name: String, bytes: u64, limit: u64 },
    #[error("flight {flight} has {limit} files already: upload the rest as another flight")]
    TooMany { flight: FlightId, limit: u64 },
    #[error("{at} bytes have arrived, not {given}: ask for the offset and go on from there")]
    Offset { given: u64, at: u64 },
    #[error("more came than the {bytes} bytes that were announced; {at} are kept")]
    Beyond { bytes: u64, at: u64 },
    #[error("file {n} of flight {flight} is being written by another upload: try again shortly")]
    Locked { flight: FlightId, n: u64 },
    #[error("too many uploads at once: try again shortly")]
    Busy,
    #[error(
        "the disk is full: {free} bytes are free and {keep} are kept free \
         (`store.uploads.keep_free_bytes`); what arrived is kept, make room and go on"
    )]
    NoSpace { free: u64, keep: u64 },
    /// What arrived before is kept.
    #[error("the upload broke off after {at} bytes: ask for the offset and go on from there")]
    Broken { at: u64, source: io::Error },
    #[error("file {n} of flight {flight} is still uploading")]
    NotReceived { flight: FlightId, n: u64 },
    #[error("flight {flight} has no report yet")]
    NotDone { flight: FlightId },
    #[error("bytes from {start} on were asked of a file of {bytes}")]
    Range { start: u64, bytes: u64 },
    #[error("cannot {doing}: `{}`", path.display())]
    File { doing: &'static str, path: PathBuf, source: io::Error },
    /// The caller's: a number that is not finite, for example.
    #[error("the report of flight {flight} cannot be stored: it would not read back the same")]
    Unstorable { flight: FlightId, source: serde_json::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FlightError {
    /// An operation on a file failed.
    pub(super) fn file(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::Permission { doing: doing.to_owned(), path, source: source.into() }
                    .into()
            }
            _ => Self::File { doing, path, source },
        }
    }
}

const fn way_out(state: FlightState) -> &'static str {
    match state {
        FlightState::Uploading => "upload its files and start it",
        FlightState::Queued | FlightState::Processing => "wait until it is done or failed",
        FlightState::Done => "upload it as another flight",
        FlightState::Failed => "try it again, or delete it",
    }
}

fn shortened(files: &[String]) -> String {
    let named = files.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    match files.len().saturating_sub(5) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_to_do() {
        let flight = FlightId(3);
        let files = ["a", "b", "c", "d", "e", "f", "g"].map(str::to_owned).to_vec();
        for (error, text) in [
            (
                FlightError::State {
                    flight,
                    state: FlightState::Processing,
                    doing: "deleted".to_owned(),
                },
                "flight 3 is processing and cannot be deleted: wait until it is done or failed",
            ),
            (
                FlightError::Incomplete { flight, files },
                "flight 3 still waits for a, b, c, d, e and 2 more: go on uploading or remove them",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
