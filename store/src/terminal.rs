//! Terminals in trucks: who registered, and where each was.

use std::collections::BTreeMap;

use domain::{BodyState, LidState, LoadState, LonLat, TerminalId, TerminalReport};
use jiff::Timestamp;
use sqlx::{Sqlite, SqliteConnection};

use crate::row::time;
use crate::{Store, StoreError};

/// The most positions read at once: ten days of one terminal at 0.1 Hz.
const MOST_AT_ONCE: i64 = 100_000;

/// Terminals that old positions are removed of in one transaction, so that nobody waits long for the writer.
const PRUNED_TOGETHER: i64 = 200;

/// What a terminal said of itself when it registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTerminal {
    pub terminal: TerminalId,
    pub plate: String,
    pub plate_color: u8,
    pub maker: String,
    pub model: String,
    pub device: String,
}

/// A position to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPosition {
    pub report: TerminalReport,
    /// Of the message it came in.
    pub serial: u16,
    /// Counts the positions of that message from 0.
    pub nth: u16,
    pub altitude_m: u16,
    pub alarm: u32,
    pub status: u32,
}

impl Store {
    /// Keeps a registration. A terminal that registers again keeps the code it has; `code` is for a new one.
    pub async fn register_terminal(
        &self,
        new: &NewTerminal,
        code: &str,
    ) -> Result<String, StoreError> {
        let doing = || format!("register the terminal `{}`", new.terminal);
        sqlx::query_scalar::<Sqlite, String>(
            "INSERT INTO terminals \
             (number, code, plate, plate_color, maker, model, device, registered_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (number) DO UPDATE SET \
             code = CASE WHEN code = '' THEN excluded.code ELSE code END, plate = excluded.plate, \
             plate_color = excluded.plate_color, maker = excluded.maker, model = excluded.model, \
             device = excluded.device, registered_at = excluded.registered_at RETURNING code",
        )
        .bind(new.terminal.as_str())
        .bind(code)
        .bind(&new.plate)
        .bind(i64::from(new.plate_color))
        .bind(&new.maker)
        .bind(&new.model)
        .bind(&new.device)
        .bind(self.now())
        .fetch_one(&self.inner.writer)
        .await
        .map_err(|e| self.failed(doing(), e))
    }

    /// The code and the plate of a terminal that has registered.
    pub async fn terminal_code(
        &self,
        terminal: &TerminalId,
    ) -> Result<Option<(String, String)>, StoreError> {
        sqlx::query_as("SELECT code, plate FROM terminals WHERE number = $1 AND code <> ''")
            .bind(terminal.as_str())
            .fetch_optional(&self.inner.readers)
            .await
            .map_err(|e| self.failed(format!("read the terminal `{terminal}`"), e))
    }

    /// Keeps positions, all or none; returns how many were news.
    pub async fn keep_positions(&self, new: &[NewPosition]) -> Result<u64, StoreError> {
        if new.is_empty() {
            return Ok(0);
        }
        self.insert_positions(new)
            .await
            .map_err(|e| self.failed("keep positions of terminals".to_owned(), e))
    }

    /// The terminals that said anything since `from`, by their own clocks.
    pub async fn terminals_since(&self, from: Timestamp) -> Result<Vec<TerminalId>, StoreError> {
        let numbers: sqlx::Result<Vec<String>> = sqlx::query_scalar(
            "SELECT number FROM terminals t WHERE EXISTS \
             (SELECT 1 FROM terminal_positions p WHERE p.terminal = t.id AND p.at >= $1) \
             ORDER BY number",
        )
        .bind(from.as_microsecond())
        .fetch_all(&self.inner.readers)
        .await;
        let named =
            |number: String| TerminalId::new(&number).map_err(|e| sqlx::Error::Decode(e.into()));
        numbers
            .and_then(|numbers| numbers.into_iter().map(named).collect())
            .map_err(|e| self.failed("list the terminals".to_owned(), e))
    }

