//! Alerts and their review.

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use domain::{Alert, AlertId, Queue, SourceId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{
    AlertFilter, Decision, EvidenceRow, EvidenceState, HistoryEntry, Stage, Verdict, Written,
};
use utoipa::{IntoParams, ToSchema};

use super::{
    ApiError, App, ErrorBody,
    error::JsonBody,
    session::{Reviewer, SignedIn},
};

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    #[param(value_type = Option<StageName>, inline)]
    state: Option<Stage>,
    queue: Option<Queue>,
    source: Option<SourceId>,
    /// 1 to 200; 50 if not given.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertPage {
    /// The newest `raised_at` first.
    items: Vec<Alert>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
    counts: Counts,
}

/// Alerts of the chosen queue and source at each stage.
#[derive(Debug, Serialize, ToSchema)]
struct Counts {
    open: u64,
    confirmed: u64,
    dismissed: u64,
    reminding: u64,
    corrected: u64,
}

/// How far an alert is. `open`: waits for a person. `reminding`: whoever parked may still drive off. `corrected`: drove
/// off in time, or nothing followed.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes `store::Stage` to OpenAPI")]
enum StageName {
    Open,
    Confirmed,
    Dismissed,
    Reminding,
    Corrected,
}

/// An alert with its evidence and what happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertDetail {
    #[serde(flatten)]
    alert: Alert,
    evidence: Vec<Evidence>,
    /// Oldest first.
    history: Vec<HistoryStep>,
}

/// One file, or the lack of one.
#[derive(Debug, Serialize, ToSchema)]
struct Evidence {
    name: String,
    media_type: String,
    bytes: u64,
    /// Of the bytes as received, in hex; empty until ready.
    sha256: String,
    taken_at: Option<Timestamp>,
    /// How it was made from what the camera sent.
    transform: String,
    #[schema(value_type = EvidenceStateName)]
    state: EvidenceState,
    /// What is waited for, or why it is missing.
    detail: String,
}

impl From<EvidenceRow> for Evidence {
    fn from(row: EvidenceRow) -> Self {
        let EvidenceRow {
            name, media_type, bytes, sha256, taken_at, transform, state, detail, ..
        } = row;
        Self { name, media_type, bytes, sha256, taken_at, transform, state, detail }
    }
}

/// Whether there are bytes.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes `store::EvidenceState` to OpenAPI")]
enum EvidenceStateName {
    Ready,
    Pending,
    Missing,
}

/// One thing that happened to an alert.
#[derive(Debug, Serialize, ToSchema)]
struct HistoryStep {
    at: Timestamp,
    /// A user's name, or `machine`.
    actor: String,
    /// `raised`, `ended`, `confirmed` or `dismissed`.
    action: String,
    reason: Option<String>,
    note: Option<String>,
}

impl From<HistoryEntry> for HistoryStep {
    fn from(entry: HistoryEntry) -> Self {
        let HistoryEntry { at, actor, action, reason, note, .. } = entry;
        Self { at, actor, action, reason, note }
    }
}

/// A person's decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionBody {
    #[schema(value_type = VerdictName)]
    decision: Verdict,
    /// Confirming: `verified`. Dismissing: `not_a_violation`, `wrong_object`, `wrong_place`,
    /// `loading`, `emergency`, `duplicate`, `unclear`, or `other` with a note.
    #[serde(default)]
    reason: String,
    #[serde(default)]
    note: String,
    /// The revision that the person had before them.
    revision: u32,
}

/// The two ways to decide.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes `store::Verdict` to OpenAPI")]
enum VerdictName {
    Confirmed,
    Dismissed,
}

const DISMISS_REASONS: [&str; 8] = [
    "not_a_violation",
    "wrong_object",
    "wrong_place",
    "loading",
    "emergency",
    "duplicate",
    "unclear",
    "other",
];

/// A page of alerts, newest first.
#[utoipa::path(
    get, path = "/api/alerts", tag = "alerts", params(ListQuery),
    responses(
        (status = 200, body = AlertPage), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    _: SignedIn,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<AlertPage>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let cursor = query.cursor.map(|cursor| cursor.parse()).transpose();
    let filter = AlertFilter {
        state: query.state,
        queue: query.queue,
        source: query.source,
        limit: query.limit.unwrap_or(AlertFilter::default().limit),
        cursor: cursor
            .map_err(|error: store::BadCursor| ApiError::BadRequest(error.to_string()))?,
    };
    let store = &app.context.store;
    let page = store.alerts(&filter).await?;
    let store::Counts { open, confirmed, dismissed, reminding, corrected } =
        store.counts(&filter).await?;
    Ok(Json(AlertPage {
        items: page.items,
        next: page.next.map(|next| next.to_string()),
        counts: Counts { open, confirmed, dismissed, reminding, corrected },
    }))
}

