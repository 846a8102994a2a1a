//! What terminals in trucks said, held against the muck truck rule (渣土车).
//!
//! Positions come here once they are on disk. At the start what was kept of the last hours is judged again, so that trips and
//! what lasts go on where they were; alerts that come of it have the ids that they had, and the store knows them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use domain::{Alert, Clock, SourceId, TerminalReport};
use jiff::{SignedDuration, Timestamp};
use rules::{Outcome, TruckCounts, TruckRules, Trucks};
use store::{ManifestContext, Store};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio_util::sync::CancellationToken;

use crate::config::Loaded;
use crate::pipeline::{Stages, thread};
use crate::reload::Live;
use crate::stage::judge::Verdict;
use crate::stage::record::{Recorder, Whose};
use crate::terminals::Fleet;

/// What the rule is told.
#[derive(Debug)]
pub(crate) enum Heard {
    /// These positions are on disk.
    Kept(Vec<TerminalReport>),
    /// The time of all.
    Now(Timestamp),
}

/// Writes of positions that may wait to be judged; then whoever keeps positions waits, and with it the terminals.
const WAITING: usize = 64;
/// Pages of what was kept that may wait at the start.
const PAGES: usize = 4;
/// How often the rule is told what time it is.
const TICK: Duration = Duration::from_secs(5);

/// To the rule.
pub(crate) fn channel() -> (Sender<Heard>, Receiver<Heard>) {
    mpsc::channel(WAITING)
}

/// What the rule works with.
pub(crate) struct Parts<'a> {
    pub loaded: &'a Arc<Loaded>,
    pub store: &'a Store,
    pub clock: &'a Arc<dyn Clock>,
    pub fences: &'a Live,
    pub stop: &'a CancellationToken,
}

/// Starts judging, recording and telling the time.
pub(crate) async fn start(
    parts: &Parts<'_>,
    (to_judge, heard): (Sender<Heard>, Receiver<Heard>),
    stages: &mut Stages,
) -> anyhow::Result<()> {
    let rules = parts.loaded.config.rules.trucks.clone();
    let layer = parts.fences.borrow().clone();
    let mut trucks = Trucks::new(layer.fences, layer.permits, rules.clone());
    let open = parts.store.open_alerts(trucks.source()).await;
    let open: Vec<Alert> = open.context("cannot read the open alerts of trucks")?;
    let span = SignedDuration::try_from(rules.replay).unwrap_or(SignedDuration::MAX);
    let from = parts.clock.now().saturating_sub(span).unwrap_or(Timestamp::MIN);
    trucks.resume(&open, from);

    let (to_record, verdicts) = mpsc::channel(64); // full: the rule waits; no verdict is dropped
    let (pages, kept) = mpsc::channel(PAGES);
    let source = trucks.source().clone();
    let recorder = recorder(parts, &rules, source);
    let config = &parts.loaded.config.terminals;
    let fleet =
        Fleet::read(config, |path| parts.loaded.resolve(path)).map_err(anyhow::Error::msg)?;
    let feed = Feed {
        store: parts.store.clone(),
        fleet,
        clock: Arc::clone(parts.clock),
        stop: parts.stop.clone(),
    };
    let fences = parts.fences.clone();
    thread(stages, "trucks", move || {
        let mut judge = Judge { trucks, fences, told: TruckCounts::default(), to_record };
        judge.run(kept, heard);
    });
    stages.spawn(async move { ("trucks, record", recorder.run(verdicts).await) });
    stages.spawn(async move { ("trucks, feed", feed.run(from, pages, to_judge).await) });
    Ok(())
}

fn recorder(parts: &Parts<'_>, rules: &TruckRules, source: SourceId) -> Recorder {
    let values = serde_json::to_value(rules).unwrap_or_default();
    let values = values.as_object().cloned().unwrap_or_default();
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let manifest = ManifestContext {
        model_id: "none".to_owned(),
        model_sha256: String::new(),
        rule_parameters: values.into_iter().map(|(key, value)| (key, text(value))).collect(),
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        config_sha256: parts.loaded.sha256(),
    };
    // No clip is cut of what no camera saw.
    let merge = parts.loaded.config.rules.merge.clone();
    Recorder::new(parts.store.clone(), None, manifest, merge, Whose::One(source))
}

