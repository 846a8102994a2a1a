//! Flights: made, uploaded, started, and what came of them.

mod export;
mod media;
mod names;
mod tus;

#[cfg(test)]
mod tests;

use std::num::ParseIntError;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderName, StatusCode, header},
};
use domain::{FlightId, FlightReport, FlightState, FlightWarning, WarningCode};
use serde::{Deserialize, Serialize};
use store::{AuditEntry, Flight, FlightError, FlightFile, FlightObject};
use utoipa::{IntoParams, ToSchema};

pub(crate) use export::*;
pub(crate) use media::*;
use names::FlightPath;
pub(crate) use tus::*;

use super::{
    ApiError, App, ErrorBody,
    error::JsonBody,
    session::{Reviewer, SignedIn},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFlight {
    /// For people, at most 200 characters; `flight-{id}` if not given.
    #[serde(default)]
    name: Option<String>,
    /// Serial number of the aircraft that flew it. What was heard of it live then places videos that bring no
    /// telemetry.
    #[serde(default)]
    aircraft: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// 1 to 200; 50 if not given.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlightPage {
    /// The newest first.
    items: Vec<Flight>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// A flight with its files.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlightDetail {
    #[serde(flatten)]
    flight: Flight,
    file_list: Vec<FlightFile>,
    /// How many flights are looked at before it, while it is queued; else 0.
    ahead: u64,
    /// What a dock left for it in an object store.
    objects: Vec<FlightObject>,
    /// Those known so far.
    warnings: Vec<FlightWarning>,
}

/// Makes a flight without files.
#[utoipa::path(
    post, path = "/api/flights", tag = "flights", request_body = NewFlight,
    responses(
        (status = 201, body = Flight), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 422, description = "`bad_name`", body = ErrorBody),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    Reviewer(session): Reviewer,
    JsonBody(NewFlight { name, aircraft }): JsonBody<NewFlight>,
) -> Result<(StatusCode, Json<Flight>), ApiError> {
    let name = name.unwrap_or_default();
    let store = &app.context.store;
    let flight = store.new_flight_of(&name, &session.user, aircraft.as_deref()).await?;
    audit(&app, session.user, "flight_created", flight.id, flight.name.clone()).await?;
    Ok((StatusCode::CREATED, Json(flight)))
}

/// A page of flights, newest first.
#[utoipa::path(
    get, path = "/api/flights", tag = "flights", params(ListQuery),
    responses(
        (status = 200, body = FlightPage), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    _: SignedIn,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<FlightPage>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let before = query.cursor.map(|cursor| cursor.parse().map(FlightId)).transpose();
    let before = before
        .map_err(|_bad: ParseIntError| ApiError::BadRequest("this is no cursor".to_owned()))?;
    let page = app.context.store.flights(before, query.limit.unwrap_or(50)).await?;
    Ok(Json(FlightPage { items: page.items, next: page.next.map(|next| next.to_string()) }))
}

/// One flight with its files.
#[utoipa::path(
    get, path = "/api/flights/{id}", tag = "flights", params(("id" = FlightId, Path)),
    responses(
        (status = 200, body = FlightDetail), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    _: SignedIn,
    FlightPath(id): FlightPath,
) -> Result<Json<FlightDetail>, ApiError> {
    detail(&app, id).await.map(Json)
}

async fn detail(app: &App, id: FlightId) -> Result<FlightDetail, ApiError> {
    let store = &app.context.store;
    let flight = store.flight(id).await?.ok_or(FlightError::NoFlight { flight: id })?;
    let file_list = store.flight_files(id).await?;
    let objects = store.flight_objects(id).await?;
    let queued = flight.state == FlightState::Queued;
    let ahead = if queued { store.flights_ahead(id).await? } else { 0 };
    let mut warnings = duplicates(&file_list);
    if flight.state == FlightState::Done {
        let told = store.report(id).await?.warnings;
        warnings.retain(|new| !told.iter().any(|w| w.code == new.code && w.file == new.file));
        warnings.extend(told);
    }
    Ok(FlightDetail { flight, file_list, ahead, objects, warnings })
}

