//! A store in a temporary folder, and what to put in.

use std::sync::Arc;
use std::time::Duration;

use domain::{
    Alert, AlertId, AlertMessage, Authority, Class, EndReason, FenceId, FenceRef, MessageKind,
    Place, Queue, RelBox, Review, RuleId, Severity, SimulatedClock, SourceId, TimeBasis, TrackId,
};
use futures_util::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::{Config, Decision, EvidenceBody, NewEvidence, Store, StoreError, Verdict, Written};

/// 2023-11-14T22:13:20Z
const BEGIN_S: i64 = 1_700_000_000;

pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) clock: Arc<SimulatedClock>,
    pub(crate) config: Config,
    _dir: TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            database: dir.path().join("data/xunjian.db"),
            evidence: dir.path().join("data/evidence"),
            busy_timeout: Duration::from_millis(100),
            max_evidence_bytes: 1 << 20,
            changes_kept: 16,
            ..Config::default()
        };
        let clock = Arc::new(SimulatedClock::at(Timestamp::from_second(BEGIN_S).unwrap()));
        let store = Store::open(&config, Arc::<SimulatedClock>::clone(&clock)).await.unwrap();
        Self { store, clock, config, _dir: dir }
    }

    /// Another store over the same files, as a second process would have.
    pub(crate) async fn another_store(&self) -> Result<Store, StoreError> {
        Store::open(&self.config, Arc::<SimulatedClock>::clone(&self.clock)).await
    }

    pub(crate) async fn raise(&self, alert: &Alert) {
        drop(self.store.raise(alert).await.unwrap());
    }

    pub(crate) async fn update(&self, alert: &Alert) {
        assert!(matches!(self.store.update(alert).await.unwrap(), Written::New(_)));
    }

    pub(crate) async fn end(&self, alert: &Alert) {
        let over = ended(alert.track.unwrap().0, 60);
        assert!(matches!(self.store.end(&over).await.unwrap(), Written::New(_)));
    }

    /// The kinds of the messages that wait, one letter each.
    pub(crate) async fn sent(&self) -> String {
        let waiting = self.store.undelivered(0, 1000).await.unwrap();
        let letter = |payload: &[u8]| match serde_json::from_slice::<AlertMessage>(payload) {
            Ok(message) => match message.kind {
                MessageKind::New => 'n',
                MessageKind::Update => 'u',
                MessageKind::End => 'e',
            },
            Err(error) => panic!("{error}"),
        };
        waiting.iter().map(|message| letter(&message.payload)).collect()
    }

    pub(crate) async fn text_of(&self, id: AlertId, name: &str) -> String {
        text(self.store.read_evidence(id, name, None).await.unwrap()).await
    }
}

/// Seconds after the beginning of the clock.
pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(BEGIN_S + seconds).unwrap()
}

pub(crate) async fn text(got: EvidenceBody) -> String {
    let pieces: Vec<_> = got.body.try_collect().await.unwrap();
    String::from_utf8(pieces.concat()).unwrap()
}

/// An alert about a track, raised 180 s into a recording.
pub(crate) fn alert(track: u64) -> Alert {
    alert_at(track, 0)
}

/// The same, `seconds` later. Its id does not depend on them.
pub(crate) fn alert_at(track: u64, seconds: i64) -> Alert {
    let (rule, source) = (RuleId::known("parking"), SourceId::new("cam-1").unwrap());
    let fence = FenceId::new("kerb").unwrap();
    let begin = Timestamp::from_second(BEGIN_S - 1000).unwrap();
    let since = begin + SignedDuration::from_secs(seconds);
    let raised_at = since + SignedDuration::from_secs(180);
    Alert {
        id: AlertId::derive(&rule, &source, Some(&fence), TrackId(track), begin),
        revision: 1,
        rule,
        rule_version: None,
        rule_name: None,
        severity: Severity::General,
        matter_code: None,
        legal_basis: None,
        queue: Queue::new("parking-traffic_police").unwrap(),
        source,
        source_name: "人民路".to_owned(),
        track: Some(TrackId(track)),
        terminal: None,
        class: Class::Car,
        score: Some(0.875),
        fence: Some(FenceRef {
            id: fence,
            name: "路缘".to_owned(),
            name_en: None,
            kind: "no_parking".to_owned(),
            authority: Some(Authority::TrafficPolice),
            version: "0123456789ab".to_owned(),
            edition: None,
            matter_code: None,
            legal_basis: None,
        }),
        place: Place::Image { x: 0.5, y: 0.75 },
        outline: None,
        seen: Some(RelBox { x: 0.25, y: 0.5, w: 0.125, h: 0.25 }),
        probability_inside: 0.96875,
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
    }
}

/// The alert, seen again some seconds after it was raised.
pub(crate) fn seen(track: u64, seconds: i64) -> Alert {
    let alert = alert(track);
    Alert { last_seen: alert.raised_at + SignedDuration::from_secs(seconds), ..alert }
}

/// The alert, lost some seconds after it was raised.
pub(crate) fn ended(track: u64, seconds: i64) -> Alert {
    let alert = seen(track, seconds);
    Alert { ended_at: Some(alert.last_seen), end_reason: Some(EndReason::Lost), ..alert }
}

pub(crate) fn confirm(revision: u32) -> Decision {
    Decision {
        decision: Verdict::Confirmed,
        reason: "verified".to_owned(),
        note: String::new(),
        revision,
        by: "wang".to_owned(),
    }
}

pub(crate) fn file(name: &str, text: &str) -> NewEvidence {
    NewEvidence {
        name: name.to_owned(),
        media_type: "image/jpeg".to_owned(),
        taken_at: Some(Timestamp::from_second(BEGIN_S).unwrap()),
        transform: "decoded frame → JPEG q92".to_owned(),
        bytes: text.to_owned().into(),
    }
}
