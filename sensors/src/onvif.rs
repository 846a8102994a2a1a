//! Events of ONVIF cameras: `{prefix}/onvif-ej/{topic}[/&{source values}]` with JSON.
//!
//! Form: ONVIF Core Specification, "Event Broker" (grammar and examples), and what devices are seen to send: values quoted
//! or bare, `tns1:` left in topics, items as `{"SimpleItem": [{"Name": …, "Value": …}]}`. Boxes are of the Analytics
//! Service's normalised coordinates, −1..1 from the left and from the bottom.
//!
//! An event tells of one instant. That a state holds until the next event is not taken for having been seen.

use std::collections::BTreeMap;

use domain::TrackId;
use jiff::Timestamp;
use serde::Deserialize;

use crate::class::of_word;
use crate::message::{boxed, score, track_of};
use crate::{Field, Looked, Message, Reader, Refused, Said, Told};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    utc_time: Timestamp,
    #[serde(default)]
    source: Part,
    #[serde(default)]
    data: Part,
}

/// `Source` or `Data`: those of its items that say something here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Part {
    simple_item: Several<Item>,
    rule: Option<Leaf>,
    rule_name: Option<Leaf>,
    state: Option<Leaf>,
    is_inside: Option<Leaf>,
    object_id: Option<Leaf>,
    object: Option<Holder>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    name: String,
    value: Leaf,
}

/// Values may be quoted or bare.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Leaf {
    Word(String),
    Number(f64),
    Truth(bool),
}

/// An element that may be repeated stands alone where it is not.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Several<T> {
    Many(Vec<T>),
    One(T),
}

/// An `ElementItem` named `Object`, which holds `tt:Object`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Holder {
    #[serde(default)]
    object: Several<Object>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Object {
    #[serde(rename = "@ObjectId")]
    id: Leaf,
    #[serde(default)]
    appearance: Appearance,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Appearance {
    shape: Shape,
    class: Classes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Shape {
    bounding_box: Option<Bounds>,
}

#[derive(Debug, Deserialize)]
struct Bounds {
    #[serde(rename = "@left")]
    left: Leaf,
    #[serde(rename = "@top")]
    top: Leaf,
    #[serde(rename = "@right")]
    right: Leaf,
    #[serde(rename = "@bottom")]
    bottom: Leaf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Classes {
    r#type: Several<Kind>,
}

#[derive(Debug, Deserialize)]
struct Kind {
    #[serde(rename = "#text")]
    word: String,
    #[serde(rename = "@Likelihood")]
    likelihood: Option<Leaf>,
}

pub(crate) fn read(
    reader: &Reader,
    fields: &BTreeMap<String, Field>,
    topic: &str,
    payload: &[u8],
) -> Result<Said, Refused> {
    let topic = local(topic);
    let change = topic.starts_with("VideoSource/GlobalSceneChange");
    // An empty payload takes a property back ("Payload for deleted properties").
    if payload.is_empty() || !(change || topic.starts_with("RuleEngine/")) {
        return Ok(Said::Nothing);
    }
    let event: Event = serde_json::from_slice(payload).map_err(|error| form(payload, &error))?;
    if change {
        let changed = event.data.get("State").is_some_and(Leaf::truth);
        let at = event.utc_time;
        return Ok(if changed { Said::SceneChanged { at } } else { Said::Nothing });
    }
    let message = event.message(reader, fields)?;
    Ok(message.map_or(Said::Nothing, Said::Observed))
}

/// The event's topic: without the device in front, the values of its source behind, and the name of the standard's own
/// namespace.
fn local(topic: &str) -> String {
    let event = topic.split_once("/onvif-ej/").map_or("", |(_, event)| event);
    let event = event.split("/&").next().unwrap_or_default();
    event.replace("tns1:", "")
}

impl Event {
    fn message(
        &self,
        reader: &Reader,
        fields: &BTreeMap<String, Field>,
    ) -> Result<Option<Message>, Refused> {
        let rule = self.source.get("Rule").or_else(|| self.source.get("RuleName"));
        let field = rule.and_then(|rule| fields.get(&rule.text()));
        let over = ["IsInside", "State"]
            .iter()
            .any(|name| self.data.get(name).is_some_and(|state| !state.truth()));
        let mut message = Message {
            source: reader.source.clone(),
            at: self.utc_time,
            seq: 0,
            looked: Looked::Unsaid,
            observations: Vec::new(),
            gone: Vec::new(),
        };
        for object in self.objects() {
            let track = object.track()?;
            // Objects of one instant come in messages of their own.
            message.seq = message.seq.max(track.0);
            if over {
                message.gone.push(track);
            } else if let Some(told) = object.told(track, field)? {
                message.observations.push(told);
            }
        }
        if message.observations.len() > reader.limits.observations {
            let (got, most) = (message.observations.len(), reader.limits.observations);
            return Err(Refused::Many { got, most });
        }
        let says = !message.observations.is_empty() || !message.gone.is_empty();
        Ok(says.then_some(message))
    }

    /// Those with their appearance; else the one that is only named.
    fn objects(&self) -> Vec<Seen<'_>> {
        let whole = self.data.object.iter().flat_map(|holder| holder.object.all());
        let mut objects: Vec<Seen<'_>> =
            whole.map(|object| Seen { id: &object.id, look: Some(&object.appearance) }).collect();
        if objects.is_empty() {
            objects.extend(self.data.get("ObjectId").map(|id| Seen { id, look: None }));
        }
        objects
    }
}

/// An object of an event.
struct Seen<'a> {
    id: &'a Leaf,
    look: Option<&'a Appearance>,
}

impl Seen<'_> {
    fn track(&self) -> Result<TrackId, Refused> {
        let id = self.id.text();
        if !(1..=128).contains(&id.len()) {
            return Err(Refused::value("Data.ObjectId", "must be 1 to 128 bytes", id.len()));
        }
        let number = id.parse::<u64>().ok().filter(|number| *number < 1 << 53);
        Ok(number.map_or_else(|| track_of(&id), TrackId))
    }

    /// `None` for an object of a class that no rule asks about, and of none.
    fn told(&self, track: TrackId, field: Option<&Field>) -> Result<Option<Told>, Refused> {
        let likeliest = self.look.and_then(|look| look.class.likeliest());
        let (class, how_sure) = match likeliest {
            Some((word, how_sure)) => (of_word(word), how_sure),
            None => (field.and_then(|field| field.class), 1.0),
        };
        let Some(class) = class else { return Ok(None) };
        let mut told = Told::new(track, class, score("@Likelihood", how_sure)?);
        let bounds = self.look.and_then(|look| look.shape.bounding_box.as_ref());
        told.seen = bounds.map(Bounds::numbers).map(|b| boxed("BoundingBox", b)).transpose()?;
        told.place = field.map(|field| field.place);
        if told.seen.is_none() && told.place.is_none() {
            let way_out = "give the rule a place in `source.observation.field`";
            return Err(Refused::NoPlace { key: "Data", way_out });
        }
        Ok(Some(told))
    }
}

