//! Opens the database and the evidence folder, and holds them.
//!
//! SQLite in WAL mode with one connection that writes and a few that read: writers never meet
//! `SQLITE_BUSY` from each other, readers never wait for a writer. `synchronous=FULL` makes a
//! commit durable against power loss before it is acknowledged.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock, FlightId};
use jiff::Timestamp;
use object_store::local::LocalFileSystem;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::broadcast;

use crate::flight::Writers;
use crate::{Change, Config, FreeSpace, StoreError, Uploads};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long to wait for the writing connection. Writes take milliseconds; longer means a disk that
/// does not answer.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(15);

/// Alerts, messages, evidence, flights and people. Cloning is cheap: all clones share the connections.
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
    /// The folder of the masked renditions of evidence; made when the first one comes.
    pub(crate) masked: PathBuf,
    /// The folder of the files of flights; made when the first one comes.
    pub(crate) flights: PathBuf,
    pub(crate) uploads: Uploads,
    pub(crate) free_space: FreeSpace,
    pub(crate) writers: Writers,
    pub(crate) changes: broadcast::Sender<Change>,
    pub(crate) flight_changes: broadcast::Sender<FlightId>,
    /// When listeners were last told about a flight, microseconds.
    pub(crate) flights_told: Mutex<BTreeMap<FlightId, i64>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens or creates the database and the evidence folder and brings the tables up to date.
    pub async fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_measuring(config, clock, FreeSpace::of_the_disk()).await
    }

    /// The same, with another way to tell the free space that uploads must leave.
    pub async fn open_measuring(
        config: &Config,
        clock: Arc<dyn Clock>,
        free_space: FreeSpace,
    ) -> Result<Self, StoreError> {
        let path = config.database.clone();
        make_folders(&path, &config.evidence).await?;
        let files = LocalFileSystem::new_with_prefix(&config.evidence)
            .map_err(|e| StoreError::files("open the evidence folder".into(), &config.evidence, e))?
            .with_fsync(true);
        let writer = writer(config).await?;
        migrate(&writer, &path).await?;
        let readers = readers(config).await?;
        let (changes, _) = broadcast::channel(config.changes_kept);
        let (flight_changes, _) = broadcast::channel(config.changes_kept);
        let inner = Inner {
            path,
            writer,
            readers,
            folder: config.evidence.clone(),
            files,
            max_evidence_bytes: config.max_evidence_bytes,
            evidence_gate: tokio::sync::Mutex::new(()),
            masked: config.masked(),
            flights: config.flights(),
            uploads: config.uploads.clone(),
            free_space,
            writers: Writers::default(),
            changes,
            flight_changes,
            flights_told: Mutex::default(),
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
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || make_folder_now(&folder)).await?
}

/// The same, blocking.
pub(crate) fn make_folder_now(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
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
        .after_release(|connection, _| Box::pin(fit_to_go_on(connection)))
        .connect_with(options)
        .await
        .map_err(|e| StoreError::open(&config.database, e))
}

