//! Reminders (违停十分钟提醒): receipts from whoever reminds, and the clock for those that have none.
//!
//! Who reminds (an SMS or 挪车 platform) hears of it on `xunjian/reminder/{queue}` and answers on `xunjian/receipt/{alert}`.
//! A receipt is acknowledged once it is on disk; then the rules hear of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashboard::{Fate, Intake, Publication};
use domain::{Alert, AlertId, Clock, Receipt, Reminder};
use ingest::{Broker, Heard, Keep};
use jiff::{SignedDuration, Timestamp};
use store::{Store, StoreError, Written};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// What became of reminders, for the rules: the newest state of each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reminded(Arc<Mutex<BTreeMap<AlertId, Reminder>>>);

impl Reminded {
    fn tell(&self, alert: Alert) {
        if let Some(reminder) = alert.reminder {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(alert.id, reminder);
        }
    }

    /// What is new since it was asked last.
    pub(crate) fn take(&self) -> BTreeMap<AlertId, Reminder> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

const TOPIC: &str = "xunjian/receipt/";
const FILTER: &str = "xunjian/receipt/+";
/// A receipt has two or three short fields.
const MOST_BYTES: usize = 4096;
const REASON_CHARS: usize = 200;
/// Clocks of those who remind may go ahead by this.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);
/// How often reminders without a receipt are looked for.
const LOOK: Duration = Duration::from_secs(2);
const CLIENT: &str = "xunjian-receipts";

/// Receipts that may wait to be read; connections that have more wait themselves.
const WAITING: usize = 256;

/// Where receipts come in, made before the stages start.
pub(crate) struct Desk {
    published: mpsc::Receiver<Publication>,
    to_desk: mpsc::Sender<Publication>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let (to_desk, published) = mpsc::channel(WAITING);
        Self { published, to_desk }
    }

    /// Where the embedded broker brings receipts; none where another broker is listened to, or nobody is reminded.
    pub(crate) fn intake(&self, config: &Config) -> Option<Intake> {
        let wanted = |topic: &str| topic.starts_with(TOPIC);
        let reminds = !config.rules.parking.reminder.is_empty() && config.mqtt.url.is_none();
        reminds.then(|| Intake::new(self.to_desk.clone(), wanted, MOST_BYTES))
    }
}

/// Takes receipts, and gives up what has none in time, until the stop.
pub(crate) async fn follow(
    config: &Config,
    desk: Desk,
    store: Store,
    clock: Arc<dyn Clock>,
    reminded: Reminded,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let log = Log { store: store.clone(), clock, reminded: reminded.clone() };
    tokio::try_join!(hear(config, desk, log, stop), settle(&store, &reminded, stop))?;
    Ok(())
}

async fn hear(
    config: &Config,
    desk: Desk,
    log: Log,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    if let Some(broker) = broker(config) {
        return Ok(ingest::hear(&broker, &[FILTER], stop, log).await?);
    }
    take_in(desk.published, log, stop).await;
    Ok(())
}

/// Takes what clients of the embedded broker publish. What cannot be kept is not acknowledged: it comes again.
async fn take_in(
    mut published: mpsc::Receiver<Publication>,
    mut log: Log,
    stop: &CancellationToken,
) {
    loop {
        let publication = tokio::select! {
            () = stop.cancelled() => return,
            publication = published.recv() => publication,
        };
        let Some(Publication { topic, payload, receipt }) = publication else { return };
        match log.keep(&[Heard { topic, payload }]).await {
            Ok(()) => receipt.answer(Fate::Kept),
            Err(error) => tracing::warn!(%error, "a receipt cannot be kept"),
        }
    }
}

fn broker(config: &Config) -> Option<Broker> {
    if config.rules.parking.reminder.is_empty() {
        return None;
    }
    let url = config.mqtt.url.clone()?;
    Some(Broker { url, ca_file: config.mqtt.ca_file.clone(), client_id: CLIENT.to_owned() })
}

async fn settle(
    store: &Store,
    reminded: &Reminded,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut tick = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = tick.tick() => {}
        }
        match store.settle_reminders().await {
            Ok(changed) => changed.into_iter().for_each(|alert| reminded.tell(alert)),
            Err(error) => tracing::warn!(%error, "reminders without a receipt wait longer"),
        }
    }
}

