//! What can go wrong, named after the file or the row it went wrong with.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use domain::{AlertId, ReviewState};
use jiff::Timestamp;

/// A failure of the store itself. The caller's input is not to blame, except where said.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the database `{}`", path.display())]
    Open { path: PathBuf, source: sqlx::Error },
    #[error("`{}` is not a database of this program", path.display())]
    Foreign { path: PathBuf, source: sqlx::Error },
    #[error("cannot make the folder `{}`", path.display())]
    Folder { path: PathBuf, source: io::Error },
    /// Refused rather than risked: an older program would write rows the newer one cannot read.
    #[error(
        "the database `{}` was written by a newer version of this program (migration {found}; this \
         one knows {known}): install that version, or restore a backup from before the upgrade",
        path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("cannot bring the database `{}` up to date", path.display())]
    Migrate { path: PathBuf, source: sqlx::migrate::MigrateError },
    #[error("cannot {doing}: no space left for `{}`", path.display())]
    DiskFull { doing: String, path: PathBuf, source: Box<dyn Error + Send + Sync> },
    #[error("cannot {doing}: `{}` may not be written by this user", path.display())]
    Permission { doing: String, path: PathBuf, source: Box<dyn Error + Send + Sync> },
    #[error("cannot {doing}: `{}` is held by another process", path.display())]
    Busy { doing: String, path: PathBuf, source: sqlx::Error },
    #[error("cannot {doing} in `{}`", path.display())]
    Database { doing: String, path: PathBuf, source: sqlx::Error },
    #[error("cannot {doing}: evidence folder `{}`", path.display())]
    Files { doing: String, path: PathBuf, source: object_store::Error },
    /// The caller's: a number that is not finite, for example.
    #[error("alert {id} cannot be stored: it would not read back the same")]
    Unstorable { id: AlertId, source: serde_json::Error },
    /// The caller's: `end` wants `ended_at` and `end_reason`.
    #[error("alert {id} was to be ended, but says neither when nor why")]
    NotEnded { id: AlertId },
    #[error("there is already a user `{name}`")]
    UserExists { name: String },
    #[error("there is no user `{name}`")]
    NoUser { name: String },
    #[error("a user's name must be 1 to 64 characters, without control characters or outer spaces")]
    BadUserName,
}

/// Why a decision was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    #[error("there is no alert {id}")]
    NotFound { id: AlertId },
    /// Somebody decided before.
    #[error("already {} by {by} at {at}", state.as_str())]
    Stale { by: String, at: Timestamp, state: ReviewState },
    /// The caller saw a state that never was.
    #[error("alert {id} has no revision {given}: it is at {current}")]
    Revision { id: AlertId, given: u32, current: u32 },
    /// Who was reminded may still drive off, or has.
    #[error("alert {id} is in nobody's queue: its reminder is `{}`", state.as_str())]
    Reminded { id: AlertId, state: domain::ReminderState },
    #[error("a decision needs a reason")]
    NoReason,
    #[error("the {field} has {chars} characters: at most {limit}")]
    TooLong { field: &'static str, chars: usize, limit: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why evidence was not stored or not read.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error("there is no alert {alert}")]
    NoAlert { alert: AlertId },
    #[error(
        "`{given}` is no name for evidence: use 1 to 64 of a-z, 0-9, `.`, `-` and `_`, beginning \
         with a letter or digit"
    )]
    BadName {
        /// What was given, shortened to 80 characters.
        given: String,
    },
    #[error("`{name}` is written by sealing alone")]
    Reserved { name: String },
    #[error("`{name}` of alert {alert} has {bytes} bytes: 1 to {limit} are accepted")]
    Size { alert: AlertId, name: String, bytes: u64, limit: u64 },
    #[error("the {field} of `{name}` has {chars} characters: at most {limit}")]
    TooLong { name: String, field: &'static str, chars: usize, limit: usize },
    /// Evidence is append-only.
    #[error("`{name}` of alert {alert} is already stored with SHA-256 {stored}, not {given}")]
    Different { alert: AlertId, name: String, stored: String, given: String },
    #[error("the evidence of alert {alert} is sealed: `{name}` cannot be added or changed")]
    Sealed { alert: AlertId, name: String },
    #[error("the evidence of alert {alert} cannot be sealed: {} still to come", names.join(", "))]
    Pending { alert: AlertId, names: Vec<String> },
    #[error("alert {alert} has no evidence `{name}`")]
    NotFound { alert: AlertId, name: String },
    /// The row exists, but there are no bytes (yet).
    #[error("`{name}` of alert {alert} is not there: {detail}")]
    NotReady { alert: AlertId, name: String, detail: String },
    #[error("bytes from {start} on were asked of `{name}` of alert {alert}, which has {bytes}")]
    Range { alert: AlertId, name: String, start: u64, bytes: u64 },
    /// The file was removed or altered behind the program's back.
    #[error("`{name}` of alert {alert} is not what was stored: {detail}")]
    Tampered { alert: AlertId, name: String, detail: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoreError {
    /// Gives a database error the name of what was being done and of the file.
    pub(crate) fn database(doing: String, path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        // SQLite's extended result code; the low byte is the primary one (sqlite.org/rescode.html).
        match code(&source).map(|code| code & 0xff) {
            Some(5 | 6) => Self::Busy { doing, path, source },
            Some(8) => Self::Permission { doing, path, source: source.into() },
            Some(13) => Self::DiskFull { doing, path, source: source.into() },
            _ if matches!(source, sqlx::Error::PoolTimedOut) => Self::Busy { doing, path, source },
            _ => Self::Database { doing, path, source },
        }
    }

    /// The same for the evidence folder.
    pub(crate) fn files(doing: String, path: &Path, source: object_store::Error) -> Self {
        use io::ErrorKind as Kind;
        let path = path.to_owned();
        match io_kind(&source) {
            Some(Kind::StorageFull | Kind::QuotaExceeded) => {
                Self::DiskFull { doing, path, source: source.into() }
            }
            Some(Kind::PermissionDenied | Kind::ReadOnlyFilesystem) => {
                Self::Permission { doing, path, source: source.into() }
            }
            _ => Self::Files { doing, path, source },
        }
    }

    /// The same for opening.
    pub(crate) fn open(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        match code(&source).map(|code| code & 0xff) {
            Some(11 | 26) => Self::Foreign { path, source },
            Some(13) => {
                Self::DiskFull { doing: "open the database".into(), path, source: source.into() }
            }
            _ => Self::Open { path, source },
        }
    }
}

fn code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_errors_are_named_by_their_cause() {
        use io::ErrorKind as Kind;
        for (kind, expected) in [
            (Kind::StorageFull, "no space left for `/evidence`"),
            (Kind::QuotaExceeded, "no space left for `/evidence`"),
            (Kind::PermissionDenied, "`/evidence` may not be written by this user"),
            (Kind::ReadOnlyFilesystem, "`/evidence` may not be written by this user"),
            (Kind::Other, "evidence folder `/evidence`"),
        ] {
            let source = object_store::Error::Generic {
                store: "LocalFileSystem",
                source: Box::new(io::Error::from(kind)),
            };
            let error = StoreError::files("write `a.jpg`".into(), Path::new("/evidence"), source);
            assert_eq!(error.to_string(), format!("cannot write `a.jpg`: {expected}"));
        }
    }
}
