//! What the categories of a labelled set are called by us: stated, never guessed silently.

use std::fmt;

use anyhow::Context as _;
use domain::Class;
use serde::Serialize;

/// What a category of the set is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Meaning {
    Class(Class),
    /// Some motor vehicle; the set does not say which.
    Vehicle,
    /// Finding it is neither right nor wrong.
    Ignored,
    /// We have no word for it: its boxes are left out, and what is found there is wrong.
    Unknown,
}

impl Meaning {
    /// What sets usually mean by the name.
    fn of(name: &str) -> Self {
        let plain = name.trim().to_lowercase().replace([' ', '-'], "_");
        match plain.as_str() {
            "human" | "pedestrian" | "people" => Self::Class(Class::Person),
            "minibus" => Self::Class(Class::Van),
            "lorry" => Self::Class(Class::Truck),
            "motorbike" => Self::Class(Class::Motorcycle),
            "cyclist" => Self::Class(Class::TwoWheeler),
            "vehicle" => Self::Vehicle,
            "trailer" => Self::Ignored,
            word => Self::word(word).map_or(Self::Unknown, Self::Class),
        }
    }

    fn word(word: &str) -> Option<Class> {
        serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
    }

    fn parse(word: &str) -> anyhow::Result<Self> {
        Ok(match word {
            "vehicle" => Self::Vehicle,
            "ignored" => Self::Ignored,
            "unknown" => Self::Unknown,
            word => Self::Class(Self::word(word).with_context(|| {
                format!("`{word}` is no class of ours, nor `vehicle`, `ignored` or `unknown`")
            })?),
        })
    }

    /// Whether it is one of the class-agnostic vehicles.
    pub(super) fn is_vehicle(self) -> bool {
        match self {
            Self::Class(class) => class.is_motor_vehicle(),
            Self::Vehicle => true,
            Self::Ignored | Self::Unknown => false,
        }
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(class) => class.fmt(f),
            Self::Vehicle => f.write_str("vehicle"),
            Self::Ignored => f.write_str("ignored"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// The meaning of each category of a set, in their order. `said` are words `name=meaning` that go before
/// what the names usually mean.
pub(super) fn meanings(categories: &[String], said: &[String]) -> anyhow::Result<Vec<Meaning>> {
    let mut meanings: Vec<Meaning> = categories.iter().map(|name| Meaning::of(name)).collect();
    for pair in said {
        let (name, word) = pair
            .split_once('=')
            .with_context(|| format!("`--map {pair}` must be written name=class"))?;
        let index = categories.iter().position(|category| category == name).with_context(|| {
            format!("the set has no category `{name}`, only {}", categories.join(", "))
        })?;
        meanings[index] = Meaning::parse(word).with_context(|| format!("in `--map {pair}`"))?;
    }
    Ok(meanings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn names_mean_what_sets_mean_by_them() {
        for (name, meaning) in [
            ("car", "car"),
            ("Human", "person"),
            ("minibus", "van"),
            ("muck truck", "muck_truck"),
            ("two-wheeler", "two_wheeler"),
            ("vehicle", "vehicle"),
            ("trailer", "ignored"),
            ("chair", "unknown"),
        ] {
            let found = meanings(&names(&[name]), &[]).unwrap();
            assert_eq!(found[0].to_string(), meaning, "{name}");
        }
    }

    #[test]
    fn what_is_said_goes_before_what_is_usual() {
        let set = names(&["car", "bicycle"]);
        let found = meanings(&set, &names(&["bicycle=two_wheeler", "car=vehicle"])).unwrap();
        assert_eq!(found, [Meaning::Vehicle, Meaning::Class(Class::TwoWheeler)]);
        for (said, message) in [
            ("bus=bus", "the set has no category `bus`, only car, bicycle"),
            ("car", "`--map car` must be written name=class"),
            ("car=lorry", "in `--map car=lorry`"),
        ] {
            assert_eq!(meanings(&set, &names(&[said])).unwrap_err().to_string(), message);
        }
    }
}
