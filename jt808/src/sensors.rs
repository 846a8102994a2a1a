//! Which bit of a terminal means what. There is no national field for load, lid and body of a muck truck, and
//! vendors use opposite polarities, so nothing is assumed: what no profile says is unknown.

use std::str::FromStr;

use domain::{BodyState, Datum, LidState, LoadState, TerminalId, TerminalReport};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unreadable;

use crate::Phone;
use crate::position::Position;

/// How the terminals of one make are to be understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// Which datum they count in. The standard says WGS-84; some send GCJ-02.
    pub datum: Datum,
    pub load: Option<Sensor<LoadState>>,
    pub lid: Option<Sensor<LidState>>,
    pub body: Option<Sensor<BodyState>>,
}

/// One to four bits, and what each of their values means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawSensor")]
#[serde(bound = "S: for<'a> Deserialize<'a>")]
pub struct Sensor<S> {
    word: Word,
    /// The lowest bit, counted from the least significant.
    bit: u8,
    /// By value; `None` is unknown.
    values: Vec<Option<S>>,
}

/// Where bits stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Status,
    Alarm,
    /// An additional item, as one big-endian number.
    Item(u8),
}

/// A sensor that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSensor {
    #[error("`word` must be \"status\", \"alarm\" or an additional item like \"0x25\", got `{0}`")]
    Word(String),
    #[error("`values` must say what each value of 1 to 4 bits means: 2, 4, 8 or 16 words, got {0}")]
    Values(usize),
    #[error("`values` holds `{0}`, which this sensor cannot say: {1}")]
    Value(String, String),
    #[error("`bit` {bit} is beyond the {bits} bits of `word`")]
    Bit { bit: u8, bits: u8 },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSensor {
    word: String,
    bit: u8,
    values: Vec<String>,
}

impl<S: for<'a> Deserialize<'a>> TryFrom<RawSensor> for Sensor<S> {
    type Error = BadSensor;

    fn try_from(raw: RawSensor) -> Result<Self, BadSensor> {
        let word: Word = raw.word.parse()?;
        let count = raw.values.len();
        if !matches!(count, 2 | 4 | 8 | 16) {
            return Err(BadSensor::Values(count));
        }
        let bits = if matches!(word, Word::Item(_)) { 64 } else { 32 };
        if u32::from(raw.bit) + count.ilog2() > u32::from(bits) {
            return Err(BadSensor::Bit { bit: raw.bit, bits });
        }
        let values = raw.values.into_iter().map(meaning).collect::<Result<_, _>>()?;
        Ok(Self { word, bit: raw.bit, values })
    }
}

fn meaning<S: for<'a> Deserialize<'a>>(word: String) -> Result<Option<S>, BadSensor> {
    if word == "unknown" {
        return Ok(None);
    }
    let read: Result<S, Unreadable> = S::deserialize(word.as_str().into_deserializer());
    read.map(Some).map_err(|error| BadSensor::Value(word, error.to_string()))
}

impl FromStr for Word {
    type Err = BadSensor;

    fn from_str(text: &str) -> Result<Self, BadSensor> {
        let item = || u8::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        match text {
            "status" => Ok(Self::Status),
            "alarm" => Ok(Self::Alarm),
            _ => item().map(Self::Item).ok_or_else(|| BadSensor::Word(text.to_owned())),
        }
    }
}

impl<S: Copy> Sensor<S> {
    /// What it says; `None` where the terminal did not send it, or where nobody knows what its value means.
    fn read(&self, position: &Position) -> Option<S> {
        let (number, bits) = match self.word {
            Word::Status => (u64::from(position.status), 32),
            Word::Alarm => (u64::from(position.alarm), 32),
            Word::Item(id) => position.items.get(id)?.number()?,
        };
        if u32::from(self.bit) + self.values.len().ilog2() > bits {
            return None;
        }
        let value = usize::try_from(number >> self.bit).ok()? % self.values.len();
        *self.values.get(value)?
    }
}