/// Whether a connection may be used again. On a full disk or a read error SQLite ends the
/// transaction by itself (<https://sqlite.org/lang_transaction.html>, section 3.1); sqlx then fails to roll back,
/// counts the transaction as still open and would refuse every later one.
async fn fit_to_go_on(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    // Answered after the rollback that dropping a transaction has queued.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
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

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use domain::SystemClock;

    use super::*;
    use crate::testing::{Bench, alert};

    #[tokio::test]
    async fn what_was_acknowledged_is_there_after_reopening() {
        let bench = Bench::new().await;
        bench.raise(&alert(1)).await;
        bench.store.ping().await.unwrap();
        bench.store.close().await.unwrap();
        assert!(bench.store.ping().await.is_err());
        let again = bench.another_store().await.unwrap();
        assert_eq!(again.alert(alert(1).id).await.unwrap(), Some(alert(1)));
        assert_eq!(again.undelivered(0, 9).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn commits_are_durable_and_readers_cannot_write() {
        let bench = Bench::new().await;
        let Inner { writer, readers, .. } = &*bench.store.inner;
        let pragma = async |pool: &SqlitePool, sql: &'static str| -> String {
            let row: (String,) = sqlx::query_as(sql).fetch_one(pool).await.unwrap();
            row.0
        };
        let mode = "SELECT journal_mode FROM pragma_journal_mode";
        assert_eq!(pragma(writer, mode).await, "wal");
        let sync = "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous";
        assert_eq!(pragma(writer, sync).await, "2", "2 is FULL");
        let keys = "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys";
        assert_eq!(pragma(writer, keys).await, "1");
        assert!(sqlx::query("DELETE FROM alerts").execute(readers).await.is_err());
    }

    #[tokio::test]
    async fn a_database_from_a_newer_version_is_refused() {
        let bench = Bench::new().await;
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'from the future', TRUE, X'00', 0)",
        )
        .execute(&bench.store.inner.writer)
        .await
        .unwrap();
        bench.store.close().await.unwrap();
        let error = bench.another_store().await.unwrap_err();
        let StoreError::Newer { found, known, .. } = &error else { panic!("{error}") };
        assert_eq!((*found, *known), (9999, 14));
        assert!(
            error.to_string().contains("xunjian.db` was written by a newer version"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn an_edited_migration_is_refused() {
        let bench = Bench::new().await;
        sqlx::query("UPDATE _sqlx_migrations SET checksum = X'00' WHERE version = 1")
            .execute(&bench.store.inner.writer)
            .await
            .unwrap();
        bench.store.close().await.unwrap();
        let error = bench.another_store().await.unwrap_err();
        assert!(matches!(error, StoreError::Migrate { .. }), "{error}");
    }

    #[tokio::test]
    async fn what_cannot_be_opened_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("plain.txt"), "a text that is no database, long enough. ".repeat(99))
            .unwrap();
        std::fs::create_dir(path("folder")).unwrap();
        let (database, evidence) = (path("new/deep/x.db"), path("evidence"));
        let cases = [
            (path("plain.txt"), evidence.clone(), "plain.txt` is not a database"),
            (path("folder"), evidence, "cannot open the database `"),
            (path("plain.txt/x.db"), path("e"), "cannot make the folder `"),
            (database, path("plain.txt"), "plain.txt`"),
        ];
        for (database, evidence, expected) in cases {
            let config = Config { database, evidence, ..Config::default() };
            let error = Store::open(&config, Arc::new(SystemClock)).await.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}: {:?}", error.source());
        }
    }

    #[tokio::test]
    async fn a_database_that_may_not_be_written_is_named() {
        let bench = Bench::new().await;
        sqlx::query("PRAGMA query_only = ON").execute(&bench.store.inner.writer).await.unwrap();
        let error = bench.store.raise(&alert(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Permission { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_database_held_by_another_process_is_named() {
        let bench = Bench::new().await;
        let other = bench.another_store().await.unwrap();
        let held = other.begin().await.unwrap();
        let error = bench.store.raise(&alert(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Busy { .. }), "{error}");
        held.rollback().await.unwrap();
        bench.raise(&alert(1)).await;
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn folders_are_closed_to_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let bench = Bench::new().await;
        for folder in [&bench.config.evidence, &bench.config.database.parent().unwrap().to_owned()]
        {
            let mode = std::fs::metadata(folder).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", folder.display());
        }
    }

    /// Handlers of the web server and stages on a `JoinSet` hold these futures.
    #[test]
    fn futures_can_cross_threads() {
        fn sendable<T: Send>(_: &T) {}
        let check = async |store: Store| {
            let alert = alert(1);
            sendable(&store.raise(&alert));
            sendable(&store.decide(alert.id, crate::testing::confirm(1)));
            sendable(&store.put_evidence(alert.id, crate::testing::file("a", "b")));
            sendable(&store.read_evidence(alert.id, "a", None));
            sendable(&store.verify_audit());
        };
        sendable(&check);
    }
}
