//! KML 2.2 (OGC 07-147r2), one folder a kind, everything clamped to the ground.

use std::io;

use domain::{Finding, FlightReport, GroundLook};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::shapes::{self, Point};

/// Kind, line colour (aabbggrr) and fill of each style.
const STYLES: [(&str, &str, &str); 5] = [
    ("path", "ffff9933", "00000000"),
    ("route", "ff888888", "00000000"),
    ("footprint", "60ff9933", "18ff9933"),
    ("finding", "ff3333ff", "00000000"),
    ("ellipse95", "ff3333ff", "403333ff"),
];

type Out = Writer<Vec<u8>>;

/// A document called `name`; the module's table says what its placemarks are.
pub fn kml(report: &FlightReport, name: &str) -> String {
    // Writing to memory does not fail.
    let bytes = document(report, name).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn document(report: &FlightReport, name: &str) -> io::Result<Vec<u8>> {
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 1);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let kml = out.create_element("kml");
    kml.with_attribute(("xmlns", "http://www.opengis.net/kml/2.2")).write_inner_content(|out| {
        inside(out, "Document", |out| {
            leaf(out, "name", name)?;
            STYLES.iter().try_for_each(|style| self::style(out, *style))?;
            lines(out, report)?;
            folder(out, "footprint", |out| {
                report.looks.iter().try_for_each(|look| footprint(out, report, look))
            })?;
            folder(out, "finding", |out| report.findings.iter().try_for_each(|f| finding(out, f)))?;
            folder(out, "ellipse95", |out| report.findings.iter().try_for_each(|f| ellipse(out, f)))
        })
    })?;
    Ok(out.into_inner())
}

fn style(out: &mut Out, (kind, line, fill): (&str, &str, &str)) -> io::Result<()> {
    let style = out.create_element("Style").with_attribute(("id", kind));
    style.write_inner_content(|out| {
        inside(out, "LineStyle", |out| {
            leaf(out, "color", line)?;
            leaf(out, "width", "2")
        })?;
        inside(out, "PolyStyle", |out| leaf(out, "color", fill))
    })?;
    Ok(())
}

fn lines(out: &mut Out, report: &FlightReport) -> io::Result<()> {
    let times = report.summary.started_at.zip(report.summary.ended_at);
    let span = times.map(|(begin, end)| [begin.to_string(), end.to_string()]);
    let facts = [
        ("aircraft", report.summary.aircraft.clone()),
        ("path_m", format!("{:.1}", report.summary.path_m)),
    ];
    line(out, "path", &shapes::path(report), span, &facts)?;
    let off = report.off_route_m.map(|off| ("off_route_m", format!("{off:.1}")));
    line(out, "route", &shapes::route(report), None, off.as_slice())
}

fn line(
    out: &mut Out,
    kind: &str,
    points: &[Point],
    span: Option<[String; 2]>,
    facts: &[(&str, String)],
) -> io::Result<()> {
    if points.len() < 2 {
        return Ok(());
    }
    placemark(out, kind, kind, span, facts, |out| {
        inside(out, "LineString", |out| {
            leaf(out, "tessellate", "1")?;
            leaf(out, "coordinates", &coordinates(points))
        })
    })
}

fn footprint(out: &mut Out, report: &FlightReport, look: &GroundLook) -> io::Result<()> {
    let Some(ring) = shapes::ring(&look.ring) else { return Ok(()) };
    let media = report.media.get(look.media).map(|media| media.name.clone());
    let facts = [
        ("media", media.unwrap_or_default()),
        ("media_s", format!("{:.3}", look.media_s)),
        ("gsd_cm", format!("{:.2}", look.gsd_cm)),
        ("objects", look.objects.to_string()),
    ];
    let at = look.at.to_string();
    placemark(out, "footprint", &at, Some([at.clone(), at.clone()]), &facts, |out| {
        polygon(out, &ring)
    })
}

