//! For supervisors and Prometheus: alive, ready, figures.
//!
//! Open without a session: the answers hold no personal data, no address and no picture. Where
//! even the names of cameras must not be seen, keep `http.listen` on this machine.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use domain::{SourceId, SourceState};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use crate::{MaskingState, Model, Readiness};

/// A store that takes longer is as good as none.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    ready: bool,
    /// Why not; empty when ready.
    reasons: Vec<String>,
    /// What is wrong while it works, such as fences that were refused.
    warnings: Vec<String>,
    version: &'static str,
    store: StoreHealth,
    model: Option<Model>,
    mqtt: MqttHealth,
    privacy: PrivacyHealth,
    /// A camera that is off does not make the service unready.
    sources: Vec<SourceHealth>,
}

#[derive(Debug, Serialize, ToSchema)]
struct StoreHealth {
    ok: bool,
}

/// No broker does not make the service unready: alerts wait in the outbox.
#[derive(Debug, Serialize, ToSchema)]
struct MqttHealth {
    connected: bool,
    detail: String,
    /// Messages that wait; unknown while the store does not answer.
    outbox_depth: Option<u64>,
}

/// What cannot be masked is not shown; watching and recording go on, so it does not make the service unready.
#[derive(Debug, Serialize, ToSchema)]
struct PrivacyHealth {
    /// `on`, `off` by configuration, or `unable`.
    masking: &'static str,
    /// Why it is unable; else empty.
    detail: String,
}

impl From<MaskingState> for PrivacyHealth {
    fn from(state: MaskingState) -> Self {
        let (masking, detail) = match state {
            MaskingState::On => ("on", String::new()),
            MaskingState::Off => ("off", String::new()),
            MaskingState::Unable { why } => ("unable", why),
        };
        Self { masking, detail }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct SourceHealth {
    id: SourceId,
    state: SourceState,
    /// Seconds since the last frame arrived.
    frame_age_s: Option<f64>,
    /// Seconds for which nothing at all was found, where that is suspiciously long.
    nothing_found_s: Option<f64>,
}

/// The program runs.
#[utoipa::path(get, path = "/health/livez", tag = "health", responses((status = 200, body = str)))]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// The program can do its work.
#[utoipa::path(
    get, path = "/health/readyz", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health))
)]
pub(crate) async fn ready(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let Readiness { model, problems: mut reasons, warnings } = (app.context.ready)();
    let store = &app.context.store;
    let depth = async {
        store.ping().await?;
        store.outbox_depth().await
    };
    let depth = match tokio::time::timeout(PATIENCE, depth).await {
        Ok(Ok(depth)) => Some(depth),
        Ok(Err(error)) => {
            tracing::error!(%error, "the store does not answer");
            None
        }
        Err(_) => None,
    };
    if depth.is_none() {
        reasons.push("the store does not answer".to_owned());
    }
    if model.is_none() && reasons.is_empty() {
        reasons.push("no model is loaded".to_owned());
    }
    let delivery = &app.context.delivery;
    let health = Health {
        ready: reasons.is_empty(),
        reasons,
        warnings,
        version: env!("CARGO_PKG_VERSION"),
        store: StoreHealth { ok: depth.is_some() },
        model,
        mqtt: MqttHealth {
            connected: delivery.connected(),
            detail: delivery.detail(),
            outbox_depth: depth,
        },
        privacy: app.context.masking.state().into(),
        sources: sources(&app),
    };
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health))
}

fn sources(app: &App) -> Vec<SourceHealth> {
    let health = |source: domain::SourceStatus| SourceHealth {
        id: source.id,
        state: source.state,
        frame_age_s: source.frame_age_s,
        nothing_found_s: source.nothing_found_s,
    };
    app.context.sources.list().into_iter().map(health).collect()
}

/// Figures for Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "health",
    responses((status = 200, content_type = "text/plain", body = str))
)]
pub(crate) async fn metrics(State(app): State<App>) -> ([(HeaderName, &'static str); 1], String) {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.context.metrics.render())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{MaskingState, api::testing::Page, testing::alert};

    #[tokio::test]
    async fn ready_with_a_model_and_a_store() {
        let page = Page::new().await;
        assert_eq!(page.get("/health/livez").await.status.as_u16(), 200);
        page.bench.raise(&alert(1)).await;
        let ready = page.get("/health/readyz").await;
        assert_eq!(ready.status.as_u16(), 200);
        let ready = ready.json();
        assert_eq!(ready["model"]["provider"], "cpu");
        assert_eq!(ready["mqtt"], json!({"connected": false, "detail": "", "outbox_depth": 1}));
        assert_eq!(ready["privacy"], json!({"masking": "off", "detail": ""}));
        assert_eq!(
            ready["sources"],
            json!([{"id": "gate", "state": "live", "frame_age_s": 0.04, "nothing_found_s": null}])
        );
        assert_eq!(page.get("/metrics").await.status.as_u16(), 200);
    }

    #[tokio::test]
    async fn not_ready_says_why() {
        let page = Page::new().await;
        page.bench.readiness.lock().unwrap().problems.push("model file gone".to_owned());
        let answer = page.get("/health/readyz").await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["reasons"].clone()),
            (503, json!(["model file gone"]))
        );

        page.bench.readiness.lock().unwrap().problems.clear();
        let why = "model file gone".to_owned();
        page.bench.mask(MaskingState::Unable { why });
        let answer = page.get("/health/readyz").await;
        assert_eq!(answer.status.as_u16(), 200, "alerts are still raised and recorded");
        let told = json!({"masking": "unable", "detail": "model file gone"});
        assert_eq!(answer.json()["privacy"], told);

        page.bench.context.store.close().await.unwrap();
        let answer = page.get("/health/readyz").await;
        assert_eq!(answer.status.as_u16(), 503);
        assert_eq!(answer.json()["reasons"], json!(["the store does not answer"]));
    }
}
