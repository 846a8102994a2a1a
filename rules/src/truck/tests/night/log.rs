//! The log of the night as text: terse, and read again to the byte.
//!
//! `T terminal plate permits role` begins a truck. Each line below it is a report: seconds since the last, millionths of a
//! degree east and north of the last, km/h, then, where they changed, the sensors, and where it did not come as usual, `@` and
//! how late. `S` is a look of a camera.

use std::fmt::Write as _;

use domain::{
    BodyState, Covariance, GroundFix, LidState, LoadState, LonLat, Plate, SourceId, TerminalId,
    TerminalReport, TrackId,
};

use super::super::driver::{Row, usual};
use super::{Arrives, at};
use crate::TruckSeen;

/// All that is in the log.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Night {
    pub(super) cast: Vec<Truck>,
    pub(super) looks: Vec<Look>,
}

/// One truck. Its role is `-`, `near` or the rule that it breaks.
#[derive(Debug, PartialEq)]
pub(crate) struct Truck {
    pub(super) terminal: String,
    pub(super) plate: String,
    pub(super) permits: Vec<usize>,
    pub(super) role: String,
    pub(super) rows: Vec<Row>,
}

/// A look of a camera.
#[derive(Debug, PartialEq)]
pub(crate) struct Look {
    pub(super) t: i64,
    pub(super) source: String,
    pub(super) track: u64,
    pub(super) lon: i64,
    pub(super) lat: i64,
    /// Stopped, body up, a new heap: `y`, `n`, `?`.
    pub(super) says: String,
    pub(super) plate: String,
}

impl Night {
    pub(super) const TEXT: &str = include_str!("night.log");

    pub(super) fn write(&self) -> String {
        let mut out = String::new();
        for truck in &self.cast {
            let permits: Vec<String> = truck.permits.iter().map(ToString::to_string).collect();
            let permits = if permits.is_empty() { "-".to_owned() } else { permits.join(",") };
            let Truck { terminal, plate, role, .. } = truck;
            writeln!(out, "T {terminal} {plate} {permits} {role}").unwrap();
            let mut last = START;
            for row in &truck.rows {
                let (dt, dx, dy) = (row.at - last.at, row.lon - last.lon, row.lat - last.lat);
                write!(out, "{dt} {dx} {dy} {}", row.kmh).unwrap();
                if row.sensors != last.sensors {
                    write!(out, " {}", String::from_utf8_lossy(&row.sensors)).unwrap();
                }
                if row.late != usual(row.at) {
                    write!(out, " @{}", row.late).unwrap();
                }
                out.push('\n');
                last = *row;
            }
        }
        for look in &self.looks {
            let Look { t, source, track, lon, lat, says, plate } = look;
            writeln!(out, "S {t} {source} {track} {lon} {lat} {says} {plate}").unwrap();
        }
        out
    }

