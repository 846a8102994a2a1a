//! The only SQL, and the only owner of evidence files, of their masked renditions and of the files of flights.
//!
//! Each method of [`Store`] is one transaction: one thing that happened, with everything that must
//! be true about it afterwards. An alert, the message about it and its history are written together
//! or not at all, and are on disk before the method returns.
//!
//! Assumes that one process at a time writes the folders of evidence and of flights. Leaves delivery of the messages,
//! passwords and HTTP to `dashboard`, and the making of pictures and clips to the pipeline.

mod act;
mod alert;
mod announce;
mod audit;
mod build;
mod config;
mod decide;
mod digest;
mod error;
mod evidence;
mod evidence_file;
mod evidence_row;
mod flight;
mod manifest;
mod observation;
mod open;
mod outbox;
mod people;
mod query;
mod recollection;
mod reminder;
mod rendition;
mod row;
mod terminal;

pub use alert::{Awaited, Written};
pub use announce::{Change, Changed};
pub use audit::{AuditCheck, AuditEntry, AuditRow};
pub use build::DemolishError;
pub use config::Config;
pub use decide::{Decision, Verdict};
pub use error::{DecideError, EvidenceError, StoreError};
pub use evidence::{EvidenceRow, EvidenceState, NewEvidence};
pub use evidence_file::EvidenceBody;
pub use flight::{
    FileOutcome, FileState, Flight, FlightBody, FlightError, FlightFile, FlightObject, FlightPage,
    FreeSpace, Look, MOST_LOOKS, NewObject, NewTelemetry, ObjectState, SameFile, Step, Telemetry,
    Uploads,
};
pub use manifest::{MANIFEST_NAME, ManifestContext};
pub use observation::{NewObservations, Observations, SceneChange};
pub use open::Store;
pub use outbox::Outgoing;
pub use people::{Role, Session, User};
pub use query::{AlertFilter, BadCursor, Counts, Cursor, HistoryEntry, Page, Stage};
pub use rendition::{NewRendition, Original, Rendition, RenditionBody, RenditionError};
pub use terminal::{NewPosition, NewTerminal};

#[cfg(test)]
mod testing;
