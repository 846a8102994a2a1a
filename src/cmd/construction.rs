//! `xunjian construction`: the register of what was built without a permit, and the watch over what was demolished.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use domain::{AlertId, BuildState, Clock as _, KnownBuild, RebuildVisit, SystemClock};
use jiff::Timestamp;
use rules::revisits;
use serde_json::json;
use store::{AuditEntry, Store};

use crate::cli::{self, OfStore};

pub(crate) fn run(args: &cli::Construction) -> anyhow::Result<ExitCode> {
    let (cli::Construction::List(of)
    | cli::Construction::Due(of)
    | cli::Construction::Demolished { of, .. }) = args;
    let loaded = super::load(of.config.as_deref())?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let text = runtime.block_on(async {
        let store = Store::open(&loaded.config.store, Arc::new(SystemClock))
            .await
            .context("cannot open the store")?;
        let text = match args {
            cli::Construction::List(of) => list(&store, of).await,
            cli::Construction::Due(of) => due(&store, of).await,
            cli::Construction::Demolished { alert, by, at, .. } => {
                let at = at.unwrap_or_else(|| SystemClock.now());
                let days = &loaded.config.rules.construction.revisit_days;
                demolished(&store, *alert, by, at, days).await
            }
        };
        store.close().await.context("cannot close the store")?;
        text
    })?;
    std::io::stdout().write_all(text.as_bytes()).context("cannot print")?;
    Ok(ExitCode::SUCCESS)
}

async fn list(store: &Store, of: &OfStore) -> anyhow::Result<String> {
    let builds = store.builds().await?;
    if of.json {
        return Ok(serde_json::to_string_pretty(&builds)? + "\n");
    }
    let mut text = String::new();
    for one in &builds {
        writeln!(text, "{}", line(one))?;
    }
    writeln!(text, "{} places", builds.len())?;
    Ok(text)
}

fn line(one: &KnownBuild) -> String {
    let KnownBuild { alert, outline, bare_at, since, last_seen, state, rebuilt_of } = one;
    let state = match state {
        BuildState::Standing => format!("standing, last seen {last_seen}"),
        BuildState::Demolished { at, by } => format!("demolished {at} ({by})"),
    };
    let again = rebuilt_of.map(|first| format!(", rebuilt after {first}")).unwrap_or_default();
    format!(
        "{alert}  {:.6}, {:.6}  {:.0} m² ± {:.0}  built after {bare_at}, by {since}  {state}{again}",
        outline.middle.lon(),
        outline.middle.lat(),
        outline.area_m2,
        outline.area_sigma_m2
    )
}

async fn due(store: &Store, of: &OfStore) -> anyhow::Result<String> {
    let visits = store.visits_due(SystemClock.now()).await?;
    let builds = store.builds().await?;
    let place = |visit: &RebuildVisit| {
        let of = builds.iter().find(|one| one.alert == visit.alert);
        of.map(|one| one.outline.middle)
    };
    if of.json {
        let visit = |visit: &RebuildVisit| {
            let middle = place(visit);
            json!({ "alert": visit.alert, "day": visit.day, "due_at": visit.due_at,
                "lon": middle.map(domain::LonLat::lon), "lat": middle.map(domain::LonLat::lat) })
        };
        let visits: Vec<_> = visits.iter().map(visit).collect();
        return Ok(serde_json::to_string_pretty(&visits)? + "\n");
    }
    let mut text = String::new();
    for visit in &visits {
        let RebuildVisit { alert, day, due_at, .. } = visit;
        let at = place(visit).map(|at| format!("{:.6}, {:.6}", at.lon(), at.lat()));
        writeln!(text, "{alert}  {}  day {day}, due since {due_at}", at.unwrap_or_default())?;
    }
    writeln!(text, "{} visits due", visits.len())?;
    Ok(text)
}

async fn demolished(
    store: &Store,
    alert: AlertId,
    by: &str,
    at: Timestamp,
    days: &[u16],
) -> anyhow::Result<String> {
    store.demolish(alert, at, by, &revisits(alert, at, days)).await?;
    let entry = AuditEntry {
        actor: by.to_owned(),
        action: "recorded_demolition".to_owned(),
        subject: format!("alert/{alert}"),
        detail: format!("at {at}, by command"),
    };
    store.audit(entry).await?;
    let mut text = format!("{alert} demolished at {at}\n");
    for visit in store.visits_of(alert).await? {
        writeln!(text, "fly over it again from {} (day {})", visit.due_at, visit.day)?;
    }
    Ok(text)
}
