//! What of the fences was seen.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Response},
};
use jiff::SignedDuration;
use serde::Deserialize;
use store::{AuditEntry, MOST_LOOKS};
use utoipa::IntoParams;

use super::{ApiError, App, ErrorBody, session::SignedIn};
use crate::{Coverage, LookedAt};

/// The most days that one answer covers.
const MOST_DAYS: u32 = 366;

/// How far back.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Back {
    /// 1 to 366; 7 if not given.
    days: Option<u32>,
}

/// What flights saw of the ground, of the fences and of the grid in the last days.
#[utoipa::path(
    get, path = "/api/coverage", tag = "flights", params(Back),
    responses(
        (status = 200, body = Coverage), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
    )
)]
pub(crate) async fn coverage(
    State(app): State<App>,
    _: SignedIn,
    query: Result<Query<Back>, QueryRejection>,
) -> Result<Json<Coverage>, ApiError> {
    let days = days(query)?;
    work_out(&app, days, |coverage| coverage).await.map(Json)
}

/// The same as a file for geographic information systems: `GeoJSON`, WGS-84, RFC 7946.
///
/// Features are told apart by `kind`. One `seen`: all ground that was seen, with `days`, `from`, `to`,
/// `area_m2`, `looks`; no geometry where nothing was. Each fence and cell of the grid by its own kind: `id`, `name`,
/// `name_en`, `days`, `share` (0 to 1), `area_m2`, `last_seen`, `flight`, `gsd_cm`, and of the last view of
/// all of it `whole_seen`, `whole_gsd_cm`, `empty`. For each that was not seen whole a `gap`: `of`, `name`,
/// `area_m2`.
#[utoipa::path(
    get, path = "/api/coverage.geojson", tag = "flights", params(Back),
    responses(
        (status = 200, content_type = "application/geo+json", body = Object),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
    )
)]
pub(crate) async fn export(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    query: Result<Query<Back>, QueryRejection>,
) -> Result<Response, ApiError> {
    let days = days(query)?;
    let text = work_out(&app, days, move |coverage| coverage.geojson(days)).await?;
    let entry = AuditEntry {
        actor: session.user,
        action: "exported".to_owned(),
        subject: "coverage".to_owned(),
        detail: format!("geojson, {days} days"),
    };
    app.context.store.audit(entry).await?;
    let today = app.context.clock.now().strftime("%Y-%m-%d").to_string();
    let name = format!("attachment; filename=\"coverage-{today}-{days}d.geojson\"");
    let headers = [
        (header::CONTENT_TYPE, "application/geo+json".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}

fn days(query: Result<Query<Back>, QueryRejection>) -> Result<u32, ApiError> {
    let Query(Back { days }) = query.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let days = days.unwrap_or(7);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(ApiError::BadRequest(format!("`days` must be 1 to {MOST_DAYS}, got {days}")));
    }
    Ok(days)
}

/// Joins what was seen and makes of it what is wanted, where it holds up nobody else.
async fn work_out<T: Send + 'static>(
    app: &App,
    days: u32,
    wanted: impl FnOnce(Coverage) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let to = app.context.clock.now();
    let from = to.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(to);
    let looks = app.context.store.looks_since(from, None).await?;
    // More than can be read at once: what was left out is older than the last of these.
    let oldest = looks.last().filter(|_| looks.len() >= MOST_LOOKS).map(|look| look.at);
    let looked = LookedAt { from: oldest.unwrap_or(from), to, looks };
    let answer = Arc::clone(&app.context.coverage);
    let answered = tokio::task::spawn_blocking(move || wanted(answer(looked))).await;
    answered.map_err(|error| ApiError::Internal(error.into()))
}