/// Gives the rule what was kept, terminal by terminal, and then the time until the stop.
struct Feed {
    store: Store,
    fleet: Fleet,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
}

impl Feed {
    async fn run(
        self,
        from: Timestamp,
        pages: Sender<Vec<TerminalReport>>,
        to_judge: Sender<Heard>,
    ) -> anyhow::Result<()> {
        self.kept(from, pages).await?;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                _ = tick.tick() => {}
            }
            if to_judge.send(Heard::Now(self.clock.now())).await.is_err() {
                return Ok(());
            }
        }
    }

    /// At most 100 000 reports of each terminal: a day at one a second.
    async fn kept(
        &self,
        from: Timestamp,
        pages: Sender<Vec<TerminalReport>>,
    ) -> anyhow::Result<()> {
        let to = self.clock.now();
        let terminals = self.store.terminals_since(from).await.context("cannot list terminals")?;
        for terminal in terminals {
            let page = self.store.terminal_reports(&terminal, from, to).await;
            let mut page = page.context("cannot read where trucks were")?;
            if let Some(plate) = self.fleet.plate_of(&terminal) {
                for report in &mut page {
                    report.plate = Some(plate.to_owned());
                }
            }
            if self.stop.is_cancelled() || pages.send(page).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

struct Judge {
    trucks: Trucks,
    fences: Live,
    /// What metrics have of the counts.
    told: TruckCounts,
    to_record: Sender<Verdict>,
}

impl Judge {
    /// Judges what was kept, then what comes, until nobody tells anything any more or nobody records.
    fn run(&mut self, mut kept: Receiver<Vec<TerminalReport>>, mut heard: Receiver<Heard>) {
        while let Some(page) = kept.blocking_recv() {
            if !self.hear(&page) {
                return;
            }
        }
        while let Some(heard) = heard.blocking_recv() {
            self.change_fences();
            let goes_on = match heard {
                Heard::Kept(reports) => self.hear(&reports),
                Heard::Now(now) => {
                    let outcomes = self.trucks.advance(now);
                    self.record(outcomes)
                }
            };
            if !goes_on {
                return;
            }
            self.count();
        }
    }

    fn change_fences(&mut self) {
        if self.fences.has_changed().unwrap_or(false) {
            let layer = self.fences.borrow_and_update().clone();
            self.trucks.change(layer.fences, layer.permits);
        }
    }

    fn hear(&mut self, reports: &[TerminalReport]) -> bool {
        reports.iter().all(|report| {
            let outcomes = self.trucks.hear(report);
            self.record(outcomes)
        })
    }

    /// Whether somebody records.
    fn record(&self, outcomes: Vec<Outcome>) -> bool {
        let verdict = |outcome| match outcome {
            Outcome::Raised(alert) => Some(Verdict::Raised { alert, first: None, last: None }),
            Outcome::Updated(alert) => Some(Verdict::Updated(alert)),
            Outcome::Ended(alert) => Some(Verdict::Ended(alert)),
            _ => None,
        };
        let mut verdicts = outcomes.into_iter().filter_map(verdict);
        verdicts.all(|verdict| self.to_record.blocking_send(verdict).is_ok())
    }

    fn count(&mut self) {
        let now = self.trucks.counts();
        let news = BTreeMap::from([
            ("late", now.late - self.told.late),
            ("twice", now.twice - self.told.twice),
            ("wrong_clock", now.wrong_clock - self.told.wrong_clock),
            ("jump", now.jumps - self.told.jumps),
            ("joined", now.joined - self.told.joined),
            ("no_room", now.no_room - self.told.no_room),
        ]);
        for (what, count) in news.into_iter().filter(|(_, count)| *count > 0) {
            metrics::counter!("xunjian_truck_reports_total", "what" => what).increment(count);
        }
        self.told = now;
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("xunjian_trucks").set(self.trucks.len() as f64);
    }
}