fn finding(out: &mut Out, found: &Finding) -> io::Result<()> {
    let Some(point) = shapes::at(found.lon, found.lat) else { return Ok(()) };
    let alerts: Vec<_> = found.alerts.iter().map(ToString::to_string).collect();
    let facts = [
        ("track", found.track.to_string()),
        ("class", found.class.to_string()),
        ("score", format!("{:.3}", found.score)),
        ("sightings", found.sightings.to_string()),
        ("passes", found.passes.to_string()),
        ("motion", found.motion.as_str().to_owned()),
        ("alerts", alerts.join(" ")),
        ("semi_major_m", format!("{:.2}", found.ellipse95.semi_major_m)),
        ("semi_minor_m", format!("{:.2}", found.ellipse95.semi_minor_m)),
        ("bearing_deg", format!("{:.1}", found.ellipse95.bearing_deg)),
    ];
    let span = [found.first_seen.to_string(), found.last_seen.to_string()];
    placemark(out, "finding", &title(found), Some(span), &facts, |out| {
        inside(out, "Point", |out| leaf(out, "coordinates", &coordinates(&[point])))
    })
}

fn ellipse(out: &mut Out, found: &Finding) -> io::Result<()> {
    let ring = found.position().and_then(|at| shapes::ellipse(at, &found.ellipse95));
    let Some(ring) = ring else { return Ok(()) };
    let facts = [("track", found.track.to_string())];
    placemark(out, "ellipse95", &title(found), None, &facts, |out| polygon(out, &ring))
}

fn title(found: &Finding) -> String {
    format!("{} {}", found.class, found.track)
}

/// Name, time, style and data in the order that the schema asks for, then the geometry.
fn placemark(
    out: &mut Out,
    kind: &str,
    name: &str,
    span: Option<[String; 2]>,
    facts: &[(&str, String)],
    geometry: impl FnOnce(&mut Out) -> io::Result<()>,
) -> io::Result<()> {
    inside(out, "Placemark", |out| {
        leaf(out, "name", name)?;
        if let Some([begin, end]) = span {
            inside(out, "TimeSpan", |out| {
                leaf(out, "begin", &begin)?;
                leaf(out, "end", &end)
            })?;
        }
        leaf(out, "styleUrl", &format!("#{kind}"))?;
        inside(out, "ExtendedData", |out| {
            data(out, "kind", kind)?;
            facts.iter().try_for_each(|(name, value)| data(out, name, value))
        })?;
        geometry(out)
    })
}

fn data(out: &mut Out, name: &str, value: &str) -> io::Result<()> {
    let data = out.create_element("Data").with_attribute(("name", name));
    data.write_inner_content(|out| leaf(out, "value", value))?;
    Ok(())
}

fn polygon(out: &mut Out, ring: &[Point]) -> io::Result<()> {
    inside(out, "Polygon", |out| {
        inside(out, "outerBoundaryIs", |out| {
            inside(out, "LinearRing", |out| leaf(out, "coordinates", &coordinates(ring)))
        })
    })
}

fn coordinates(points: &[Point]) -> String {
    let texts: Vec<_> = points.iter().map(|[lon, lat]| format!("{lon},{lat}")).collect();
    texts.join(" ")
}

fn folder(
    out: &mut Out,
    name: &str,
    content: impl FnOnce(&mut Out) -> io::Result<()>,
) -> io::Result<()> {
    inside(out, "Folder", |out| {
        leaf(out, "name", name)?;
        content(out)
    })
}

fn inside(
    out: &mut Out,
    name: &str,
    content: impl FnOnce(&mut Out) -> io::Result<()>,
) -> io::Result<()> {
    out.create_element(name).write_inner_content(content)?;
    Ok(())
}

/// An element of text, without the characters that XML 1.0 has no way to write.
fn leaf(out: &mut Out, name: &str, text: &str) -> io::Result<()> {
    let allowed =
        |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    let text: String = text.chars().filter(allowed).collect();
    out.create_element(name).write_text_content(BytesText::new(&text))?;
    Ok(())
}