impl Part {
    fn get(&self, name: &str) -> Option<&Leaf> {
        let known = match name {
            "Rule" => &self.rule,
            "RuleName" => &self.rule_name,
            "State" => &self.state,
            "IsInside" => &self.is_inside,
            "ObjectId" => &self.object_id,
            _ => &None,
        };
        let listed = || self.simple_item.all().find(|item| item.name == name);
        known.as_ref().or_else(|| Some(&listed()?.value))
    }
}

impl Classes {
    fn likeliest(&self) -> Option<(&str, f64)> {
        let sure = |kind: &Kind| kind.likelihood.as_ref().map_or(1.0, Leaf::number);
        let kinds = self.r#type.all().map(|kind| (kind.word.as_str(), sure(kind)));
        kinds.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }
}

impl Bounds {
    /// x, y, width and height, 0..1 from the left and from the top.
    fn numbers(&self) -> [f64; 4] {
        let Self { left, top, right, bottom } = self;
        let [left, top, right, bottom] = [left, top, right, bottom].map(Leaf::number);
        [
            f64::midpoint(left, 1.0),
            f64::midpoint(-top, 1.0),
            (right - left) / 2.0,
            (top - bottom) / 2.0,
        ]
    }
}

impl<T> Default for Several<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> Several<T> {
    fn all(&self) -> std::slice::Iter<'_, T> {
        match self {
            Self::Many(many) => many.iter(),
            Self::One(one) => std::slice::from_ref(one).iter(),
        }
    }
}

impl Leaf {
    fn text(&self) -> String {
        match self {
            Self::Word(word) => word.trim().to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
        }
    }

    /// Not a number where it is none: whoever asks checks what can be.
    fn number(&self) -> f64 {
        match self {
            Self::Word(word) => word.trim().parse().unwrap_or(f64::NAN),
            Self::Number(number) => *number,
            Self::Truth(_) => f64::NAN,
        }
    }

    fn truth(&self) -> bool {
        matches!(self.text().to_ascii_lowercase().as_str(), "true" | "1" | "active")
    }
}

fn form(payload: &[u8], error: &serde_json::Error) -> Refused {
    let mut json = serde_json::Deserializer::from_slice(payload);
    let path = serde_path_to_error::deserialize::<_, Event>(&mut json).err();
    let key = path.map_or_else(|| ".".to_owned(), |error| error.path().to_string());
    Refused::Form { key, why: error.to_string().chars().take(300).collect() }
}

#[cfg(test)]
#[path = "onvif/tests.rs"]
mod tests;
