//! What is drawn under the alerts, and where the map begins.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{App, ErrorBody, session::SignedIn};
use crate::TileDatum;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Map {
    tile_url: Option<String>,
    tile_datum: TileDatum,
    attribution: String,
    /// West, south, east, north in degrees WGS-84: what the surveyed cameras see; without any, all fences.
    bounds: Option<[f64; 4]>,
}

/// The base map.
#[utoipa::path(
    get, path = "/api/map", tag = "map",
    responses((status = 200, body = Map), (status = 401, body = ErrorBody))
)]
pub(crate) async fn map(State(app): State<App>, _: SignedIn) -> Json<Map> {
    let mut bounds = Bounds::default();
    for source in app.context.sources.list() {
        bounds.extend(source.position.map(|at| [at.lon(), at.lat()]));
        bounds.extend(source.footprint.into_iter().flatten());
    }
    if bounds.0.is_none() {
        let fences = (app.context.fences)();
        for feature in serde_json::from_str::<Collection>(&fences).unwrap_or_default().features {
            feature.geometry.unwrap_or_default().coordinates.extend(&mut bounds);
        }
    }
    let map = &app.config.map;
    Json(Map {
        tile_url: map.tile_url.clone(),
        tile_datum: map.tile_datum,
        attribution: map.attribution.clone(),
        bounds: bounds.0,
    })
}

/// Grows with each position.
#[derive(Debug, Default)]
struct Bounds(Option<[f64; 4]>);

impl Extend<[f64; 2]> for Bounds {
    fn extend<I: IntoIterator<Item = [f64; 2]>>(&mut self, positions: I) {
        for [lon, lat] in positions {
            let [w, s, e, n] = self.0.unwrap_or([lon, lat, lon, lat]);
            self.0 = Some([w.min(lon), s.min(lat), e.max(lon), n.max(lat)]);
        }
    }
}

/// As much of GeoJSON as bounds need.
#[derive(Default, Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    geometry: Option<Geometry>,
}

#[derive(Default, Deserialize)]
struct Geometry {
    #[serde(default)]
    coordinates: Coordinates,
}

/// A position, or arrays of arrays of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Coordinates {
    Position(Vec<f64>),
    Nested(Vec<Coordinates>),
}

impl Default for Coordinates {
    fn default() -> Self {
        Self::Nested(Vec::new())
    }
}

impl Coordinates {
    fn extend(&self, bounds: &mut Bounds) {
        match self {
            Self::Position(numbers) => {
                let position = numbers.first_chunk::<2>().copied();
                bounds.extend(position);
            }
            Self::Nested(parts) => parts.iter().for_each(|part| part.extend(bounds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        Config,
        api::testing::{PASSWORD, Page},
    };

    #[tokio::test]
    async fn the_map_begins_where_fences_and_cameras_are() {
        let mut config = Config::default();
        config.map.tile_url = Some("https://tile.example/{z}/{x}/{y}.png".to_owned());
        let mut page = Page::with(config).await;
        page.sign_in("guest", PASSWORD).await;
        let answer = page.get("/api/map").await;
        assert_eq!(
            answer.json(),
            json!({
                "tile_url": "https://tile.example/{z}/{x}/{y}.png", "tile_datum": "WGS-84",
                "attribution": "", "bounds": [120.1, 30.7, 120.3, 30.9]
            })
        );
        let policy = answer.header("content-security-policy".parse().unwrap());
        assert!(policy.contains("img-src 'self' data: blob: https://tile.example;"), "{policy}");
        assert_eq!(page.get("/api/fences").await.json()["features"][0]["id"], "kerb");
        assert_eq!(page.get("/api/sources").await.json()[0]["name"], "北门");
    }
}
