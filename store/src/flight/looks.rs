//! What was looked at, over all flights.

use domain::{FenceId, FlightId, GroundLook};
use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::step::number;
use crate::row::{bad, count, time};
use crate::{Store, StoreError};

/// The most looks read at once, some 28 hours of flying; a ring of four corners takes 200 bytes.
pub const MOST_LOOKS: usize = 100_000;

/// The ground that one second of a flight showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub flight: FlightId,
    /// Frame time.
    pub at: Timestamp,
    /// Closed ring of [lon, lat], WGS-84.
    pub ring: Vec<[f64; 2]>,
    /// Ground sampling distance in the middle of the picture, cm a pixel.
    pub gsd_cm: f64,
    /// Objects in view.
    pub objects: u64,
    /// Fences of which nearly all was in view with nothing in them.
    pub empty: Vec<FenceId>,
}

impl Store {
    /// What was looked at from `from` on, newest first, at most [`MOST_LOOKS`]; with `bbox`
    /// (west, south, east, north in degrees) only what may touch it.
    pub async fn looks_since(
        &self,
        from: Timestamp,
        bbox: Option<[f64; 4]>,
    ) -> Result<Vec<Look>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT flight, at, ring, gsd_cm, objects, empty FROM flight_looks WHERE at >= ",
        );
        query.push_bind(from.as_microsecond());
        if let Some([west, south, east, north]) = bbox {
            query.push(" AND max_lon >= ").push_bind(west);
            query.push(" AND max_lat >= ").push_bind(south);
            query.push(" AND min_lon <= ").push_bind(east);
            query.push(" AND min_lat <= ").push_bind(north);
        }
        query.push(" ORDER BY at DESC, flight DESC, n DESC LIMIT ");
        query.push_bind(i64::try_from(MOST_LOOKS).unwrap_or(i64::MAX));
        let rows: sqlx::Result<Vec<LookRow>> =
            query.build_query_as().fetch_all(&self.inner.readers).await;
        rows.and_then(|rows| rows.into_iter().map(Look::try_from).collect())
            .map_err(|e| self.failed("read what was looked at".to_owned(), e))
    }
}

/// Writes the looks of a report in the transaction that stores it.
pub(super) async fn write_looks(
    tx: &mut SqliteConnection,
    flight: FlightId,
    looks: &[GroundLook],
) -> sqlx::Result<()> {
    for (n, look) in (0_i64..).zip(looks) {
        let Some([west, south, east, north]) = bounds(&look.ring) else { continue };
        let ring = serde_json::to_string(&look.ring).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let empty =
            serde_json::to_string(&look.empty).map_err(|e| sqlx::Error::Encode(e.into()))?;
        sqlx::query::<Sqlite>(
            "INSERT INTO flight_looks (flight, n, at, min_lon, min_lat, max_lon, max_lat, ring, \
             gsd_cm, objects, empty) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(number(flight))
        .bind(n)
        .bind(look.at.as_microsecond())
        .bind(west)
        .bind(south)
        .bind(east)
        .bind(north)
        .bind(ring)
        .bind(look.gsd_cm)
        .bind(i64::try_from(look.objects).unwrap_or(i64::MAX))
        .bind(empty)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// West, south, east, north; none for what encloses nothing.
fn bounds(ring: &[[f64; 2]]) -> Option<[f64; 4]> {
    if ring.len() < 4 {
        return None;
    }
    let all = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    Some(ring.iter().fold(all, |[west, south, east, north], [lon, lat]| {
        [west.min(*lon), south.min(*lat), east.max(*lon), north.max(*lat)]
    }))
}

#[derive(sqlx::FromRow)]
struct LookRow {
    flight: i64,
    at: i64,
    ring: String,
    gsd_cm: f64,
    objects: i64,
    empty: String,
}

impl TryFrom<LookRow> for Look {
    type Error = sqlx::Error;
    fn try_from(row: LookRow) -> Result<Self, sqlx::Error> {
        let key = row.flight.to_string();
        Ok(Self {
            flight: FlightId(count(&key, "flight_looks.flight", row.flight)?),
            at: time(&key, "flight_looks.at", row.at)?,
            ring: serde_json::from_str(&row.ring)
                .map_err(|e| bad(&key, "flight_looks.ring", &format_args!("JSON, but {e}")))?,
            gsd_cm: row.gsd_cm,
            objects: count(&key, "flight_looks.objects", row.objects)?,
            empty: serde_json::from_str(&row.empty)
                .map_err(|e| bad(&key, "flight_looks.empty", &format_args!("JSON, but {e}")))?,
        })
    }
}
