//! Reports to hand over.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::FlightId;
use serde::Deserialize;
use store::FlightError;

use super::{ApiError, App, ErrorBody, audit};
use crate::api::session::SignedIn;

#[derive(Deserialize)]
pub(crate) struct WithKind {
    id: FlightId,
    kind: Kind,
}

/// In which form.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) enum Kind {
    /// For people: one file that needs nothing else.
    #[serde(rename = "report.html")]
    Html,
    /// For geographic information systems.
    #[serde(rename = "flight.geojson")]
    GeoJson,
    /// For Google Earth.
    #[serde(rename = "flight.kml")]
    Kml,
}

impl Kind {
    const fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::GeoJson => "geojson",
            Self::Kml => "kml",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::GeoJson => "application/geo+json",
            Self::Kml => "application/vnd.google-earth.kml+xml",
        }
    }
}

/// The report of a flight as a file.
#[utoipa::path(
    get, path = "/api/flights/{id}/export/{kind}", tag = "flights",
    params(
        ("id" = FlightId, Path),
        (
            "kind" = String, Path,
            description = "`report.html`, `flight.geojson` or `flight.kml`"
        ),
    ),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, body = ErrorBody),
        (status = 404, description = "`not_found`, or `not_ready` before it is done", body = ErrorBody),
    )
)]
pub(crate) async fn export(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    path: Result<Path<WithKind>, PathRejection>,
) -> Result<Response, ApiError> {
    let not_found = |_| ApiError::NotFound("such export".to_owned());
    let Path(WithKind { id, kind }) = path.map_err(not_found)?;
    let store = &app.context.store;
    let flight = store.flight(id).await?.ok_or(FlightError::NoFlight { flight: id })?;
    let report = store.report(id).await?;
    audit(&app, session.user, "exported", id, kind.extension().to_owned()).await?;
    // Long flights take a second: not on a thread that serves others.
    let written = tokio::task::spawn_blocking(move || match kind {
        Kind::Html => crate::flight_html(&flight.name, &report),
        Kind::GeoJson => flight::export::geojson(&report),
        Kind::Kml => flight::export::kml(&report, &flight.name),
    });
    let text = written.await.map_err(|error| ApiError::Internal(error.into()))?;
    let name = format!("attachment; filename=\"flight-{id}.{}\"", kind.extension());
    let name = HeaderValue::try_from(name).map_err(|error| ApiError::Internal(error.into()))?;
    let kind = HeaderValue::from_static(kind.media_type());
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], text).into_response())
}