    pub(super) fn read() -> Self {
        let (mut night, mut said) = (Self::default(), START);
        for line in Self::TEXT.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["T", terminal, plate, permits, role] => {
                    let permits = permits.split(',').filter_map(|p| p.parse().ok()).collect();
                    let [terminal, plate, role] = [terminal, plate, role].map(str::to_owned);
                    night.cast.push(Truck { terminal, plate, permits, role, rows: Vec::new() });
                    said = START;
                }
                ["S", t, source, track, lon, lat, says, plate] => night.looks.push(Look {
                    t: t.parse().unwrap(),
                    source: source.to_owned(),
                    track: track.parse().unwrap(),
                    lon: lon.parse().unwrap(),
                    lat: lat.parse().unwrap(),
                    says: says.to_owned(),
                    plate: plate.to_owned(),
                }),
                [dt, dx, dy, kmh, ..] => {
                    let number = |text: &str| text.parse::<i64>().unwrap();
                    said.at += number(dt);
                    said.lon += number(dx);
                    said.lat += number(dy);
                    (said.kmh, said.late) = (number(kmh), usual(said.at));
                    for more in &words[4..] {
                        match more.strip_prefix('@') {
                            Some(late) => said.late = number(late),
                            None => said.sensors = more.as_bytes().try_into().unwrap(),
                        }
                    }
                    night.cast.last_mut().unwrap().rows.push(said);
                }
                _ => panic!("{line}"),
            }
        }
        night
    }

    /// Which plate has which permit.
    pub(super) fn plates(&self) -> Vec<(usize, String)> {
        let of = |truck: &Truck| {
            let plate = truck.plate.clone();
            truck.permits.iter().map(move |permit| (*permit, plate.clone())).collect::<Vec<_>>()
        };
        self.cast.iter().flat_map(of).collect()
    }

    /// `rule terminal`, sorted.
    pub(super) fn planted(&self) -> Vec<String> {
        let planted = self.cast.iter().filter(|truck| truck.role.starts_with("muck-"));
        let mut planted: Vec<String> =
            planted.map(|truck| format!("{} {}", truck.role, truck.terminal)).collect();
        planted.sort();
        planted
    }

    pub(super) fn near_misses(&self) -> usize {
        self.cast.iter().filter(|truck| truck.role == "near").count()
    }

    pub(super) fn trucks(&self) -> usize {
        self.cast.len()
    }

    /// Everything, by when it arrives.
    pub(super) fn arriving(&self) -> Vec<(i64, Arrives)> {
        let reports = self.cast.iter().flat_map(|truck| {
            truck.rows.iter().map(|row| (row.at + row.late, Arrives::Report(report(truck, row))))
        });
        let looks = self.looks.iter().map(|look| (look.t, Arrives::Seen(seen(look))));
        let mut all: Vec<_> = reports.chain(looks).collect();
        all.sort_by_key(|(when, _)| *when);
        all
    }
}

const START: Row =
    Row { at: 0, late: 0, lon: 120_100_000, lat: 30_900_000, kmh: 0, sensors: [b'?', b'?', b'?'] };

#[expect(clippy::cast_precision_loss, reason = "numbers of the wire are small")]
fn place(lon: i64, lat: i64) -> LonLat {
    LonLat::new(lon as f64 / 1e6, lat as f64 / 1e6).unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of the wire are small")]
fn report(truck: &Truck, row: &Row) -> TerminalReport {
    TerminalReport {
        terminal: TerminalId::new(&truck.terminal).unwrap(),
        plate: Some(truck.plate.clone()),
        at: at(row.at),
        place: Some(place(row.lon, row.lat)),
        speed_kmh: row.kmh as f64,
        course_deg: None,
        load: match row.sensors[0] {
            b'e' => Some(LoadState::Empty),
            b'h' => Some(LoadState::Partial),
            b'f' => Some(LoadState::Full),
            _ => None,
        },
        lid: match row.sensors[1] {
            b'c' => Some(LidState::Closed),
            b'o' => Some(LidState::Open),
            _ => None,
        },
        body: match row.sensors[2] {
            b'd' => Some(BodyState::Down),
            b'r' => Some(BodyState::Raised),
            _ => None,
        },
    }
}

fn seen(look: &Look) -> TruckSeen {
    let says = |nth: usize| match look.says.as_bytes()[nth] {
        b'y' => Some(true),
        b'n' => Some(false),
        _ => None,
    };
    TruckSeen {
        source: SourceId::new(&look.source).unwrap(),
        source_name: look.source.clone(),
        track: TrackId(look.track),
        at: at(look.t),
        fix: GroundFix { position: place(look.lon, look.lat), covariance: Covariance::round(1.0) },
        score: 0.9,
        stopped: says(0),
        body: says(1).map(|up| if up { BodyState::Raised } else { BodyState::Down }),
        new_heap: says(2),
        plate: (look.plate != "-").then(|| Plate::new(look.plate.clone(), 0.9, None, 3)),
    }
}
