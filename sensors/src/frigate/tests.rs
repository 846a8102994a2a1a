//! The messages in `frigate/` have the form that Frigate's documentation gives ("MQTT", `frigate/events`; docs of 0.14 and
//! later), with all its keys, and values of our own.

use domain::{Class, RelBox, SourceId};

use super::*;
use crate::Mapping;
use crate::tests::reader;

const NEW: &str = include_str!("new.json");
const UPDATE: &str = include_str!("update.json");
const END: &str = include_str!("end.json");

fn said(text: &str) -> Result<Said, Refused> {
    let picture = Size::new(1280, 720).unwrap();
    let reader = reader(Mapping::Frigate { camera: "market_gate".to_owned(), picture });
    reader.read("frigate/events", text.as_bytes(), "2025-11-22T08:10:00Z".parse().unwrap())
}

fn message(text: &str) -> Message {
    match said(text).unwrap() {
        Said::Observed(message) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_car_that_is_found_and_stays() {
    let (new, update) = (message(NEW), message(UPDATE));
    assert_eq!(new.source, SourceId::new("gate").unwrap());
    assert_eq!(new.at.to_string(), "2025-11-22T08:00:06.5Z");
    assert_eq!(update.at.to_string(), "2025-11-22T08:00:20.25Z");
    let (first, then) = (&new.observations[0], &update.observations[0]);
    assert_eq!(first.track, then.track, "one object, one track");
    assert_eq!((then.class, then.score), (Class::Car, 0.878_906_25));
    assert_eq!(then.seen, Some(RelBox { x: 0.25, y: 0.5, w: 0.25, h: 0.25 }));
    assert_eq!((then.place, &update.looked), (None, &Looked::Unsaid));
}

#[test]
fn one_that_ended_is_gone_and_not_seen() {
    let end = message(END);
    assert_eq!(end.at.to_string(), "2025-11-22T08:09:59.75Z");
    assert_eq!((end.observations.len(), end.gone), (0, vec![message(NEW).observations[0].track]));
}

#[test]
fn what_is_not_for_us_says_nothing() {
    for (from, to) in [
        ("\"camera\": \"market_gate\"", "\"camera\": \"back_yard\""),
        ("\"label\": \"car\"", "\"label\": \"umbrella\""),
        ("\"false_positive\": false", "\"false_positive\": true"),
    ] {
        assert_eq!(said(&UPDATE.replace(from, to)), Ok(Said::Nothing), "{to}");
    }
}

#[test]
fn what_cannot_be_is_named() {
    for (from, to, wanted) in [
        ("\"type\": \"update\"", "\"type\": \"gone\"", "`type`: unknown variant `gone`"),
        ("\"box\": [320, 360, 640, 540]", "\"box\": [320, 360]", "`after.box`: invalid length 2"),
        (
            "\"box\": [320, 360, 640, 540]",
            "\"box\": [640, 360, 320, 540]",
            "`after.box` must be x, y",
        ),
        (
            "\"frame_time\": 1763798420.25",
            "\"frame_time\": 1e300",
            "`after.frame_time` must be seconds",
        ),
        (
            "\"frame_time\": 1763798420.25",
            "\"frame_time\": 1763790000",
            "`at` is 2025-11-22T05:40:00Z",
        ),
        (
            "\"score\": 0.87890625",
            "\"score\": 7",
            "`after.score` must lie between 0 and 1, got `7`",
        ),
    ] {
        let text = UPDATE.replace(from, to);
        assert_ne!(text, UPDATE, "{from}");
        let told = said(&text).unwrap_err().to_string();
        assert!(told.starts_with(wanted), "{told}\nshould begin with\n{wanted}");
    }
}
