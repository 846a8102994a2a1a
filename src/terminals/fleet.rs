//! Which terminals are known, what their plates are, and how their sensors are to be read.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use domain::TerminalId;
use jt808::{Phone, Position, Profile};
use store::NewPosition;

use super::config::{Admission, TerminalsConfig};

/// All terminals.
#[derive(Debug, Default)]
pub(crate) struct Fleet {
    admission: Admission,
    listed: BTreeMap<TerminalId, Listed>,
    profiles: BTreeMap<String, Profile>,
    /// Of those that the list gives none.
    others: Profile,
}

#[derive(Debug)]
struct Listed {
    plate: Option<String>,
    profile: Option<String>,
}

/// A list is not longer: a million terminals.
const MOST_BYTES: u64 = 64 << 20;

impl Fleet {
    /// Reads the list that the configuration names. An error names the file, the line and what is wrong.
    pub(crate) fn read(
        config: &TerminalsConfig,
        resolve: impl Fn(&Path) -> PathBuf,
    ) -> Result<Self, String> {
        let text = match &config.list {
            None => String::new(),
            Some(path) => {
                let path = resolve(path);
                let mut text = String::new();
                std::fs::File::open(&path)
                    .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
                    .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
                text
            }
        };
        let mut listed = BTreeMap::new();
        for (nth, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (terminal, one) = Listed::parse(line, &config.profile)
                .map_err(|why| format!("line {} of the list: {why}", nth + 1))?;
            if listed.insert(terminal, one).is_some() {
                return Err(format!(
                    "line {} of the list: this number stands there twice",
                    nth + 1
                ));
            }
        }
        let others = config.others.as_ref().and_then(|name| config.profile.get(name));
        Ok(Self {
            admission: config.register,
            listed,
            profiles: config.profile.clone(),
            others: others.cloned().unwrap_or_default(),
        })
    }

    /// Whether a terminal may speak.
    pub(super) fn admits(&self, terminal: &TerminalId) -> bool {
        self.admission == Admission::Anybody || self.listed.contains_key(terminal)
    }

    /// The plate that the list gives a terminal.
    pub(crate) fn plate_of(&self, terminal: &TerminalId) -> Option<&str> {
        self.listed.get(terminal)?.plate.as_deref()
    }

    /// A position in the words of the rules, as the `nth` of its message; `plate` is what the terminal said when it
    /// registered, which the list overrules.
    pub(super) fn position(
        &self,
        (phone, plate): (&Phone, Option<&str>),
        (serial, nth): (u16, u16),
        position: &Position,
    ) -> NewPosition {
        let listed = self.listed.get(&TerminalId::from(phone));
        let plate = listed.and_then(|one| one.plate.as_deref()).or(plate);
        let name = listed.and_then(|one| one.profile.as_ref());
        let profile = name.and_then(|name| self.profiles.get(name)).unwrap_or(&self.others);
        NewPosition {
            report: profile.report(phone, plate.map(str::to_owned), position),
            serial,
            nth,
            altitude_m: position.altitude_m,
            alarm: position.alarm,
            status: position.status,
        }
    }
}

impl Listed {
    fn parse(
        line: &str,
        profiles: &BTreeMap<String, Profile>,
    ) -> Result<(TerminalId, Self), String> {
        let mut fields = line.split(',').map(str::trim);
        let number = fields.next().unwrap_or_default();
        let phone = Phone::from_str(number).map_err(|error| error.to_string())?;
        let mut next = || fields.next().filter(|field| !field.is_empty()).map(str::to_owned);
        let (plate, profile) = (next(), next());
        if let Some(name) = profile.as_ref().filter(|name| !profiles.contains_key(*name)) {
            return Err(format!("there is no `[terminals.profile.{name}]`"));
        }
        if fields.next().is_some() {
            return Err("more than number, plate and profile".to_owned());
        }
        Ok((TerminalId::from(&phone), Self { plate, profile }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Result<Fleet, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), list).unwrap();
        let mut config = TerminalsConfig { list: Some("list".into()), ..Default::default() };
        config.profile.insert("a".to_owned(), Profile::default());
        Fleet::read(&config, |_| file.path().to_owned())
    }

    #[test]
    fn a_list_says_who_is_who() {
        let fleet = read("# trucks\n013812345678, 浙E12345, a\n\n13900000000\n").unwrap();
        let known = |number| fleet.admits(&TerminalId::new(number).unwrap());
        assert!(known("13812345678") && known("13900000000") && !known("13800000000"));
        let error = |list: &str| read(list).unwrap_err();
        assert_eq!(
            error("1\nx,y"),
            "line 2 of the list: `x` is no number of a terminal: 1 to 20 digits"
        );
        assert!(error("1,,b").contains("there is no `[terminals.profile.b]`"));
        assert!(error("1\n01").contains("line 2 of the list: this number stands there twice"));
        assert!(error("1,a,a,a").contains("more than number, plate and profile"));
    }
}
