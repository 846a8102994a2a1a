//! The files of a flight. They show people, so they are masked unless somebody may see more, and every look is
//! audited before a byte leaves.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use domain::FlightId;
use store::{FileState, FlightBody, FlightError, Original};

use super::{ApiError, App, ErrorBody, names::FilePath};
use crate::api::{
    range::{Asked, Served},
    session::SignedIn,
    view::{Granted, Look, Preparing, masked},
};
use crate::masking::Wanted;

/// A file of a flight, or one range of it. Photos and videos are masked: faces and plates are burned out. The
/// original takes the right to see it and a reason, and so does what may hold pictures and cannot be masked, as
/// archives. Telemetry and routes are sent as they are.
#[utoipa::path(
    get, path = "/api/flights/{id}/media/{n}", tag = "flights",
    params(
        ("id" = FlightId, Path), ("n" = u64, Path), Look,
        ("range" = Option<String>, Header, description = "One range of bytes"),
    ),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 202, description = "The masked rendition is being made", body = Preparing),
        (status = 401, body = ErrorBody),
        (status = 403, description = "`originals_forbidden`, or `originals_only` for what cannot be masked", body = ErrorBody),
        (status = 404, description = "`not_found`, or `not_ready` while it is to come", body = ErrorBody),
        (status = 416, description = "`bad_range`", body = ErrorBody),
        (status = 422, description = "`reason_required` for an original", body = ErrorBody),
        (status = 503, description = "`cannot_mask`: it cannot be masked, so it is not shown", body = ErrorBody),
    )
)]
pub(crate) async fn media(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    FilePath { id, n }: FilePath,
    look: Look,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let store = &app.context.store;
    let granted = look.grant(&app, &session)?;
    let found = store.flight_file(id, n).await?;
    let granted = match (granted, Shows::of(&found.name)) {
        (Granted::Masked, Shows::People) => {
            if found.state == FileState::Uploading {
                return Err(FlightError::NotReceived { flight: id, n }.into());
            }
            let wanted = Wanted {
                of: Original::Flight { flight: id, n },
                media_type: media_type(&found.name).to_owned(),
                sha256: found.sha256.unwrap_or_default(),
            };
            return masked(&app, session, wanted, &headers).await;
        }
        (Granted::Masked, Shows::Figures) => Granted::Open,
        (Granted::Masked, Shows::Unknown) => return Err(ApiError::OriginalsOnly),
        (granted, _) => granted,
    };
    let range = Asked::of(&headers).map(|asked| asked.within(found.bytes));
    let partial = range.is_some();
    let FlightBody { file, range, body } = store.read_flight_file(id, n, range).await?;
    let served = Served {
        media_type: HeaderValue::from_static(media_type(&file.name)),
        sha256: file.sha256.unwrap_or_default(),
        bytes: file.bytes,
        range,
        partial,
        cache: granted.cache(),
        body,
    };
    let subject = format!("flight/{id}/media/{n}");
    store.audit(granted.entry(session, subject, served.detail())).await?;
    served.response()
}

/// What there is to see in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    /// A picture or video that can be masked.
    People,
    /// Telemetry, routes and heights.
    Figures,
    /// Perhaps pictures, in a form that is not looked into: archives, raw pictures, anything else.
    Unknown,
}

impl Shows {
    fn of(name: &str) -> Self {
        if media_type(name) != UNKNOWN {
            return Self::People;
        }
        let figures = ["srt", "csv", "klv", "kml", "json", "geojson", "txt"];
        if figures.contains(&ending(name).as_str()) { Self::Figures } else { Self::Unknown }
    }
}

const UNKNOWN: &str = "application/octet-stream";

fn ending(name: &str) -> String {
    name.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_ascii_lowercase())
}

/// Pictures and videos as what they are; anything else is nothing a browser would run.
fn media_type(name: &str) -> &'static str {
    match ending(name).as_str() {
        // Browsers play the QuickTime of aircraft as the MP4 that it is in all but name.
        "mp4" | "m4v" | "mov" => "video/mp4",
        "ts" | "mts" | "m2ts" => "video/mp2t",
        "mkv" => "video/x-matroska",
        "mpg" | "mpeg" => "video/mpeg",
        "jpg" | "jpeg" | "mpo" => "image/jpeg",
        "png" => "image/png",
        _ => UNKNOWN,
    }
}
