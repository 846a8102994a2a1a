//! The files of a flight. They show people: every look is audited before a byte leaves.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use domain::FlightId;
use store::{AuditEntry, FlightBody};

use super::{ApiError, App, ErrorBody, names::FilePath};
use crate::api::{
    range::{Asked, Served},
    session::SignedIn,
};

/// A file of a flight, or one range of it.
#[utoipa::path(
    get, path = "/api/flights/{id}/media/{n}", tag = "flights",
    params(
        ("id" = FlightId, Path), ("n" = u64, Path),
        ("range" = Option<String>, Header, description = "One range of bytes"),
    ),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, body = ErrorBody),
        (status = 404, description = "`not_found`, or `not_ready` while it is to come", body = ErrorBody),
        (status = 416, description = "`bad_range`", body = ErrorBody),
    )
)]
pub(crate) async fn media(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    FilePath { id, n }: FilePath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let store = &app.context.store;
    let range = match Asked::of(&headers) {
        None => None,
        Some(asked) => Some(asked.within(store.flight_file(id, n).await?.bytes)),
    };
    let partial = range.is_some();
    let FlightBody { file, range, body } = store.read_flight_file(id, n, range).await?;
    let served = Served {
        media_type: HeaderValue::from_static(media_type(&file.name)),
        sha256: file.sha256.unwrap_or_default(),
        bytes: file.bytes,
        range,
        partial,
        body,
    };
    let entry = AuditEntry {
        actor: session.user,
        action: "looked_at".to_owned(),
        subject: format!("flight/{id}/media/{n}"),
        detail: served.detail(),
    };
    store.audit(entry).await?;
    served.response()
}

/// Pictures and videos as what they are; anything else is nothing a browser would run.
fn media_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        // Browsers play the QuickTime of aircraft as the MP4 that it is in all but name.
        Some("mp4" | "m4v" | "mov") => "video/mp4",
        Some("ts" | "mts" | "m2ts") => "video/mp2t",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