/// Removes a flight with its files, while it is uploading or after it failed.
#[utoipa::path(
    delete, path = "/api/flights/{id}", tag = "flights", params(("id" = FlightId, Path)),
    responses(
        (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, description = "`flight_busy`", body = ErrorBody),
    )
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Reviewer(session): Reviewer,
    FlightPath(id): FlightPath,
) -> Result<StatusCode, ApiError> {
    app.context.store.delete_flight(id).await?;
    audit(&app, session.user, "flight_deleted", id, String::new()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Queues a flight whose files are all there.
#[utoipa::path(
    post, path = "/api/flights/{id}/start", tag = "flights", params(("id" = FlightId, Path)),
    responses(
        (status = 202, body = Flight), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (
            status = 409, body = ErrorBody,
            description = "`upload_incomplete` names files, `flight_empty`, `flight_busy`"
        ),
    )
)]
pub(crate) async fn start(
    State(app): State<App>,
    Reviewer(session): Reviewer,
    FlightPath(id): FlightPath,
) -> Result<(StatusCode, Json<Flight>), ApiError> {
    let flight = app.context.store.start(id).await?;
    let detail = format!("{} files, {} bytes", flight.files, flight.bytes);
    audit(&app, session.user, "flight_started", id, detail).await?;
    Ok((StatusCode::ACCEPTED, Json(flight)))
}

/// Queues a failed flight again.
#[utoipa::path(
    post, path = "/api/flights/{id}/retry", tag = "flights", params(("id" = FlightId, Path)),
    responses(
        (status = 202, body = Flight), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "`flight_busy`: it has not failed", body = ErrorBody),
    )
)]
pub(crate) async fn retry(
    State(app): State<App>,
    Reviewer(session): Reviewer,
    FlightPath(id): FlightPath,
) -> Result<(StatusCode, Json<Flight>), ApiError> {
    let flight = app.context.store.retry(id).await?;
    audit(&app, session.user, "flight_retried", id, String::new()).await?;
    Ok((StatusCode::ACCEPTED, Json(flight)))
}

/// Fetches what is still missing from the object store, now.
#[utoipa::path(
    post, path = "/api/flights/{id}/fetch", tag = "flights", params(("id" = FlightId, Path)),
    responses(
        (status = 202, body = FlightDetail), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "`flight_busy`: it takes no files any more", body = ErrorBody),
    )
)]
pub(crate) async fn fetch(
    State(app): State<App>,
    Reviewer(session): Reviewer,
    FlightPath(id): FlightPath,
) -> Result<(StatusCode, Json<FlightDetail>), ApiError> {
    let asked = app.context.store.fetch_again(id).await?;
    audit(&app, session.user, "flight_fetched", id, format!("{asked} files")).await?;
    detail(&app, id).await.map(|detail| (StatusCode::ACCEPTED, Json(detail)))
}

/// What came of a flight.
#[utoipa::path(
    get, path = "/api/flights/{id}/report", tag = "flights", params(("id" = FlightId, Path)),
    responses(
        (status = 200, body = FlightReport), (status = 401, body = ErrorBody),
        (status = 404, description = "`not_found`, or `not_ready` before it is done", body = ErrorBody),
    )
)]
pub(crate) async fn report(
    State(app): State<App>,
    _: SignedIn,
    FlightPath(id): FlightPath,
) -> Result<([(HeaderName, &'static str); 1], String), ApiError> {
    // As it was stored: tens of megabytes are not taken apart to be put together again.
    let json = app.context.store.report_json(id).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json))
}

fn duplicates(files: &[FlightFile]) -> Vec<FlightWarning> {
    let same = |file: &FlightFile| {
        let same = file.duplicate_of.as_ref()?;
        Some(FlightWarning {
            code: WarningCode::Duplicate,
            file: file.name.clone(),
            detail: format!("the same bytes as `{}` of flight {}", same.name, same.flight),
            count: 1,
        })
    };
    files.iter().filter_map(same).collect()
}

async fn audit(
    app: &App,
    actor: String,
    action: &str,
    flight: FlightId,
    detail: String,
) -> Result<(), ApiError> {
    let subject = format!("flight/{flight}");
    let entry = AuditEntry { actor, action: action.to_owned(), subject, detail };
    Ok(app.context.store.audit(entry).await?)
}
