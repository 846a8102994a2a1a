//! The fences of the configuration, read and put together with the zones of its sources.

use std::path::Path;
use std::sync::Arc;

use domain::{Datum, LonLat, Plane, SourceId};
use rules::{Calendar, Fence, Fences, FencesError, Kind, Permits, Shape, Zone};

use crate::config::{Loaded, Source};
use crate::problem::Problem;
use crate::sources::Ready;

/// A fence file is no larger than this.
const MOST_BYTES: u64 = 256 << 20;

/// Reads every fence file. The problem names the file, and the feature within.
pub(crate) fn load(loaded: &Loaded, zones: Vec<(SourceId, Zone)>) -> Result<Fences, Problem> {
    let calendar = Arc::new(calendar(loaded)?);
    let mut texts = Vec::new();
    for path in &loaded.config.rules.fences {
        let path = loaded.resolve(path);
        let text = read(&path)?;
        let alone = Fences::by_calendar([text.as_str()], [], &calendar);
        alone.map_err(|error| Problem::whole(&path, told(error)))?;
        texts.push(text);
    }
    Fences::by_calendar(texts.iter().map(String::as_str), zones, &calendar)
        .map_err(|error| Problem::whole(&loaded.path, told(error)))
}

/// Reads every file of permits, and looks for the fences that they name.
pub(crate) fn permits(loaded: &Loaded, fences: &Fences) -> Result<Permits, Problem> {
    let calendar = Arc::new(calendar(loaded)?);
    let mut files = Vec::new();
    for path in &loaded.config.rules.permits {
        let path = loaded.resolve(path);
        let text = read(&path)?;
        let file: toml::Table =
            toml::from_str(&text).map_err(|error| Problem::whole(&path, error.to_string()))?;
        let file = plain(toml::Value::Table(file));
        Permits::read([file.clone()], &calendar)
            .map_err(|errors| Problem::whole(&path, listed(&errors)))?;
        files.push(file);
    }
    let permits = Permits::read(files, &calendar)
        .map_err(|errors| loaded.problem("rules.permits", listed(&errors)))?;
    let unknown = permits.unknown_fences(fences);
    if !unknown.is_empty() {
        return Err(loaded.problem("rules.permits", listed(&unknown)));
    }
    Ok(permits)
}

/// As JSON has it; a time becomes its text.
fn plain(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(list) => list.into_iter().map(plain).collect(),
        toml::Value::Table(table) => {
            table.into_iter().map(|(key, value)| (key, plain(value))).collect()
        }
    }
}

/// The most mistakes that are told at once.
const MOST_TOLD: usize = 50;

fn listed(errors: &[rules::PermitError]) -> String {
    let told: Vec<String> = errors.iter().take(MOST_TOLD).map(ToString::to_string).collect();
    let more = errors.len() - told.len();
    let rest = if more > 0 { format!("\nand {more} more") } else { String::new() };
    told.join("\n") + &rest
}

/// The holidays of all calendar files.
pub(crate) fn calendar(loaded: &Loaded) -> Result<Calendar, Problem> {
    let mut all = Calendar::default();
    for path in &loaded.config.rules.calendars {
        let path = loaded.resolve(path);
        let text = read(&path)?;
        let one: Calendar =
            toml::from_str(&text).map_err(|error| Problem::whole(&path, error.to_string()))?;
        all.add(&one).map_err(|error| Problem::whole(&path, error.to_string()))?;
    }
    Ok(all)
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Problem> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
        .map_err(|error| Problem::whole(path, format!("cannot read it: {error}")))?;
    Ok(text)
}

fn told(error: FencesError) -> String {
    format!("{:#}", anyhow::Error::from(error))
}

/// The picture of `source` as one zone where nothing may stand.
pub(crate) fn whole_picture(zone: &[f64]) -> anyhow::Result<Zone> {
    let corners: Vec<[f64; 2]> = match zone {
        [] => vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]],
        numbers if numbers.len() % 2 == 0 && numbers.len() >= 6 => {
            numbers.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
        }
        numbers => {
            anyhow::bail!("`--zone` needs 3 or more points x,y, got {} numbers", numbers.len())
        }
    };
    Ok(Zone {
        id: domain::FenceId::new("picture").expect("`picture` is a valid id"),
        name: "画面区域".to_owned(),
        name_en: Some("zone of the picture".to_owned()),
        kind: Kind::NoParking,
        parking_authority: None,
        polygon: corners,
    })
}

/// Sources made ready, with every problem that was found.
pub(crate) fn ready_sources(loaded: &Loaded) -> (Vec<Ready>, Vec<Problem>) {
    let filmed = loaded.config.source.iter().filter(|source| source.has_stream());
    let prepared = filmed.map(|source: &Source| Ready::prepare(loaded, source));
    let (mut ready, mut problems) = (Vec::new(), Vec::new());
    for one in prepared {
        match one {
            Ok(source) => ready.push(source),
            Err(problem) => problems.push(problem),
        }
    }
    (ready, problems)
}

/// Fences that lie 300–700 m off every source, and near one if their numbers are read as GCJ-02: most probably
/// drawn on a shifted map.
pub(crate) fn wrong_datum<'a>(fences: &'a Fences, sources: &[LonLat]) -> Vec<(&'a Fence, f64)> {
    let distance = |from: LonLat| {
        let metres = |to: &LonLat| {
            let [east, north] = Plane::at(from).metres(*to);
            east.hypot(north)
        };
        sources.iter().map(metres).min_by(f64::total_cmp)
    };
    let suspect = |fence: &'a Fence| {
        // A grid covers the city: some of its cells always lie at that distance.
        if fence.kind == Kind::Grid {
            return None;
        }
        let Shape::Ground(polygon) = &fence.shape else { return None };
        let corner = polygon.exterior().0.first()?;
        let as_given = distance(LonLat::new(corner.x, corner.y)?)?;
        let as_gcj = distance(Datum::Gcj02.to_wgs84(corner.x, corner.y)?)?;
        ((300.0..=700.0).contains(&as_given) && as_gcj < as_given / 2.0)
            .then_some((fence, as_given))
    };
    fences.all().iter().filter_map(suspect).collect()
}

#[cfg(test)]
mod tests {
    use domain::Gcj02;

    use super::*;

    #[test]
    fn a_fence_on_a_shifted_map_is_suspected() {
        let camera = LonLat::new(120.0868, 30.8943).unwrap();
        let fence = |lon: f64, lat: f64, kind: &str| {
            format!(
                r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","id":"a","geometry":
                {{"type":"Polygon","coordinates":[[[{lon},{lat}],[{},{lat}],[{lon},{},0],[{lon},{lat}]]]}},
                "properties":{{"name":"a","kind":"{kind}"}}}}]}}"#,
                lon + 0.0002,
                lat + 0.0002
            )
        };
        let suspected = |lon, lat, kind| {
            let text = fence(lon, lat, kind);
            let fences = Fences::new([text.as_str()], []).unwrap();
            wrong_datum(&fences, &[camera]).len()
        };
        let check = |lon, lat, wanted| {
            assert_eq!(suspected(lon, lat, "no_parking"), wanted, "{lon} {lat}");
        };
        let shifted = Gcj02::from(LonLat::new(120.0869, 30.8944).unwrap());
        check(shifted.lon, shifted.lat, 1);
        check(120.0869, 30.8944, 0);
        check(120.0817, 30.8943, 0);
        assert_eq!(suspected(shifted.lon, shifted.lat, "grid"), 0, "cells lie everywhere");
    }
}
