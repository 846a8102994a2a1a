//! A real store in a temporary folder, and alerts to put into it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use domain::{
    Alert, AlertId, Authority, Class, FenceId, FenceRef, GroundFix, LonLat, Placement, Queue,
    RelBox, Review, RuleId, Severity, SimulatedClock, SourceId, SourceKind, SourceState,
    SourceStatus, TimeBasis, TrackId,
};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use store::{FreeSpace, NewRendition, Original, Rendition, Store, Written};
use tempfile::TempDir;

use crate::{
    AircraftNow, Context, Coverage, Delivery, FenceCoverage, LookedAt, Masked, Masking,
    MaskingState, Model, MultiPolygon, Readiness, Sources,
};

pub(crate) struct Bench {
    pub(crate) context: Context,
    pub(crate) clock: Arc<SimulatedClock>,
    /// What `/health/readyz` is told.
    pub(crate) readiness: Arc<Mutex<Readiness>>,
    /// What asking for a masked rendition comes to.
    pub(crate) masked: Arc<Mutex<Masked>>,
    masking: Arc<Mutex<MaskingState>>,
    /// Bytes free for uploads.
    pub(crate) free: Arc<AtomicU64>,
    pub(crate) dir: TempDir,
}

impl Bench {
    /// Nothing is masked until this is called.
    pub(crate) fn mask(&self, state: MaskingState) {
        *self.masking.lock().unwrap() = state;
    }

    /// Keeps a masked rendition, as its maker would.
    pub(crate) async fn rendition(&self, of: Original, text: &str) -> Rendition {
        let store = &self.context.store;
        std::fs::write(store.rendition_draft(&of).await.unwrap(), text).unwrap();
        let new = NewRendition {
            of,
            original_sha256: "ab".repeat(32),
            recipe: "faces".to_owned(),
            media_type: "image/jpeg".to_owned(),
            places: 2,
        };
        store.keep_rendition(new).await.unwrap()
    }

    pub(crate) async fn raise(&self, alert: &Alert) {
        let written = self.context.store.raise(alert).await.unwrap();
        assert!(matches!(written, Written::New(_)), "{written:?}");
    }
}

pub(crate) async fn bench() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimulatedClock::at("2026-05-01T08:00:00Z".parse().unwrap()));
    let free = Arc::new(AtomicU64::new(u64::MAX));
    let asked = Arc::clone(&free);
    let probe = FreeSpace::from_fn(move |_| Ok(asked.load(Ordering::SeqCst)));
    let config = store::Config {
        database: dir.path().join("x.db"),
        evidence: dir.path().join("evidence"),
        ..Default::default()
    };
    let store = Store::open_measuring(&config, Arc::<SimulatedClock>::clone(&clock), probe);
    let store = store.await.unwrap();
    let model = Model { id: "nanodet".into(), sha256: "ab".repeat(32), provider: "cpu".into() };
    let readiness = Arc::new(Mutex::new(Readiness { model: Some(model), ..Readiness::default() }));
    let told = Arc::clone(&readiness);
    let masked = Arc::new(Mutex::new(Masked::Ready));
    let masking = Arc::new(Mutex::new(MaskingState::Off));
    let (answer, state) = (Arc::clone(&masked), Arc::clone(&masking));
    let context = Context {
        store,
        clock: Arc::<SimulatedClock>::clone(&clock),
        sources: Sources::new(|| vec![status("gate")]),
        fences: Arc::new(|| FENCES.to_owned()),
        aircraft: Arc::new(|| vec![aircraft()]),
        coverage: Arc::new(nothing_but_looks),
        masking: Masking::new(
            move |_| Box::pin(std::future::ready(answer.lock().unwrap().clone())),
            move || state.lock().unwrap().clone(),
        ),
        ready: Arc::new(move || told.lock().unwrap().clone()),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        delivery: Delivery::default(),
        intake: None,
    };
    Bench { context, clock, readiness, masked, masking, free, dir }
}

/// One that is in the air.
fn aircraft() -> AircraftNow {
    let heard_at = "2026-05-01T08:00:00Z".parse().unwrap();
    AircraftNow {
        serial: "1581F5BMD228Q00A82XX".to_owned(),
        model: Some("Matrice 3TD".to_owned()),
        gateway: None,
        online: true,
        flying: Some(true),
        heard_at,
        age_s: 0.0,
        at: Some(heard_at),
        lon: Some(120.08),
        lat: Some(30.89),
        height_m: Some(50.0),
        above_ellipsoid_m: None,
        heading_deg: Some(-90.0),
        gimbal: None,
        speed_mps: None,
        battery_percent: None,
        fix: domain::Fix::Fixed,
    }
}

