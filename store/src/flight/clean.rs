//! Removing what nobody will come back for.

use domain::FlightId;
use sqlx::Sqlite;

use super::FlightError;
use super::job::delete;
use super::step::number;
use crate::row::count;
use crate::{Store, StoreError};

impl Store {
    /// Removes flights to which nothing was uploaded for `store.uploads.abandon_after`, and folders
    /// that a crash left behind. Returns the flights. For the program that serves, now and then.
    pub async fn remove_abandoned(&self) -> Result<Vec<FlightId>, FlightError> {
        let failed = |e| self.failed("remove abandoned uploads".to_owned(), e);
        let gone = self.delete_abandoned().await.map_err(failed)?;
        for flight in &gone {
            self.remove_folder(*flight).await?;
        }
        for flight in self.folders().await? {
            if self.is_left_behind(flight).await? {
                self.remove_folder(flight).await?;
            }
        }
        Ok(gone)
    }

    pub(super) async fn remove_folder(&self, flight: FlightId) -> Result<(), FlightError> {
        let path = self.flight_folder(flight);
        match tokio::fs::remove_dir_all(&path).await {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(FlightError::file("remove the files of a flight", &path, e))
            }
            _ => Ok(()),
        }
    }

    async fn delete_abandoned(&self) -> sqlx::Result<Vec<FlightId>> {
        let after = self.inner.uploads.abandon_after.as_micros();
        let before = self.now().saturating_sub(i64::try_from(after).unwrap_or(i64::MAX));
        let mut tx = self.begin().await?;
        let ids: Vec<i64> = sqlx::query_scalar::<Sqlite, _>(
            "SELECT id FROM flights WHERE state = 'uploading' AND touched_at < $1 ORDER BY id",
        )
        .bind(before)
        .fetch_all(&mut *tx)
        .await?;
        let mut gone = Vec::new();
        for id in ids {
            let flight = FlightId(count("flights", "id", id)?);
            if !self.inner.writers.at_work(flight) {
                delete(&mut tx, flight).await?;
                gone.push(flight);
            }
        }
        tx.commit().await?;
        Ok(gone)
    }

    /// Folders with the name of a flight.
    async fn folders(&self) -> Result<Vec<FlightId>, FlightError> {
        let folder = &self.inner.flights;
        let named = |e| FlightError::file("list the folder of uploads", folder, e);
        let mut entries = match tokio::fs::read_dir(folder).await {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(named)?,
        };
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(named)? {
            let number = entry.file_name().to_str().and_then(|name| name.parse::<u64>().ok());
            found.extend(number.map(FlightId));
        }
        Ok(found)
    }

    /// Whether a flight of this number was here once and is gone. A number that this database
    /// never gave is another's, and none of our business.
    async fn is_left_behind(&self, flight: FlightId) -> Result<bool, StoreError> {
        sqlx::query_scalar::<Sqlite, i64>(
            "SELECT COUNT(*) FROM counters WHERE name = 'flight' AND last >= $1 \
             AND NOT EXISTS (SELECT 1 FROM flights WHERE id = $1)",
        )
        .bind(number(flight))
        .fetch_one(&self.inner.readers)
        .await
        .map(|known| known > 0)
        .map_err(|e| self.failed(format!("look for flight {flight}"), e))
    }
}
