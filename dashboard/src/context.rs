//! What the binary hands to the web and to delivery.

use std::{fmt, sync::Arc};

use domain::{Clock, SourceStatus};
use metrics_exporter_prometheus::PrometheusHandle;
use store::Store;
use tokio::sync::broadcast;

use crate::{AircraftNow, Coverage, Delivery, Intake, LookedAt, Masking};

/// Everything that is shown or delivered. Cloning is cheap; all clones show the same.
#[derive(Clone)]
pub struct Context {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub sources: Sources,
    /// The fences as a GeoJSON `FeatureCollection` in WGS-84, in the shape of the API: `id`, and
    /// properties `name`, `kind`, `parking_authority`, `schedule`, `valid_from`, `valid_to`,
    /// `active`. Asked at each request, so `active` can be of this moment.
    pub fences: Arc<dyn Fn() -> String + Send + Sync>,
    /// The aircraft that were heard of, by their serial numbers. Asked at each request; must not block.
    pub aircraft: Arc<dyn Fn() -> Vec<AircraftNow> + Send + Sync>,
    /// What of the fences was seen, from what was looked at. Called on a thread that may block; it
    /// should give up after some seconds of work rather than keep a page waiting for minutes.
    pub coverage: Arc<dyn Fn(LookedAt) -> Coverage + Send + Sync>,
    /// Makes what is shown of pictures and videos.
    pub masking: Masking,
    /// Asked by `/health/readyz`; must not block.
    pub ready: Arc<dyn Fn() -> Readiness + Send + Sync>,
    /// Rendered by `/metrics`.
    pub metrics: PrometheusHandle,
    /// Written by [`deliver`](crate::deliver), shown by `/health/readyz`.
    pub delivery: Delivery,
    /// Takes what clients of the embedded broker publish. None: nobody may publish.
    pub intake: Option<Intake>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("delivery", &self.delivery).finish_non_exhaustive()
    }
}

/// Whether the pipeline can do its work. A camera that is off is not a reason against it.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// The model in use; none before it is loaded.
    pub model: Option<Model>,
    /// Why the service cannot be used, for the operator; empty when it can.
    pub problems: Vec<String>,
    /// What is wrong while the service can be used.
    pub warnings: Vec<String>,
}

/// The model that looks at the frames.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Model {
    pub id: String,
    /// Of the model file, in hex.
    pub sha256: String,
    /// The ONNX Runtime execution provider that is really active, and what it calculates in: `cpu f32`.
    pub provider: String,
}

/// The sources as they are now, and their changes.
#[derive(Clone)]
pub struct Sources {
    list: Arc<dyn Fn() -> Vec<SourceStatus> + Send + Sync>,
    changes: broadcast::Sender<SourceStatus>,
}

impl Sources {
    /// Changes that a slow listener may fall behind; then it reads the whole list again.
    const CHANGES_KEPT: usize = 256;

    /// `list` gives live snapshots and must not block.
    pub fn new(list: impl Fn() -> Vec<SourceStatus> + Send + Sync + 'static) -> Self {
        let (changes, _) = broadcast::channel(Self::CHANGES_KEPT);
        Self { list: Arc::new(list), changes }
    }

    /// Announces that a source changed its state, to the pages and over MQTT. Call it on changes
    /// of state, and now and then for the figures; not for each frame.
    pub fn changed(&self, status: SourceStatus) {
        if self.changes.send(status).is_err() {
            tracing::trace!("nobody listens for source changes");
        }
    }

    pub(crate) fn list(&self) -> Vec<SourceStatus> {
        (self.list)()
    }

    pub(crate) fn changes(&self) -> broadcast::Receiver<SourceStatus> {
        self.changes.subscribe()
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}