/// One alert with its evidence and history.
#[utoipa::path(
    get, path = "/api/alerts/{id}", tag = "alerts", params(("id" = AlertId, Path)),
    responses(
        (status = 200, body = AlertDetail), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    _: SignedIn,
    AlertPath(id): AlertPath,
) -> Result<Json<AlertDetail>, ApiError> {
    let alert = app.context.store.alert(id).await?;
    let alert = alert.ok_or_else(|| ApiError::NotFound(format!("alert {id}")))?;
    Ok(Json(detail(&app, alert).await?))
}

/// Records a decision. It stands: the next one is told who was first.
#[utoipa::path(
    post, path = "/api/alerts/{id}/decision", tag = "alerts", params(("id" = AlertId, Path)),
    request_body = DecisionBody,
    responses(
        (status = 200, body = AlertDetail), (status = 401, body = ErrorBody),
        (status = 403, description = "`forbidden`: viewers look only", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, description = "`stale`: somebody decided meanwhile", body = ErrorBody),
        (status = 422, description = "`reason_required`", body = ErrorBody),
    )
)]
pub(crate) async fn decide(
    State(app): State<App>,
    Reviewer(session): Reviewer,
    AlertPath(id): AlertPath,
    JsonBody(body): JsonBody<DecisionBody>,
) -> Result<Json<AlertDetail>, ApiError> {
    check_reason(&body)?;
    let DecisionBody { decision, reason, note, revision } = body;
    let note = note.trim().to_owned();
    let decision = Decision { decision, reason, note, revision, by: session.user };
    let alert = app.context.store.decide(id, decision).await?;
    Ok(Json(detail(&app, alert).await?))
}

/// Says that a part of another alert is an act of its own: it goes to its queue.
#[utoipa::path(
    post, path = "/api/alerts/{id}/separate", tag = "alerts", params(("id" = AlertId, Path)),
    responses(
        (status = 200, body = AlertDetail), (status = 401, body = ErrorBody),
        (status = 403, description = "`forbidden`: viewers look only", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, description = "`stale`: it is no part of another alert", body = ErrorBody),
    )
)]
pub(crate) async fn separate(
    State(app): State<App>,
    Reviewer(session): Reviewer,
    AlertPath(id): AlertPath,
) -> Result<Json<AlertDetail>, ApiError> {
    match app.context.store.separate_act(id, &session.user).await? {
        Written::New(alert) => Ok(Json(detail(&app, alert).await?)),
        Written::Already => Err(ApiError::Stale(format!("alert {id} is no part of another one"))),
        Written::Unknown => Err(ApiError::NotFound(format!("alert {id}"))),
    }
}

fn check_reason(body: &DecisionBody) -> Result<(), ApiError> {
    let known = match body.decision {
        Verdict::Confirmed => body.reason == "verified",
        Verdict::Dismissed => DISMISS_REASONS.contains(&body.reason.as_str()),
    };
    if !known {
        return Err(ApiError::ReasonRequired("choose one of the reasons"));
    }
    if body.reason == "other" && body.note.trim().is_empty() {
        return Err(ApiError::ReasonRequired("the reason `other` needs a note"));
    }
    Ok(())
}

async fn detail(app: &App, alert: Alert) -> Result<AlertDetail, ApiError> {
    let store = &app.context.store;
    let evidence = store.evidence(alert.id).await?.into_iter().map(Evidence::from).collect();
    let history = store.history(alert.id).await?.into_iter().map(HistoryStep::from).collect();
    Ok(AlertDetail { alert, evidence, history })
}

/// `{id}` of the path; 404 for what is no id.
pub(crate) struct AlertPath(pub(crate) AlertId);

