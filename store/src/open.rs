//! Opens the database and the evidence folder, and holds them.
//!
//! SQLite in WAL mode with one connection that writes and a few that read: writers never meet
//! `SQLITE_BUSY` from each other, readers never wait for a writer. `synchronous=FULL` makes a
//! commit durable against power loss before it is acknowledged.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use jiff::Timestamp;
use object_store::local::LocalFileSystem;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::broadcast;

use crate::{Change, Config, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long to wait for the writing connection. Writes take milliseconds; longer means a disk that
/// does not answer.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(15);

/// Alerts, messages, evidence and people. Cloning is cheap: all clones share the connections.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) path: PathBuf,
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    pub(crate) folder: PathBuf,
    pub(crate) files: LocalFileSystem,
    pub(crate) max_evidence_bytes: u64,
    /// Held while evidence is checked, written and recorded, so that two files of one name cannot
    /// both find the place free.
    pub(crate) evidence_gate: tokio::sync::Mutex<()>,
    pub(crate) changes: broadcast::Sender<Change>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens or creates the database and the evidence folder and brings the tables up to date.
    pub async fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let path = config.database.clone();
        make_folders(&path, &config.evidence).await?;
        let files = LocalFileSystem::new_with_prefix(&config.evidence)
            .map_err(|e| StoreError::files("open the evidence folder".into(), &config.evidence, e))?
            .with_fsync(true);
        let writer = writer(config).await?;
        migrate(&writer, &path).await?;
        let readers = readers(config).await?;
        let (changes, _) = broadcast::channel(config.changes_kept);
        let inner = Inner {
            path,
            writer,
            readers,
            folder: config.evidence.clone(),
            files,
            max_evidence_bytes: config.max_evidence_bytes,
            evidence_gate: tokio::sync::Mutex::new(()),
            changes,
            clock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether the database answers, for readiness checks: one read, and the writer can be had.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let failed = |e| self.failed("reach the database".to_owned(), e);
        sqlx::query("SELECT 1").execute(&self.inner.readers).await.map_err(failed)?;
        sqlx::query("SELECT 1").execute(&self.inner.writer).await.map_err(failed)?;
        Ok(())
    }

    /// Moves the write-ahead log into the database file and empties it, as before a copy of the
    /// file. SQLite does the same by itself now and then; this is for shutdown and backups.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.inner.writer)
            .await
            .map_err(|e| self.failed("write back the log".to_owned(), e))?;
        Ok(())
    }

    /// Ends all connections, after what they are doing. Every clone of this store is closed.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.inner.readers.close().await;
        let written_back = self.checkpoint().await;
        self.inner.writer.close().await;
        written_back
    }

    /// The present time, to the microsecond, as it is stored.
    pub(crate) fn now(&self) -> i64 {
        self.inner.clock.now().as_microsecond()
    }

    /// Begins the transaction of one thing that happens.
    pub(crate) async fn begin(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        // Takes SQLite's write lock at once: a transaction that first reads and then writes could
        // otherwise meet another process's in between and fail without waiting.
        self.inner.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Names what was being done when the database failed. `doing` completes "cannot …".
    pub(crate) fn failed(&self, doing: String, source: sqlx::Error) -> StoreError {
        StoreError::database(doing, &self.inner.path, source)
    }
}

/// `at` without what is finer than a microsecond, which is what columns and ids keep.
pub(crate) fn to_the_microsecond(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).expect("a coarser time is still in range")
}

async fn make_folders(database: &Path, evidence: &Path) -> Result<(), StoreError> {
    let parent = database.parent().filter(|parent| !parent.as_os_str().is_empty());
    for folder in parent.into_iter().chain([evidence]) {
        make_folder(folder)
            .await
            .map_err(|source| StoreError::Folder { path: folder.to_owned(), source })?;
    }
    Ok(())
}

/// Folders that are made here are closed to other users: they hold password hashes and pictures.
async fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = tokio::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await
}

fn options(config: &Config) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&config.database)
        .busy_timeout(config.busy_timeout)
        .foreign_keys(true)
}

async fn writer(config: &Config) -> Result<SqlitePool, StoreError> {
    let options = options(config)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .thread_name(|n| format!("store-write-{n}"));
    SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(QUEUE_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(|e| StoreError::open(&config.database, e))
}

async fn readers(config: &Config) -> Result<SqlitePool, StoreError> {
    let options = options(config).read_only(true).thread_name(|n| format!("store-read-{n}"));
    SqlitePoolOptions::new()
        .max_connections(config.readers)
        .acquire_timeout(QUEUE_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(|e| StoreError::open(&config.database, e))
}

async fn migrate(writer: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    MIGRATIONS.run(writer).await.map_err(|source| match source {
        MigrateError::VersionMissing(found) => {
            StoreError::Newer { path: path.to_owned(), found, known }
        }
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
            StoreError::open(path, source)
        }
        source => StoreError::Migrate { path: path.to_owned(), source },
    })
}
