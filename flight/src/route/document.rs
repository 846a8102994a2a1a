//! WPML and KML to waypoints.

use domain::{LonLat, WarningCode};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::{MAX_WAYPOINTS, Route, RouteError, RouteHeights, Waypoint};

/// Real documents nest a dozen deep.
const MAX_DEPTH: usize = 64;
const MAX_ACTIONS: usize = 64;
const TOO_MANY: &str = "the route has too many points; the rest was left out";

pub(super) fn read(text: &str) -> Result<Route, RouteError> {
    let mut draft = Draft::default();
    let outcome = draft.take(text);
    let mut route = draft.route;
    // A drawn line is the way; pins beside it only mark places.
    if draft.line.len() > 1 {
        route.waypoints = draft.line;
    }
    for waypoint in &mut route.waypoints {
        waypoint.height_m = waypoint.height_m.or(draft.global_height_m);
    }
    match outcome {
        Err(error) if route.waypoints.is_empty() => return Err(error.into()),
        Err(error) => route.warnings.add(
            WarningCode::Truncated,
            format!("the route's XML breaks off, and is used as far as it goes: {error}"),
        ),
        Ok(()) if route.waypoints.is_empty() => return Err(RouteError::NoWaypoints),
        Ok(()) => (),
    }
    Ok(route)
}

/// The route as far as it is read, and the placemark that is being read.
#[derive(Debug, Default)]
struct Draft {
    route: Route,
    global_height_m: Option<f64>,
    /// Local names of the elements that are open.
    open: Vec<String>,
    /// What was read of the innermost element.
    text: String,
    mark: Mark,
    line: Vec<Waypoint>,
}

#[derive(Debug, Default)]
struct Mark {
    at: Option<LonLat>,
    height_m: Option<f64>,
    speed_mps: Option<f64>,
    actions: Vec<String>,
}

impl Draft {
    fn take(&mut self, text: &str) -> Result<(), quick_xml::Error> {
        let mut reader = Reader::from_str(text);
        loop {
            match reader.read_event()? {
                Event::Start(start) => {
                    if self.open.len() >= MAX_DEPTH {
                        self.warn("elements nest too deep; the rest was left out");
                        return Ok(());
                    }
                    self.open.push(start.local_name().as_ref().to_owned());
                    self.text.clear();
                }
                Event::Text(text) => self.text.push_str(&text.into_inner()),
                Event::CData(text) => self.text.push_str(&text.into_inner()),
                Event::End(_) => self.close(),
                Event::Eof => return Ok(()),
                _ => (),
            }
        }
    }

    fn close(&mut self) {
        let Some(name) = self.open.pop() else { return };
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        match name.as_str() {
            "coordinates" => self.coordinates(text),
            "coord" => self.line(text.split_whitespace().collect::<Vec<_>>().join(",").as_str()),
            // The height that is flown wins over the one that was drawn.
            "executeHeight" => self.mark.height_m = number(text).or(self.mark.height_m),
            "height" => self.mark.height_m = self.mark.height_m.or_else(|| number(text)),
            "globalHeight" => self.global_height_m = number(text),
            "waypointSpeed" => self.mark.speed_mps = number(text),
            "autoFlightSpeed" => self.route.speed_mps = self.route.speed_mps.or(number(text)),
            "executeHeightMode" | "heightMode" | "altitudeMode" => self.heights(text),
            "actionActuatorFunc" if self.mark.actions.len() < MAX_ACTIONS && text.len() < 64 => {
                self.mark.actions.push(text.to_owned());
            }
            "Placemark" => self.placemark(),
            _ => (),
        }
    }

    fn inside(&self, name: &str) -> bool {
        self.open.iter().any(|open| open == name)
    }

    fn coordinates(&mut self, text: &str) {
        if self.inside("Point") {
            let Some((at, height)) = position(text) else { return self.bad(text) };
            self.mark.at = Some(at);
            self.mark.height_m = self.mark.height_m.or(height);
        } else if self.inside("LineString") {
            for part in text.split_whitespace() {
                self.line(part);
            }
        }
    }

    /// One point of a drawn line.
    fn line(&mut self, text: &str) {
        let Some((at, height_m)) = position(text) else { return self.bad(text) };
        if self.line.len() >= MAX_WAYPOINTS {
            return self.warn(TOO_MANY);
        }
        self.line.push(Waypoint { at, height_m, speed_mps: None, actions: Vec::new() });
    }

    fn placemark(&mut self) {
        let mark = std::mem::take(&mut self.mark);
        let Some(at) = mark.at else { return };
        if self.route.waypoints.len() >= MAX_WAYPOINTS {
            return self.warn(TOO_MANY);
        }
        self.route.waypoints.push(Waypoint {
            at,
            height_m: mark.height_m,
            speed_mps: mark.speed_mps,
            actions: mark.actions,
        });
    }

    fn heights(&mut self, mode: &str) {
        let heights = match mode {
            "relativeToStartPoint" => RouteHeights::Takeoff,
            "EGM96" | "absolute" => RouteHeights::Sea,
            "WGS84" => RouteHeights::Ellipsoid,
            "aboveGroundLevel" | "realTimeFollowSurface" | "relativeToGround" => {
                RouteHeights::Ground
            }
            _ => return,
        };
        if self.route.heights == RouteHeights::Unknown {
            self.route.heights = heights;
        }
    }

    fn bad(&mut self, text: &str) {
        let text: String = text.chars().take(40).collect();
        let detail = format!("`{text}` is no longitude,latitude; it was left out");
        self.route.warnings.add(WarningCode::BadEntry, detail);
    }

    fn warn(&mut self, detail: &str) {
        self.route.warnings.add(WarningCode::Truncated, detail);
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `lon,lat` or `lon,lat,height`; 0/0 is nowhere.
fn position(text: &str) -> Option<(LonLat, Option<f64>)> {
    let mut parts = text.split(',').map(|part| number(part.trim()));
    let at = LonLat::new(parts.next()??, parts.next()??)?;
    let real = at.lon().abs() > 1e-6 || at.lat().abs() > 1e-6;
    real.then(|| (at, parts.next().flatten()))
}
