use domain::{LonLat, Plane};

use super::*;
use crate::Said;
use crate::tests::reader;

const FULL: &str = include_str!("full.json");
const SCHEMA: &str = include_str!("../../../docs/observation.schema.json");

fn said(text: &str) -> Result<Message, Refused> {
    let now = "2025-11-22T08:00:06Z".parse().unwrap();
    let topic = "xunjian/observation/gate";
    let said = reader(crate::Mapping::Own).read(topic, text.as_bytes(), now);
    said.map(|said| {
        let Said::Observed(message) = said else { unreachable!("own messages observe") };
        message
    })
}

/// `FULL` with one of its values changed.
fn with(from: &str, to: &str) -> String {
    let text = FULL.replace(from, to);
    assert_ne!(text, FULL, "{from}");
    text
}

#[test]
fn a_full_message() {
    let message = said(FULL).unwrap();
    assert_eq!((message.at.to_string().as_str(), message.seq), ("2025-11-22T08:00:05.25Z", 17));
    let [car, truck, person] = &message.observations[..] else { panic!("{message:?}") };
    // domain.md, section 12: a golden vector of GCJ-02.
    let fix = car.place.unwrap();
    let wanted = LonLat::new(120.0868, 30.8943).unwrap();
    let [east, north] = Plane::at(wanted).metres(fix.position);
    assert!(east.hypot(north) < 0.02, "{east} {north}");
    assert_eq!((car.track, car.class, car.score), (TrackId(7), Class::Car, 0.93));
    assert_eq!(fix.covariance, Covariance::round(1.5));
    assert_eq!(truck.place.map(|fix| fix.covariance.east_north), Some(0.5));
    assert_eq!(
        (truck.load, truck.lid, truck.body),
        (Some(LoadState::Full), Some(LidState::Open), Some(domain::BodyState::Down))
    );
    assert_eq!((truck.score, truck.track), (1.0, track_of("浙E12345")));
    assert_eq!((person.place, person.seen.map(|seen| seen.w)), (None, Some(0.125)));
    assert_eq!(message.gone, [TrackId(5)]);
    assert!(
        matches!(&message.looked, Looked::Ring(ring) if ring.len() == 5 && ring[0][0] < 120.087)
    );
}

#[test]
fn what_is_written_reads_as_it_was() {
    for text in [
        FULL.to_owned(),
        r#"{"at":"2025-11-22T08:00:05Z","complete":true,"observations":[]}"#.to_owned(),
    ] {
        let message = said(&text).unwrap();
        let line = Canonical::of(&message).line();
        assert_eq!(read_canonical(&line).unwrap(), message);
        assert!(!line.contains(&b'\n'));
    }
    let message = said(FULL).unwrap();
    let about = read_canonical(&Canonical::about(&message, TrackId(7)).line()).unwrap();
    assert_eq!((about.observations.len(), about.gone.len()), (1, 0), "nobody else is in it");
}

/// What is judged again after a restart is judged the same.
#[test]
fn no_number_changes_by_being_kept() {
    for nth in 0..2000u32 {
        let (lon, lat) = (73.0 + f64::from(nth) * 0.030_7 / 7.0, 18.0 + f64::from(nth) / 113.0);
        let sigma = 0.01 + f64::from(nth) / 37.0;
        let text = format!(
            r#"{{"at":"2025-11-22T08:00:05Z","datum":"GCJ-02","observations":[{{"track":1,"class":"car","score":{},
            "lon":{lon},"lat":{lat},"accuracy_m":{sigma},"box":[{},0.1,{},0.3]}}]}}"#,
            f64::from(nth) / 2000.0,
            f64::from(nth) / 4001.0,
            (f64::from(nth) + 1.0) / 3001.0
        );
        let message = said(&text).unwrap();
        assert_eq!(read_canonical(&Canonical::of(&message).line()).unwrap(), message);
    }
}

