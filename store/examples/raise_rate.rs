//! Measures how many alerts a second can be raised, each durable before the next.
//!
//! `cargo run -p store --example raise_rate -- [alerts] [folder]`: the folder decides which disk is
//! measured (default: the system's temporary one). Prints the rate and the quantiles of one call.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use domain::{
    Alert, AlertId, Class, FenceId, FenceRef, Place, Queue, RelBox, Review, RuleId, Severity,
    SourceId, SystemClock, TimeBasis, TrackId,
};
use jiff::{SignedDuration, Timestamp};
use store::{Config, Store};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let alerts: u64 = args.next().map_or(Ok(1000), |n| n.parse())?;
    let parent = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(parent)?;
    let config = Config {
        database: folder.path().join("xunjian.db"),
        evidence: folder.path().join("evidence"),
        ..Config::default()
    };
    let store = Store::open(&config, Arc::new(SystemClock)).await?;
    let mut took = Vec::new();
    let begun = Instant::now();
    for track in 1..=alerts {
        let alert = alert(track)?;
        let call = Instant::now();
        drop(store.raise(&alert).await?);
        took.push(call.elapsed());
    }
    let whole = begun.elapsed();
    took.sort_unstable();
    let quantile = |percent: usize| took.get((took.len() * percent / 100).min(took.len() - 1));
    println!("{alerts} alerts in {whole:.2?}: {:.0} a second", rate(alerts, whole.as_secs_f64()));
    for percent in [50, 95, 99, 100] {
        println!("  {percent:>3} % within {:.2?}", quantile(percent).ok_or("nothing measured")?);
    }
    store.close().await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 alerts")]
fn rate(alerts: u64, seconds: f64) -> f64 {
    alerts as f64 / seconds
}

fn alert(track: u64) -> Result<Alert, Box<dyn std::error::Error>> {
    let (rule, source) = (RuleId::new("parking")?, SourceId::new("cam-1")?);
    let fence = FenceId::new("kerb")?;
    let since = Timestamp::from_second(1_700_000_000)?;
    let raised_at = since + SignedDuration::from_secs(180);
    Ok(Alert {
        id: AlertId::derive(&rule, &source, Some(&fence), TrackId(track), since),
        revision: 1,
        rule,
        rule_version: None,
        rule_name: None,
        severity: Severity::General,
        matter_code: None,
        legal_basis: None,
        queue: Queue::new("parking-traffic_police")?,
        source,
        source_name: "cam-1".to_owned(),
        track: Some(TrackId(track)),
        terminal: None,
        class: Class::Car,
        score: Some(0.9),
        fence: Some(FenceRef {
            id: fence,
            name: "kerb".to_owned(),
            name_en: None,
            kind: "no_parking".to_owned(),
            authority: None,
            version: "0123456789ab".to_owned(),
            edition: None,
            matter_code: None,
            legal_basis: None,
        }),
        place: Place::Image { x: 0.5, y: 0.75 },
        outline: None,
        seen: Some(RelBox { x: 0.25, y: 0.5, w: 0.1, h: 0.2 }),
        probability_inside: 0.97,
        since,
        raised_at,
        last_seen: raised_at,
        ended_at: None,
        end_reason: None,
        dwell_s: 180.0,
        plate: None,
        dwell_needed_s: 180.0,
        time_basis: TimeBasis::Receive,
        reminder: None,
        also: Vec::new(),
        part_of: None,
        why: None,
        review: Review::default(),
    })
}