struct Log {
    store: Store,
    clock: Arc<dyn Clock>,
    reminded: Reminded,
}

impl Keep for Log {
    type Error = StoreError;

    async fn keep(&mut self, messages: &[Heard]) -> Result<(), StoreError> {
        for heard in messages {
            match read(heard, self.clock.now()) {
                Ok((alert, receipt)) => self.take(alert, &receipt).await?,
                Err(why) => refused(&heard.topic, &why),
            }
        }
        Ok(())
    }
}

impl Log {
    async fn take(&self, id: AlertId, receipt: &Receipt) -> Result<(), StoreError> {
        match self.store.take_receipt(id, receipt).await? {
            Written::New(alert) => self.reminded.tell(alert),
            Written::Already => {}
            Written::Unknown => refused(&format!("{TOPIC}{id}"), "there is no such alert"),
        }
        Ok(())
    }
}

fn refused(topic: &str, why: &str) {
    metrics::counter!("xunjian_receipts_refused_total").increment(1);
    tracing::warn!(topic, why, "a receipt is not understood");
}

/// The alert that a receipt is for, and the receipt, or why it is none.
fn read(heard: &Heard, now: Timestamp) -> Result<(AlertId, Receipt), String> {
    let id = heard.topic.strip_prefix(TOPIC).and_then(|id| id.parse().ok());
    let id = id.ok_or("the last level of the topic must be the id of an alert")?;
    if heard.payload.len() > MOST_BYTES {
        return Err(format!("{} bytes, at most {MOST_BYTES}", heard.payload.len()));
    }
    let receipt: Receipt =
        serde_json::from_slice(&heard.payload).map_err(|error| error.to_string())?;
    let at = match &receipt {
        Receipt::Delivered { at } => *at,
        Receipt::Failed { at, reason } if reason.chars().count() <= REASON_CHARS => *at,
        Receipt::Failed { .. } => {
            return Err(format!("`reason` is longer than {REASON_CHARS} characters"));
        }
    };
    let latest = now.saturating_add(AHEAD).map_err(|error| error.to_string())?;
    if at > latest {
        return Err(format!("`at` is {at}, which is still to come"));
    }
    Ok((id, receipt))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-05-01T00:10:00Z";
    const ID: &str = "5b0c8a4e-9f0f-5c57-8a43-6a1d6d8c9a01";

    #[test]
    fn receipts_are_read_and_what_is_none_is_told() {
        let long = format!(
            r#"{{"state":"failed","at":"2026-05-01T00:00:00Z","reason":"{}"}}"#,
            "x".repeat(201)
        );
        for (topic, payload, problem) in [
            (ID, r#"{"state":"delivered","at":"2026-05-01T00:09:59Z"}"#, ""),
            (ID, r#"{"state":"failed","at":"2026-05-01T00:09:59Z","reason":"no number"}"#, ""),
            (ID, r#"{"state":"delivered","at":"2026-05-01T00:12:00Z"}"#, "still to come"),
            (ID, r#"{"state":"read","at":"2026-05-01T00:00:00Z"}"#, "unknown variant `read`"),
            (ID, "{}", "missing field `state`"),
            (ID, long.as_str(), "`reason` is longer"),
            ("nobody", "{}", "the id of an alert"),
        ] {
            let heard = Heard {
                topic: format!("xunjian/receipt/{topic}"),
                payload: payload.as_bytes().to_vec().into(),
            };
            let read = read(&heard, NOW.parse().unwrap());
            match read {
                Ok(_) => assert_eq!(problem, "", "{payload}"),
                Err(why) => assert!(!problem.is_empty() && why.contains(problem), "{why}"),
            }
        }
    }

    #[test]
    fn the_newest_state_is_taken_once() {
        let reminded = Reminded::default();
        assert!(reminded.take().is_empty());
        let id: AlertId = ID.parse().unwrap();
        let wait = Duration::from_mins(10);
        reminded.0.lock().unwrap().insert(id, Reminder::ask(wait, wait, None));
        assert_eq!(reminded.take().len(), 1);
        assert!(reminded.take().is_empty());
    }
}