#[test]
fn what_is_said_of_absence() {
    let looked = |more: &str| {
        said(&format!(r#"{{"at":"2025-11-22T08:00:05Z",{more}"observations":[]}}"#)).unwrap().looked
    };
    assert_eq!(looked(""), Looked::Unsaid);
    assert_eq!(looked("\"complete\":true,"), Looked::Everywhere);
}

#[test]
fn what_cannot_be_is_named() {
    for (from, to, wanted) in [
        ("\"seq\"", "\"sequence\"", "`sequence`: unknown field `sequence`"),
        ("\"at\"", "\"when\"", "`when`: unknown field `when`"),
        (
            "\"class\": \"car\"",
            "\"class\": \"tank\"",
            "`observations[0].class`: unknown variant `tank`",
        ),
        ("0.93", "\"0.93\"", "`observations[0].score`: invalid type: string"),
        ("0.93", "1.5", "`observations[0].score` must lie between 0 and 1, got `1.5`"),
        ("0.93", "1e999", "`observations[0].score`: number out of range"),
        ("0.93", "NaN", "`observations[0].score`: "),
        ("\"track\": 7", "\"track\": 9007199254740992", "`observations[0].track`: invalid value"),
        ("\"track\": 7", "\"track\": \"\"", "`observations[0].track`: invalid length 0"),
        ("\"track\": 7", "\"track\": -1", "`observations[0].track`: invalid type"),
        (
            "\"accuracy_m\": 1.5",
            "\"accuracy_m\": 0",
            "`observations[0].accuracy_m` must lie between",
        ),
        ("\"lat\": 30.8922559", "\"lat\": 130.8", "`observations[0].lon` must be a longitude and"),
        ("\"lat\": 30.8922559, ", "", "`observations[0].lat` is missing beside `lon`"),
        ("[0.5, 1.0]]", "[0.4, 1.0]]", "`observations[1].covariance_m2` must be symmetric"),
        ("[0.5, 1.0]]", "[0.5, 1.0]], \"accuracy_m\": 1", "`observations[1].accuracy_m` and"),
        ("0.125, 0.25]", "0, 0.25]", "`observations[2].box` must be x, y"),
        (
            ", \"box\": [0.25, 0.5, 0.125, 0.25]",
            "",
            "`observations` says neither a box nor a place",
        ),
        (
            "\"source\": \"gate\"",
            "\"source\": \"other\"",
            "`source` must be the source that the topic names",
        ),
        ("16:00:05.250", "16:00:12", "`at` is 2025-11-22T08:00:12Z, 6s ahead"),
        ("16:00:05.250", "15:50:00", "`at` is 2025-11-22T07:50:00Z"),
        ("[120.0910, 30.8930], ", "", "`looked` must be"),
        ("\"gone\"", "\"complete\": true, \"gone\"", "`looked` goes with `complete` false"),
        ("[5]", "[5.5]", "`gone[0]`: invalid type"),
    ] {
        let told = match said(&with(from, to)) {
            // A ring of four corners is one.
            Ok(_) if to.is_empty() => continue,
            Ok(message) => panic!("{to}: {message:?}"),
            Err(refused) => refused.to_string(),
        };
        assert!(told.starts_with(wanted), "{told}\nshould begin with\n{wanted}");
    }
}

#[test]
fn a_message_is_bounded() {
    let one = r#"{"track":1,"class":"car","lon":120,"lat":30}"#;
    let many = |count: usize| {
        let all = vec![one; count].join(",");
        said(&format!(r#"{{"at":"2025-11-22T08:00:05Z","observations":[{all}]}}"#))
    };
    assert_eq!(many(1000).unwrap().observations.len(), 1000);
    assert_eq!(many(1001), Err(Refused::Many { got: 1001, most: 1000 }));
    let deep = "[".repeat(100_000);
    assert_eq!(said(&deep).unwrap_err().reason(), "not_understood");
}

/// Every example of the page reads, and is by the schema.
#[test]
fn the_examples_of_the_documentation_are_true() {
    let page = include_str!("../../../docs/observations.md");
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let blocks = page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let now = "2026-11-22T08:00:10Z".parse().unwrap();
    let mut read = 0;
    for block in blocks {
        let said = reader(crate::Mapping::Own).read("a", block.as_bytes(), now);
        assert!(matches!(said, Ok(Said::Observed(_))), "{said:?}\n{block}");
        assert!(schema.is_valid(&serde_json::from_str(block).unwrap()), "{block}");
        read += 1;
    }
    assert_eq!(read, 4);
}

/// The schema says what the reader takes.
#[test]
fn the_schema_agrees_with_the_reader() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let valid = |text: &str| schema.is_valid(&serde_json::from_str(text).unwrap());
    assert!(
        valid(FULL),
        "{:?}",
        schema
            .iter_errors(&serde_json::from_str(FULL).unwrap())
            .map(|e| e.to_string())
            .collect::<Vec<_>>()
    );
    let canonical = String::from_utf8(Canonical::of(&said(FULL).unwrap()).line()).unwrap();
    assert!(valid(&canonical), "{canonical}");
    for (from, to) in [
        ("\"seq\"", "\"sequence\""),
        ("\"at\"", "\"when\""),
        ("\"class\": \"car\"", "\"class\": \"tank\""),
        ("0.93", "1.5"),
        ("\"track\": 7", "\"track\": 9007199254740992"),
        ("\"track\": 7", "\"track\": \"\""),
        ("\"accuracy_m\": 1.5", "\"accuracy_m\": 0"),
        ("\"lat\": 30.8922559, ", ""),
        (", \"box\": [0.25, 0.5, 0.125, 0.25]", ""),
        ("\"gone\"", "\"complete\": true, \"gone\""),
    ] {
        let text = with(from, to);
        assert!(!valid(&text), "{to}");
        assert!(said(&text).is_err(), "{to}");
    }
}