    /// Where a terminal said it was, from `from` to before `to` by its own clock, oldest first; at most 100 000.
    pub async fn terminal_reports(
        &self,
        terminal: &TerminalId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<TerminalReport>, StoreError> {
        let rows: sqlx::Result<Vec<Row>> = sqlx::query_as(
            "SELECT p.at, p.lon, p.lat, p.speed_kmh, p.course_deg, p.load, p.lid, p.body, t.plate \
             FROM terminal_positions p JOIN terminals t ON t.id = p.terminal \
             WHERE t.number = $1 AND p.at >= $2 AND p.at < $3 ORDER BY p.at, p.serial, p.nth LIMIT $4",
        )
        .bind(terminal.as_str())
        .bind(from.as_microsecond())
        .bind(to.as_microsecond())
        .bind(MOST_AT_ONCE)
        .fetch_all(&self.inner.readers)
        .await;
        rows.and_then(|rows| rows.into_iter().map(|row| row.report(terminal)).collect())
            .map_err(|e| self.failed(format!("read where the terminal `{terminal}` was"), e))
    }

    /// Removes positions from before `before` and from behind `behind`, both by the terminals' clocks: one whose
    /// clock is wrong leaves nothing that stays for ever. Returns how many.
    pub async fn prune_positions(
        &self,
        before: Timestamp,
        behind: Timestamp,
    ) -> Result<u64, StoreError> {
        let (mut removed, mut last) = (0, 0);
        loop {
            let next: Option<i64> = self
                .last_of_group(last)
                .await
                .map_err(|e| self.failed("read the terminals".to_owned(), e))?;
            let Some(next) = next else { return Ok(removed) };
            removed += sqlx::query::<Sqlite>(
                "DELETE FROM terminal_positions WHERE (terminal, at, serial, nth) IN \
                 (SELECT p.terminal, p.at, p.serial, p.nth FROM terminals t \
                 JOIN terminal_positions p ON p.terminal = t.id AND (p.at < $3 OR p.at > $4) \
                 WHERE t.id > $1 AND t.id <= $2)",
            )
            .bind(last)
            .bind(next)
            .bind(before.as_microsecond())
            .bind(behind.as_microsecond())
            .execute(&self.inner.writer)
            .await
            .map_err(|e| self.failed("remove old positions of terminals".to_owned(), e))?
            .rows_affected();
            last = next;
        }
    }

    async fn last_of_group(&self, after: i64) -> sqlx::Result<Option<i64>> {
        sqlx::query_scalar(
            "SELECT MAX(id) FROM (SELECT id FROM terminals WHERE id > $1 ORDER BY id LIMIT $2)",
        )
        .bind(after)
        .bind(PRUNED_TOGETHER)
        .fetch_one(&self.inner.readers)
        .await
    }

    async fn insert_positions(&self, new: &[NewPosition]) -> sqlx::Result<u64> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let mut ids = BTreeMap::new();
        let mut written = 0;
        for position in new {
            let terminal = &position.report.terminal;
            let id = if let Some(id) = ids.get(terminal) {
                *id
            } else {
                let id = id_of(&mut tx, terminal).await?;
                ids.insert(terminal, id);
                id
            };
            written += insert_position(&mut tx, id, position, now).await?;
        }
        tx.commit().await?;
        Ok(written)
    }
}

/// The row of a terminal; one that only others speak for gets one here.
async fn id_of(tx: &mut SqliteConnection, terminal: &TerminalId) -> sqlx::Result<i64> {
    let known = sqlx::query_scalar("SELECT id FROM terminals WHERE number = $1")
        .bind(terminal.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(id) = known {
        return Ok(id);
    }
    sqlx::query_scalar("INSERT INTO terminals (number) VALUES ($1) RETURNING id")
        .bind(terminal.as_str())
        .fetch_one(&mut *tx)
        .await
}

async fn insert_position(
    tx: &mut SqliteConnection,
    id: i64,
    position: &NewPosition,
    now: i64,
) -> sqlx::Result<u64> {
    let report = &position.report;
    sqlx::query::<Sqlite>(
        "INSERT INTO terminal_positions (terminal, at, serial, nth, lon, lat, altitude_m, speed_kmh, \
         course_deg, alarm, status, load, lid, body, received_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(report.at.as_microsecond())
    .bind(i64::from(position.serial))
    .bind(i64::from(position.nth))
    .bind(report.place.map(LonLat::lon))
    .bind(report.place.map(LonLat::lat))
    .bind(i64::from(position.altitude_m))
    .bind(report.speed_kmh)
    .bind(report.course_deg)
    .bind(i64::from(position.alarm))
    .bind(i64::from(position.status))
    .bind(report.load.map(load_word))
    .bind(report.lid.map(lid_word))
    .bind(report.body.map(body_word))
    .bind(now)
    .execute(tx)
    .await
    .map(|done| done.rows_affected())
}

const fn load_word(load: LoadState) -> &'static str {
    match load {
        LoadState::Empty => "empty",
        LoadState::Partial => "partial",
        LoadState::Full => "full",
    }
}

const fn lid_word(lid: LidState) -> &'static str {
    match lid {
        LidState::Closed => "closed",
        LidState::Open => "open",
    }
}

const fn body_word(body: BodyState) -> &'static str {
    match body {
        BodyState::Down => "down",
        BodyState::Raised => "raised",
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    at: i64,
    lon: Option<f64>,
    lat: Option<f64>,
    speed_kmh: f64,
    course_deg: Option<f64>,
    load: Option<String>,
    lid: Option<String>,
    body: Option<String>,
    plate: String,
}