impl axum::extract::FromRequestParts<App> for AlertPath {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &App,
    ) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct WithId {
            id: AlertId,
        }
        let path = Path::<WithId>::from_request_parts(parts, app).await;
        let not_found = |_| ApiError::NotFound("alert with this id".to_owned());
        path.map(|Path(path)| Self(path.id)).map_err(not_found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use store::NewEvidence;

    use crate::{
        api::testing::Page,
        testing::{alert, alert_in},
    };

    fn verified(revision: u32) -> Value {
        json!({"decision": "confirmed", "reason": "verified", "note": "", "revision": revision})
    }

    #[tokio::test]
    async fn everything_asks_for_a_session() {
        let page = Page::new().await;
        let id = alert(1).id;
        for path in [
            "/api/alerts".to_owned(),
            format!("/api/alerts/{id}"),
            format!("/api/alerts/{id}/evidence/clip.mp4"),
            "/api/events".to_owned(),
            "/api/fences".to_owned(),
            "/api/map".to_owned(),
            "/api/sources".to_owned(),
        ] {
            let answer = page.get(&path).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "not_signed_in"));
        }
        let decided = page.post(&format!("/api/alerts/{id}/decision"), &verified(1)).await;
        assert_eq!(decided.status.as_u16(), 401);
    }

    #[tokio::test]
    async fn pages_are_newest_first_and_counted() {
        let page = Page::signed_in("guest").await;
        for n in 1..=5 {
            page.bench.raise(&alert(n)).await;
        }
        page.bench.raise(&alert_in("parking-urban_mgmt", 9)).await;
        let queue = "/api/alerts?queue=parking-traffic_police&state=open&limit=3";
        let first = page.get(queue).await.json();
        let tracks = |page: &Value| -> Vec<u64> {
            page["items"].as_array().unwrap().iter().map(|a| a["track"].as_u64().unwrap()).collect()
        };
        assert_eq!(tracks(&first), [5, 4, 3]);
        assert_eq!(
            first["counts"],
            json!({"open": 5, "confirmed": 0, "dismissed": 0, "reminding": 0, "corrected": 0})
        );
        let next = first["next"].as_str().unwrap();
        let second = page.get(&format!("{queue}&cursor={next}")).await.json();
        assert_eq!((tracks(&second), &second["next"]), (vec![2, 1], &Value::Null));
        for query in ["cursor=x", "state=closed", "limit=x", "queue=A%20B", "page=2"] {
            let answer = page.get(&format!("/api/alerts?{query}")).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "bad_request"));
        }
    }

    #[tokio::test]
    async fn the_alert_is_shown_as_the_contract_says() {
        let page = Page::signed_in("guest").await;
        let alert = alert(1);
        page.bench.raise(&alert).await;
        let store = &page.bench.context.store;
        store
            .expect_evidence(alert.id, "clip.mp4", "video/mp4", "segment still open")
            .await
            .unwrap();
        let picture = NewEvidence {
            name: "first_crop.jpg".to_owned(),
            media_type: "image/jpeg".to_owned(),
            taken_at: Some(alert.since),
            transform: "decoded frame → JPEG q92".to_owned(),
            bytes: bytes::Bytes::from_static(b"jpeg"),
        };
        store.put_evidence(alert.id, picture).await.unwrap();
        let shown = page.get(&format!("/api/alerts/{}", alert.id)).await.json();
        for (key, value) in [
            ("queue", json!("parking-traffic_police")),
            ("box", json!({"x": 0.25, "y": 0.5, "w": 0.125, "h": 0.0625})),
            ("since", json!("2026-05-01T00:01:00Z")),
            ("ended_at", Value::Null),
            ("score", json!(0.8125)),
        ] {
            assert_eq!(shown[key], value, "{key}");
        }
        assert_eq!(shown["place"]["space"], "ground");
        let evidence = shown["evidence"].as_array().unwrap();
        let states: Vec<_> = evidence
            .iter()
            .map(|e| (e["name"].as_str().unwrap(), e["state"].as_str().unwrap()))
            .collect();
        assert_eq!(states, [("clip.mp4", "pending"), ("first_crop.jpg", "ready")]);
        assert_eq!(evidence[0]["detail"], "segment still open");
        assert_eq!(shown["history"][0]["action"], "raised");
        for path in ["/api/alerts/none", "/api/alerts/00000000-0000-0000-0000-000000000000"] {
            assert_eq!(page.get(path).await.code(), "not_found");
        }
    }

    #[tokio::test]
    async fn one_decision_stands() {
        let mut page = Page::signed_in("li").await;
        let alert = alert(1);
        page.bench.raise(&alert).await;
        let path = format!("/api/alerts/{}/decision", alert.id);

        let other = json!({"decision": "dismissed", "reason": "other", "note": " ", "revision": 1});
        let unknown = json!({"decision": "confirmed", "reason": "loading", "revision": 1});
        for body in [other, unknown, json!({"decision": "dismissed", "revision": 1})] {
            let answer = page.post(&path, &body).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "reason_required"));
        }

        let decided = page.post(&path, &verified(1)).await;
        assert_eq!(decided.status.as_u16(), 200, "{:?}", decided.body);
        let decided = decided.json();
        assert_eq!(
            (&decided["review"]["state"], &decided["review"]["by"]),
            (&json!("confirmed"), &json!("li"))
        );
        assert_eq!(decided["revision"], 2);

        page.sign_in("admin", crate::api::testing::PASSWORD).await;
        let late = page.post(&path, &verified(1)).await;
        assert_eq!((late.status.as_u16(), late.code().as_str()), (409, "stale"));
        let message = late.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("li") && message.contains("2026-05-01T08:00:00Z"), "{message}");

        let nowhere = format!("/api/alerts/{}/decision", crate::testing::alert(2).id);
        assert_eq!(page.post(&nowhere, &verified(1)).await.status.as_u16(), 404);
    }

    #[tokio::test]
    async fn a_viewer_only_looks() {
        let page = Page::signed_in("guest").await;
        let alert = alert(1);
        page.bench.raise(&alert).await;
        let answer = page.post(&format!("/api/alerts/{}/decision", alert.id), &verified(1)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "forbidden"));
    }
}