impl Profile {
    /// What a position says, in the words of the rules.
    pub fn report(
        &self,
        phone: &Phone,
        plate: Option<String>,
        position: &Position,
    ) -> TerminalReport {
        TerminalReport {
            terminal: TerminalId::from(phone),
            plate,
            at: position.at,
            place: position.place(self.datum),
            speed_kmh: position.speed_kmh(),
            course_deg: position.course_deg(),
            load: self.load.as_ref().and_then(|sensor| sensor.read(position)),
            lid: self.lid.as_ref().and_then(|sensor| sensor.read(position)),
            body: self.body.as_ref().and_then(|sensor| sensor.read(position)),
        }
    }
}

impl From<&Phone> for TerminalId {
    fn from(phone: &Phone) -> Self {
        Self::new(&phone.to_string()).expect("digits without zeros in front")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, from_value, json};

    use super::*;

    /// 28 bytes of position with this status, and additional items.
    fn position(status: u32, items: &[u8]) -> Position {
        let mut body = vec![0; 4];
        body.extend(status.to_be_bytes());
        body.extend([0; 14]);
        body.extend([0x24, 0x06, 0x15, 0x14, 0x30, 0x05]);
        body.extend(items);
        Position::read(&body).unwrap()
    }

    fn profile(load: &Json, lid: &Json, body: &Json) -> Profile {
        from_value(json!({"load": load, "lid": lid, "body": body})).unwrap()
    }

    fn told(profile: &Profile, position: &Position) -> String {
        let phone = "13812345678".parse().unwrap();
        let report = profile.report(&phone, None, position);
        format!("{:?} {:?} {:?}", report.load, report.lid, report.body)
    }

    /// domain.md, section 5.5: profile A has 1 = open, profile E 1 = closed.
    #[test]
    fn vendors_disagree_about_what_one_means() {
        let of = |words: [&str; 2], bit| json!({"word": "status", "bit": bit, "values": words});
        let a = profile(
            &of(["empty", "full"], 28),
            &of(["closed", "open"], 29),
            &of(["down", "raised"], 30),
        );
        let e = profile(
            &of(["full", "empty"], 28),
            &of(["open", "closed"], 29),
            &of(["down", "raised"], 30),
        );
        let bits = position(1 << 28 | 1 << 29, &[]);
        assert_eq!(told(&a, &bits), "Some(Full) Some(Open) Some(Down)");
        assert_eq!(told(&e, &bits), "Some(Empty) Some(Closed) Some(Down)");
        assert_eq!(told(&Profile::default(), &bits), "None None None", "nothing is assumed");
    }

    #[test]
    fn what_is_not_sent_is_unknown() {
        let load =
            json!({"word": "status", "bit": 8, "values": ["empty", "partial", "unknown", "full"]});
        let lid = json!({"word": "0xE1", "bit": 9, "values": ["closed", "open"]});
        let body = json!({"word": "0xe1", "bit": 1, "values": ["down", "raised"]});
        let profile = profile(&load, &lid, &body);
        let check = |status, items: &[u8], wanted| {
            assert_eq!(told(&profile, &position(status, items)), wanted, "{items:?}");
        };
        check(0, &[], "Some(Empty) None None");
        check(2 << 8, &[0xe1, 1, 2], "None None Some(Raised)");
        check(3 << 8, &[1, 1, 0, 0xe1, 2, 2, 0], "Some(Full) Some(Open) Some(Down)");
        check(1 << 8, &[0xe1, 9, 0, 0, 0, 0, 0, 0, 0, 2, 2], "Some(Partial) None None");
    }

    #[test]
    fn a_sensor_that_cannot_be_is_refused_by_name() {
        let check = |word: &str, bit: u8, values: &[&str], wanted: &str| {
            let raw = json!({"lid": {"word": word, "bit": bit, "values": values}});
            let error = from_value::<Profile>(raw).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}\nshould contain\n{wanted}");
        };
        let words = ["closed", "open"];
        check("state", 0, &words, "an additional item like \"0x25\", got `state`");
        check("0x125", 0, &words, "got `0x125`");
        check("status", 32, &words, "`bit` 32 is beyond the 32 bits");
        check("status", 0, &["open"], "2, 4, 8 or 16 words, got 1");
        check("status", 0, &["open", "shut"], "holds `shut`, which this sensor cannot say");
    }
}
