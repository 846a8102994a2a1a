//! Fetches files that docks have put into an object store into flights, while the program serves.
//!
//! What is to be fetched stands in the store, so that a restart goes on where it was: in the middle
//! of a file, too. A file that is missing is asked for again, less and less often, and then waits
//! for a person. A flight starts by itself when all that its dock expects is there.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use ingest::{Bucket, ObjectError};
use jiff::SignedDuration;
use serde::Deserialize;
use store::{FileState, FlightError, FlightObject, Store};
use url::Url;

use super::Works;

/// The `[flight.object_store]` section.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObjectStoreConfig {
    /// Where docks put their files: `s3://bucket/prefix`, `http(s)://host/path` or `file:///folder`.
    pub url: Url,
    /// Names of the environment in lower case, such as `aws_endpoint`; they overrule the environment.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// A flight of which its dock has not said how many files there are, or of which some were never announced,
    /// starts when nothing new was announced for so long. Default: 30min.
    #[serde(default = "default_start_after", with = "humantime_serde")]
    pub start_after: Duration,
}

const fn default_start_after() -> Duration {
    Duration::from_mins(30)
}

impl ObjectStoreConfig {
    /// What is wrong, as (key, rule and value).
    pub(crate) fn problem(&self) -> Option<(String, String)> {
        self.bucket().err().map(|error| {
            ("flight.object_store.url".to_owned(), format!("{:#}", anyhow::Error::from(error)))
        })
    }

    fn bucket(&self) -> Result<Bucket, ObjectError> {
        let standard = std::env::vars().map(|(key, value)| (key.to_ascii_lowercase(), value));
        let mut options: BTreeMap<String, String> =
            standard.filter(|(key, _)| key.starts_with("aws_")).collect();
        options.extend(self.options.clone());
        Bucket::open(&self.url, &options)
    }
}

/// Between tries of one file; after the last it is given up.
const PAUSES: [SignedDuration; 6] = [
    SignedDuration::from_secs(10),
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(20),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
];
/// Nothing tells when a try is due.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why a file did not come.
enum Missed {
    ForNow(anyhow::Error),
    ForGood(anyhow::Error),
}

/// Fetches until the stop.
pub(crate) async fn fetch(works: Works) -> anyhow::Result<()> {
    let Some(config) = works.loaded.config.flight.object_store.clone() else {
        works.stop.cancelled().await;
        return Ok(());
    };
    let bucket = config.bucket().context("cannot use `flight.object_store`")?;
    let quiet = SignedDuration::try_from(config.start_after).unwrap_or(SignedDuration::MAX);
    while !works.stop.is_cancelled() {
        let next = async {
            works.start_complete(quiet).await?;
            anyhow::Ok(works.store.next_object(works.clock.now()).await?)
        };
        match next.await {
            Ok(Some(object)) => {
                tokio::select! {
                    () = works.stop.cancelled() => {}
                    () = works.fetch_one(&bucket, &object) => {}
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(error = format!("{error:#}"), "files to fetch"),
        }
        tokio::select! {
            () = works.stop.cancelled() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    Ok(())
}

impl Works {
    async fn start_complete(&self, quiet: SignedDuration) -> anyhow::Result<()> {
        let before = self.clock.now().saturating_sub(quiet).unwrap_or_default();
        for flight in self.store.fetched_flights(before).await? {
            self.store.start(flight).await?;
            tracing::info!(%flight, "all files of its dock are there: it is queued");
        }
        Ok(())
    }

    async fn fetch_one(&self, bucket: &Bucket, object: &FlightObject) {
        let (name, flight) = (&object.name, object.flight);
        let noted = match brought(&self.store, bucket, object).await {
            Ok(()) => {
                tracing::info!(%flight, name, "fetched");
                self.store.object_fetched(object).await
            }
            Err(missed) => {
                let (error, pause) = match missed {
                    Missed::ForNow(error) => {
                        let tries = usize::try_from(object.tries).unwrap_or(usize::MAX);
                        (error, PAUSES.get(tries))
                    }
                    Missed::ForGood(error) => (error, None),
                };
                let reason = format!("{error:#}");
                tracing::warn!(%flight, name, reason, given_up = pause.is_none(), "not fetched");
                let again = pause.and_then(|pause| self.clock.now().checked_add(*pause).ok());
                self.store.object_missed(object, &reason, again).await
            }
        };
        if let Err(error) = noted {
            let error = format!("{:#}", anyhow::Error::from(error));
            tracing::error!(%flight, name, error, "what came of a file cannot be noted");
            // It is still due: without a rest this would go round at once.
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Brings one file into its flight, going on where it was.
async fn brought(store: &Store, bucket: &Bucket, object: &FlightObject) -> Result<(), Missed> {
    let key = &object.object_key;
    let length = bucket.length(key).await?;
    let n = match store.new_file(object.flight, &object.name, length).await {
        Ok(file) => file.n,
        // Begun before.
        Err(FlightError::NameTaken { n, .. }) => n,
        Err(error) => return Err(error.into()),
    };
    let file = store.flight_file(object.flight, n).await?;
    if file.bytes != length {
        return Err(Missed::ForGood(anyhow::anyhow!(
            "the flight has another file `{}`, of {} bytes instead of {length}",
            object.name,
            file.bytes
        )));
    }
    if file.state != FileState::Uploading {
        return Ok(());
    }
    let body = bucket.read(key, file.received).await?;
    let at = store.append(object.flight, n, file.received, body).await?;
    if at < length {
        return Err(Missed::ForNow(anyhow::anyhow!("only {at} of {length} bytes came")));
    }
    Ok(())
}

impl From<ObjectError> for Missed {
    fn from(error: ObjectError) -> Self {
        match &error {
            ObjectError::Key { .. } | ObjectError::Url { .. } => Self::ForGood(error.into()),
            ObjectError::NotFound { .. } | ObjectError::Read { .. } => Self::ForNow(error.into()),
        }
    }
}

impl From<FlightError> for Missed {
    fn from(error: FlightError) -> Self {
        use FlightError as E;
        match &error {
            E::State { .. }
            | E::NoFlight { .. }
            | E::BadName { .. }
            | E::FileSize { .. }
            | E::FlightSize { .. }
            | E::TooMany { .. } => Self::ForGood(error.into()),
            _ => Self::ForNow(error.into()),
        }
    }
}
