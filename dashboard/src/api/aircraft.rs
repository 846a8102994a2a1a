//! Aircraft that are heard of, and the way they flew.

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use domain::TrackPoint;
use flight::{Sample, Stamp, cloud};
use jiff::SignedDuration;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ApiError, App, ErrorBody, session::SignedIn};
use crate::{AircraftNow, aircraft::AircraftTrack};

/// The most that one answer covers.
const MOST_HOURS: u32 = 24;
/// Enough for a line on a map.
const MOST_POINTS: i32 = 1500;
/// Aircraft speak at 0.5 to 2 Hz.
const LEAST_STEP: SignedDuration = SignedDuration::from_secs(1);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Back {
    /// 1 to 24; 1 if not given.
    hours: Option<u32>,
}

/// Every aircraft that was heard of in the last day, as it is now.
#[utoipa::path(
    get, path = "/api/aircraft", tag = "flights",
    responses((status = 200, body = Vec<AircraftNow>), (status = 401, body = ErrorBody))
)]
pub(crate) async fn list(State(app): State<App>, _: SignedIn) -> Json<Vec<AircraftNow>> {
    Json((app.context.aircraft)())
}

/// The way an aircraft flew in the last hours; empty for one that was not heard of.
#[utoipa::path(
    get, path = "/api/aircraft/{sn}/track", tag = "flights",
    params(("sn" = String, Path, description = "Its serial number"), Back),
    responses(
        (status = 200, body = AircraftTrack), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 404, description = "this is no serial number", body = ErrorBody),
    )
)]
pub(crate) async fn track(
    State(app): State<App>,
    _: SignedIn,
    Path(serial): Path<String>,
    query: Result<Query<Back>, QueryRejection>,
) -> Result<Json<AircraftTrack>, ApiError> {
    let Query(Back { hours }) = query.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let hours = hours.unwrap_or(1);
    if !(1..=MOST_HOURS).contains(&hours) {
        let rule = format!("`hours` must be 1 to {MOST_HOURS}, got {hours}");
        return Err(ApiError::BadRequest(rule));
    }
    let serial = cloud::Serial::new(&serial)
        .ok_or_else(|| ApiError::NotFound("aircraft of this serial number".to_owned()))?;
    let to = app.context.clock.now();
    let span = SignedDuration::from_hours(hours.into());
    let from = to.saturating_sub(span).unwrap_or(to);
    let every = (span / MOST_POINTS).max(LEAST_STEP);
    let said = app.context.store.telemetry_thinned(serial.as_str(), from, to, every).await?;
    let read = cloud::replay(said.iter().map(|message| message.body.as_str()));
    let points = read.samples.iter().filter_map(point).collect();
    Ok(Json(AircraftTrack { serial: serial.as_str().to_owned(), from, to, points }))
}

fn point(sample: &Sample) -> Option<TrackPoint> {
    let Stamp::Utc(at) = sample.stamp else { return None };
    let position = sample.position?;
    Some(TrackPoint {
        at,
        lon: position.lon(),
        lat: position.lat(),
        height_m: sample.heights.above_takeoff_m,
        yaw_deg: sample.camera.map(|camera| camera.yaw_deg),
        pitch_deg: sample.camera.map(|camera| camera.pitch_deg),
        roll_deg: sample.camera.map(|camera| camera.roll_deg),
        heading_deg: sample.heading_deg,
        speed_mps: sample.speed_mps.unwrap_or_default(),
        fix: sample.fix,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use store::NewTelemetry;

    use crate::api::testing::Page;

    const SERIAL: &str = "1581F5BMD228Q00A82XX";

    /// A message a second, of which every other one is about the battery alone.
    async fn said(page: &Page, seconds: i32) {
        let now = page.bench.context.clock.now();
        let messages: Vec<NewTelemetry> = (0_i32..seconds)
            .map(|n| {
                let at = now - jiff::SignedDuration::from_secs((seconds - n).into());
                let data = if n % 2 == 0 {
                    json!({"latitude": 30.89, "longitude": 120.08 + 1e-5 * f64::from(n),
                        "elevation": 50, "attitude_head": -90})
                } else {
                    json!({"battery": {"capacity_percent": 70}})
                };
                NewTelemetry {
                    device: SERIAL.to_owned(),
                    at,
                    kind: "osd".to_owned(),
                    tid: None,
                    body: json!({"timestamp": at.as_millisecond(), "data": data}).to_string(),
                    object: None,
                }
            })
            .collect();
        page.bench.context.store.append_telemetry(&messages).await.unwrap();
    }

    #[tokio::test]
    async fn aircraft_are_listed_for_whoever_is_signed_in() {
        let page = Page::signed_in("guest").await;
        let listed = page.get("/api/aircraft").await.json();
        assert_eq!(listed[0]["serial"], SERIAL);
        assert_eq!(listed[0]["online"], true);
        assert_eq!(listed[0]["fix"], "fixed");
        assert_eq!(Page::new().await.get("/api/aircraft").await.status.as_u16(), 401);
    }

    #[tokio::test]
    async fn the_way_of_an_aircraft() {
        let page = Page::signed_in("guest").await;
        said(&page, 7200).await;
        let path = format!("/api/aircraft/{SERIAL}/track");
        let hour = page.get(&path).await.json();
        let points = hour["points"].as_array().unwrap();
        assert!((1000..=1501).contains(&points.len()), "{}", points.len());
        assert_eq!(points[0]["height_m"], 50.0);
        assert_eq!(points[0]["heading_deg"], -90.0);
        let two = page.get(&format!("{path}?hours=2")).await.json();
        let points = two["points"].as_array().unwrap();
        assert!(points[0]["lon"].as_f64().unwrap() < 120.0801, "{}", points[0]);
        assert!((1000..=1501).contains(&points.len()), "{}", points.len());
        let other = page.get("/api/aircraft/OTHER/track").await.json();
        assert_eq!(other["points"], json!([]));
        for (path, status) in [
            (format!("{path}?hours=0"), 400),
            (format!("{path}?hours=25"), 400),
            (format!("{path}?days=1"), 400),
            ("/api/aircraft/a-b/track".to_owned(), 404),
        ] {
            assert_eq!(page.get(&path).await.status.as_u16(), status, "{path}");
        }
        let nobody = Page::new().await;
        assert_eq!(nobody.get(&path).await.status.as_u16(), 401);
    }
}