/// One fence, seen by the last look, and one cell that nobody saw.
#[expect(clippy::needless_pass_by_value, reason = "`Context::coverage` is called like this")]
fn nothing_but_looks(looked: LookedAt) -> Coverage {
    let last = looked.looks.first();
    let outline = vec![vec![[120.1, 30.8], [120.2, 30.8], [120.2, 30.9], [120.1, 30.8]]];
    let fence = FenceCoverage {
        id: FenceId::new("kerb").unwrap(),
        name: "路缘".to_owned(),
        name_en: None,
        kind: "no_parking".to_owned(),
        area_m2: 200.0,
        last_seen: last.map(|look| look.at),
        flight: last.map(|look| look.flight),
        gsd_cm: last.map(|look| look.gsd_cm),
        share: if last.is_some() { 1.0 } else { 0.0 },
        whole_seen: last.map(|look| look.at),
        whole_gsd_cm: last.map(|look| look.gsd_cm),
        empty_at_last_look: last.map(|look| look.objects == 0),
        gaps: MultiPolygon::default(),
        outline: outline.clone(),
    };
    let cell = FenceCoverage {
        id: FenceId::new("cell").unwrap(),
        name: "一网格".to_owned(),
        name_en: Some("Cell 1".to_owned()),
        kind: "grid".to_owned(),
        area_m2: 90_000.0,
        last_seen: None,
        flight: None,
        gsd_cm: None,
        share: 0.0,
        whole_seen: None,
        whole_gsd_cm: None,
        empty_at_last_look: None,
        gaps: MultiPolygon { coordinates: vec![outline.clone()] },
        outline,
    };
    Coverage {
        from: looked.from,
        to: looked.to,
        fences: vec![fence],
        grid: vec![cell],
        area: MultiPolygon {
            coordinates: looked.looks.iter().map(|look| vec![look.ring.clone()]).collect(),
        },
        area_m2: 0.0,
        looks: looked.looks.len() as u64,
    }
}

const FENCES: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"kerb",
    "geometry":{"type":"Polygon","coordinates":[[[120.1,30.8],[120.2,30.8],[120.2,30.9],[120.1,30.8]]]},
    "properties":{"name":"路缘","active":true}}]}"#;

/// The `n`th alert of queue `parking-traffic_police`, raised `n` minutes after the first.
pub(crate) fn alert(n: u64) -> Alert {
    alert_in("parking-traffic_police", n)
}

pub(crate) fn alert_in(queue: &str, n: u64) -> Alert {
    let (rule, source) = (RuleId::known("parking"), SourceId::new("gate").unwrap());
    let fence = FenceId::new("kerb").unwrap();
    let minutes = SignedDuration::from_mins(i64::try_from(n).unwrap());
    let since: Timestamp = "2026-05-01T00:00:00Z".parse().unwrap();
    let since = since + minutes;
    let position = LonLat::new(120.15, 30.85).unwrap();
    Alert {
        id: AlertId::derive(&rule, &source, Some(&fence), TrackId(n), since),
        revision: 1,
        rule,
        rule_version: None,
        rule_name: None,
        severity: Severity::General,
        matter_code: None,
        legal_basis: None,
        queue: Queue::new(queue).unwrap(),
        source,
        source_name: "北门".to_owned(),
        track: Some(TrackId(n)),
        terminal: None,
        class: Class::Car,
        score: Some(0.8125),
        fence: Some(FenceRef {
            id: fence,
            name: "路缘".to_owned(),
            name_en: Some("kerb".to_owned()),
            kind: "no_parking".to_owned(),
            authority: Some(Authority::TrafficPolice),
            version: "0123456789ab".to_owned(),
            edition: None,
            matter_code: None,
            legal_basis: None,
        }),
        place: GroundFix { position, covariance: domain::Covariance::round(0.5) }.into(),
        outline: None,
        seen: Some(RelBox { x: 0.25, y: 0.5, w: 0.125, h: 0.0625 }),
        probability_inside: 0.996,
        since,
        raised_at: since + SignedDuration::from_mins(3),
        last_seen: since + SignedDuration::from_mins(3),
        ended_at: None,
        end_reason: None,
        dwell_s: 180.0,
        plate: None,
        dwell_needed_s: 180.0,
        time_basis: TimeBasis::Capture,
        reminder: None,
        also: Vec::new(),
        part_of: None,
        why: None,
        review: Review::default(),
    }
}

pub(crate) fn status(id: &str) -> SourceStatus {
    SourceStatus {
        id: SourceId::new(id).unwrap(),
        name: "北门".to_owned(),
        kind: SourceKind::Rtsp,
        state: SourceState::Live,
        detail: String::new(),
        since: "2026-05-01T00:00:00Z".parse().unwrap(),
        fps: 24.98,
        frames: 7,
        dropped: 0,
        reconnects: 0,
        last_frame_at: Some("2026-05-01T00:00:01.000001Z".parse().unwrap()),
        frame_age_s: Some(0.04),
        clock_offset_s: None,
        nothing_found_s: None,
        unseen: 0,
        width: Some(1920),
        height: Some(1080),
        position: LonLat::new(120.3, 30.7),
        footprint: Some(vec![[120.1, 30.8], [120.2, 30.8], [120.2, 30.9], [120.1, 30.8]]),
        placement: Placement::Ground,
        residual_m: Some(0.21),
    }
}