impl Row {
    fn report(self, terminal: &TerminalId) -> sqlx::Result<TerminalReport> {
        let loads = [LoadState::Empty, LoadState::Partial, LoadState::Full];
        let lids = [LidState::Closed, LidState::Open];
        let bodies = [BodyState::Down, BodyState::Raised];
        Ok(TerminalReport {
            terminal: terminal.clone(),
            plate: Some(self.plate).filter(|plate| !plate.is_empty()),
            at: time(terminal.as_str(), "terminal_positions.at", self.at)?,
            place: self.lon.zip(self.lat).and_then(|(lon, lat)| LonLat::new(lon, lat)),
            speed_kmh: self.speed_kmh,
            course_deg: self.course_deg,
            load: self.load.and_then(|word| loads.into_iter().find(|l| load_word(*l) == word)),
            lid: self.lid.and_then(|word| lids.into_iter().find(|l| lid_word(*l) == word)),
            body: self.body.and_then(|word| bodies.into_iter().find(|b| body_word(*b) == word)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, time as second};

    fn position(number: &str, at: i64, serial: u16, nth: u16) -> NewPosition {
        let report = TerminalReport {
            terminal: TerminalId::new(number).unwrap(),
            plate: None,
            at: second(at),
            place: LonLat::new(120.0868, 30.8943),
            speed_kmh: 35.6,
            course_deg: None,
            load: Some(LoadState::Partial),
            lid: Some(LidState::Open),
            body: None,
        };
        NewPosition { report, serial, nth, altitude_m: 9, alarm: u32::MAX, status: 3 }
    }

    fn terminal(number: &str, plate: &str) -> NewTerminal {
        NewTerminal {
            terminal: TerminalId::new(number).unwrap(),
            plate: plate.to_owned(),
            plate_color: 2,
            maker: "YZH".to_owned(),
            model: "M1".to_owned(),
            device: "7".to_owned(),
        }
    }

    #[tokio::test]
    async fn what_is_sent_again_is_kept_once() {
        let bench = Bench::new().await;
        let store = &bench.store;
        let batch = [position("1", 5, 7, 0), position("1", 5, 7, 1), position("1", 4, 7, 2)];
        assert_eq!(store.keep_positions(&batch).await.unwrap(), 3);
        assert_eq!(store.keep_positions(&batch).await.unwrap(), 0);
        let others = [position("2", 5, 7, 0), position("1", 5, 8, 0), position("1", 6, 7, 0)];
        assert_eq!(store.keep_positions(&others).await.unwrap(), 3);
        assert_eq!(store.keep_positions(&[]).await.unwrap(), 0);
        let one = TerminalId::new("1").unwrap();
        let read = store.terminal_reports(&one, second(4), second(6)).await.unwrap();
        assert_eq!(read.len(), 4);
        assert_eq!(read[0], batch[2].report, "as it was, oldest first");
    }

    #[tokio::test]
    async fn a_terminal_keeps_its_code() {
        let bench = Bench::new().await;
        let store = &bench.store;
        let number = TerminalId::new("13812345678").unwrap();
        store.keep_positions(&[position("13812345678", 1, 1, 0)]).await.unwrap();
        assert_eq!(store.terminal_code(&number).await.unwrap(), None, "others spoke for it");
        let new = terminal("13812345678", "浙E12345");
        assert_eq!(store.register_terminal(&new, "first").await.unwrap(), "first");
        let again = terminal("13812345678", "浙E54321");
        assert_eq!(store.register_terminal(&again, "second").await.unwrap(), "first");
        let known = store.terminal_code(&number).await.unwrap().unwrap();
        assert_eq!(known, ("first".to_owned(), "浙E54321".to_owned()));
        let reports = store.terminal_reports(&number, second(0), second(9)).await.unwrap();
        assert_eq!(reports[0].plate.as_deref(), Some("浙E54321"));
    }

    #[tokio::test]
    async fn old_positions_and_those_from_the_future_go() {
        let bench = Bench::new().await;
        let store = &bench.store;
        let mut new: Vec<_> = (0..10).map(|at| position("1", at, 0, 0)).collect();
        new.extend((0..500).map(|n| position(&n.to_string(), 3, 9, 0)));
        store.keep_positions(&new).await.unwrap();
        assert_eq!(store.prune_positions(second(2), second(7)).await.unwrap(), 4);
        assert_eq!(store.prune_positions(second(4), second(7)).await.unwrap(), 502);
        let one = TerminalId::new("1").unwrap();
        assert_eq!(store.terminal_reports(&one, second(0), second(99)).await.unwrap().len(), 4);
    }
}
