//! Where the forms of the messages in `onvif/` are from; the values are our own.
//!
//! - `crossed.json`: ONVIF Core Specification, "JSON Event Payload", its first example.
//! - `with_object.json`: the grammar of that section (`@` attributes, `#text`) applied to the Analytics Service's
//!   `tt:Object`, as Bosch cameras are seen to send it.
//! - `listed.json`: items as a list of names and values, and `tns1:` in topics, as Hanwha Vision cameras are seen to send.
//! - `scene_change.json`: `VideoSource/GlobalSceneChange` of the Imaging and Analytics Services, by the grammar.

use domain::{Class, Covariance, GroundFix, LonLat, RelBox};

use super::*;
use crate::Mapping;
use crate::tests::reader;

const CROSSED: &str = include_str!("crossed.json");
const WITH_OBJECT: &str = include_str!("with_object.json");
const LISTED: &str = include_str!("listed.json");
const CHANGE: &str = include_str!("scene_change.json");

const LINE: &str = "cam12/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/north_line";
const INSIDE: &str = "cam12/onvif-ej/RuleEngine/FieldDetector/ObjectsInside/&1/no_parking_3";
const SCENE: &str = "cam12/onvif-ej/VideoSource/GlobalSceneChange/ImagingService/&VideoSource_1";

fn field() -> Field {
    let position = LonLat::new(120.0868, 30.8943).unwrap();
    let place = GroundFix { position, covariance: Covariance::round(2.0) };
    Field { place, class: Some(Class::Car) }
}

fn said(topic: &str, text: &str) -> Result<Said, Refused> {
    let fields = BTreeMap::from([("north_line".to_owned(), field())]);
    let now = "2025-11-22T08:00:12Z".parse().unwrap();
    reader(Mapping::Onvif { fields }).read(topic, text.as_bytes(), now)
}

fn message(topic: &str, text: &str) -> Message {
    match said(topic, text).unwrap() {
        Said::Observed(message) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_object_that_is_only_named_stands_where_its_rule_is() {
    let message = message(LINE, CROSSED);
    assert_eq!(message.at.to_string(), "2025-11-22T08:00:07.321Z");
    let told = &message.observations[0];
    assert_eq!(
        (told.track, told.class, told.place),
        (TrackId(15), Class::Car, Some(field().place))
    );
    assert_eq!((told.seen, message.looked.clone()), (None, Looked::Unsaid));
}

#[test]
fn an_object_with_its_box_stands_there() {
    let message = message(INSIDE, WITH_OBJECT);
    let told = &message.observations[0];
    assert_eq!((told.track, told.class, told.score), (TrackId(4711), Class::Car, 0.91));
    assert_eq!(told.seen, Some(RelBox { x: 0.25, y: 0.5, w: 0.25, h: 0.25 }));
    assert_eq!(told.place, None);
}

#[test]
fn one_that_left_the_field_is_gone() {
    let topic = "E4:30:22:00:00:01/onvif-ej/tns1:RuleEngine/tns1:FieldDetector/ObjectsInside/&1";
    let message = message(topic, LISTED);
    assert_eq!((message.observations.len(), message.gone), (0, vec![TrackId(15)]));
}

#[test]
fn a_changed_scene_is_told_and_an_old_one_taken_back() {
    let at = "2025-11-22T08:00:10Z".parse().unwrap();
    assert_eq!(said(SCENE, CHANGE), Ok(Said::SceneChanged { at }));
    for over in [CHANGE.replace("\"true\"", "false"), String::new()] {
        assert_eq!(said(SCENE, &over), Ok(Said::Nothing), "{over}");
    }
}

#[test]
fn other_topics_and_objects_say_nothing() {
    for (topic, text) in [
        ("cam12/onvif-ej/Device/Trigger/Relay/&1", CROSSED.to_owned()),
        ("cam12/other/RuleEngine/LineDetector/Crossed", CROSSED.to_owned()),
        (LINE, CROSSED.replace("ObjectId", "Count")),
        (INSIDE, WITH_OBJECT.replace("Vehicle", "Animal")),
    ] {
        assert_eq!(said(topic, &text), Ok(Said::Nothing), "{topic}");
    }
}

#[test]
fn what_cannot_be_is_named() {
    for (topic, text, wanted) in [
        (LINE, CROSSED.replace("UtcTime", "Time"), "`.`: missing field `UtcTime`"),
        (LINE, CROSSED.replace("08:00:07.321Z", "noon"), "`UtcTime`: "),
        (LINE, CROSSED.replace("north_line", "elsewhere"), "`Data`"),
        (INSIDE, WITH_OBJECT.replace("\"-0.5\"", "\"far\""), "`BoundingBox` must be x, y"),
        (INSIDE, WITH_OBJECT.replace("0.91", "91"), "`@Likelihood` must lie between 0 and 1"),
        (LINE, "7".to_owned(), "`.`: "),
    ] {
        match said(topic, &text) {
            Err(refused) => {
                let told = refused.to_string();
                assert!(told.starts_with(wanted), "{told}\nshould begin with\n{wanted}");
            }
            // Without a class the object is nothing that a rule asks about.
            Ok(said) => assert_eq!((said, wanted), (Said::Nothing, "`Data`")),
        }
    }
}
