//! A map of a flight as SVG: footprints, the way, the route and the findings. North is up.

use domain::{Finding, FlightReport, LonLat, Plane};
use maud::{Markup, html};

/// Of the picture, in its own units.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 640.0;
const MARGIN: f64 = 30.0;
/// Drawn at most; of more every so-manieth is.
const MOST_POINTS: usize = 4000;
const MOST_RINGS: usize = 800;
const MOST_FINDINGS: usize = 2000;

/// Metres around the middle of the flight to units of the picture.
struct Frame {
    plane: Plane,
    /// Units a metre.
    scale: f64,
    /// East and north of the middle of the picture.
    middle: [f64; 2],
}

/// The map, or a word where there is nothing to draw.
pub(super) fn svg(report: &FlightReport) -> Markup {
    let Some(frame) = Frame::around(report) else {
        return html! { p { "无地面位置 no ground positions" } };
    };
    let way = frame.line(thinned(&report.track, MOST_POINTS).map(|p| [p.lon, p.lat]));
    let route = frame.line(report.route.iter().map(|[lon, lat, _]| [*lon, *lat]));
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label="map" {
            g fill="#3491fa" fill-opacity="0.05" stroke="#3491fa" stroke-opacity="0.15" {
                @for look in thinned(&report.looks, MOST_RINGS) {
                    polygon points=(frame.line(look.ring.iter().copied()));
                }
            }
            polyline points=(route) fill="none" stroke="#86909c" stroke-width="2" stroke-dasharray="6 5";
            polyline points=(way) fill="none" stroke="#165dff" stroke-width="2";
            g fill="#f53f3f" fill-opacity="0.15" stroke="#f53f3f" {
                @for (n, finding) in report.findings.iter().take(MOST_FINDINGS).enumerate() {
                    (frame.finding(n + 1, finding))
                }
            }
            (frame.scale_bar())
        }
        p {
            "蓝线：航迹；灰虚线：计划航线；浅蓝：看到的地面；红：发现及 95 % 误差椭圆。"
            "Blue: flown; grey: planned; light blue: ground seen; red: findings with their 95 % ellipse."
        }
    }
}

impl Frame {
    fn around(report: &FlightReport) -> Option<Self> {
        let way = report.track.iter().map(|p| [p.lon, p.lat]);
        let seen = report.looks.iter().flat_map(|look| look.ring.iter().copied());
        let found = report.findings.iter().map(|f| [f.lon, f.lat]);
        let planned = report.route.iter().map(|[lon, lat, _]| [*lon, *lat]);
        let mut places =
            way.chain(seen).chain(found).chain(planned).filter_map(|[x, y]| LonLat::new(x, y));
        let first = places.next()?;
        let plane = Plane::at(first);
        let (mut low, mut high) = ([0.0, 0.0], [0.0, 0.0]);
        for place in places {
            let [east, north] = plane.metres(place);
            low = [f64::min(low[0], east), f64::min(low[1], north)];
            high = [f64::max(high[0], east), f64::max(high[1], north)];
        }
        // A flight that hangs in one place still gets a map of 20 m.
        let size = [(high[0] - low[0]).max(20.0), (high[1] - low[1]).max(20.0)];
        let across = (WIDTH - 2.0 * MARGIN) / size[0];
        let scale = across.min((HEIGHT - 2.0 * MARGIN) / size[1]);
        let middle = [f64::midpoint(low[0], high[0]), f64::midpoint(low[1], high[1])];
        Some(Self { plane, scale, middle })
    }

    fn point(&self, [lon, lat]: [f64; 2]) -> Option<[f64; 2]> {
        let [east, north] = self.plane.metres(LonLat::new(lon, lat)?);
        let x = WIDTH / 2.0 + (east - self.middle[0]) * self.scale;
        let y = HEIGHT / 2.0 - (north - self.middle[1]) * self.scale;
        Some([x, y])
    }

    /// The attribute `points` of a line or ring.
    fn line(&self, places: impl Iterator<Item = [f64; 2]>) -> String {
        let points = places.filter_map(|place| self.point(place));
        points.map(|[x, y]| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
    }

    fn finding(&self, n: usize, finding: &Finding) -> Markup {
        let Some([x, y]) = self.point([finding.lon, finding.lat]) else { return html! {} };
        let ellipse = finding.ellipse95;
        // SVG turns clockwise from east, bearings from north.
        let turn = format!("rotate({:.0} {x:.1} {y:.1})", ellipse.bearing_deg - 90.0);
        let (major, minor) = (ellipse.semi_major_m * self.scale, ellipse.semi_minor_m * self.scale);
        html! {
            a href={ "#f" (n) } {
                ellipse cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) rx=(format!("{major:.1}"))
                    ry=(format!("{minor:.1}")) transform=(turn) {}
                circle cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="3" fill-opacity="1" {
                    title { (n) " " (super::class(finding.class)) }
                }
            }
        }
    }

    /// A bar of a round length, about an eighth of the width.
    fn scale_bar(&self) -> Markup {
        let wanted = WIDTH / 8.0 / self.scale;
        let power = 10_f64.powf(wanted.log10().floor());
        let step = [5.0, 2.0, 1.0].into_iter().find(|step| step * power <= wanted).unwrap_or(1.0);
        let metres = step * power;
        let end = MARGIN + metres * self.scale;
        let y = HEIGHT - MARGIN / 2.0;
        html! {
            line x1=(MARGIN) y1=(y) x2=(format!("{end:.1}")) y2=(y) stroke="#1d2129" stroke-width="3" {}
            text x=(MARGIN) y=(y - 6.0) font-size="16" { (metres) " m" }
            text x=(WIDTH - MARGIN) y=(MARGIN) font-size="16" text-anchor="end" { "↑ 北 N" }
        }
    }
}

/// At most `most` of them, evenly.
fn thinned<T>(all: &[T], most: usize) -> impl Iterator<Item = &T> {
    all.iter().step_by(all.len().div_ceil(most).max(1))
}
