//! What of the fences was seen.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use jiff::SignedDuration;
use serde::Deserialize;
use store::MOST_LOOKS;
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

/// What flights saw of the ground and of the fences in the last days.
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
    let Query(Back { days }) = query.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let days = days.unwrap_or(7);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(ApiError::BadRequest(format!("`days` must be 1 to {MOST_DAYS}, got {days}")));
    }
    let to = app.context.clock.now();
    let from = to.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(to);
    let looks = app.context.store.looks_since(from, None).await?;
    // More than can be read at once: what was left out is older than the last of these.
    let oldest = looks.last().filter(|_| looks.len() >= MOST_LOOKS).map(|look| look.at);
    let looked = LookedAt { from: oldest.unwrap_or(from), to, looks };
    let answer = Arc::clone(&app.context.coverage);
    let answered = tokio::task::spawn_blocking(move || answer(looked)).await;
    answered.map(Json).map_err(|error| ApiError::Internal(error.into()))
}
