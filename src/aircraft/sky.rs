//! Which aircraft there are and how each is right now, for whoever asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashboard::AircraftNow;
use flight::cloud::{Devices, Live, MAX_DEVICES, Osd, Serial, Topology, Update};
use jiff::{SignedDuration, Timestamp};

/// The aircraft that were heard of. All clones are the same sky.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sky(Arc<Mutex<BTreeMap<Serial, Seen>>>);

/// One aircraft.
#[derive(Debug, Clone)]
struct Seen {
    heard_at: Timestamp,
    model: Option<&'static str>,
    gateway: Option<Serial>,
    /// Its gateway said so.
    off: bool,
    /// By its own clock.
    at: Option<Timestamp>,
    live: Option<Live>,
}

/// An aircraft speaks at least every two seconds; silent for so long it is not there.
const SILENT: SignedDuration = SignedDuration::from_secs(15);
/// One that was not heard for so long is not told of.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

impl Sky {
    /// Takes in what a message said; `devices` know it already.
    pub(super) fn take(&self, update: &Update, devices: &Devices, now: Timestamp) {
        match update {
            Update::Osd(osd) => self.reported(osd, devices, now),
            Update::Topology(topology) => self.named(topology, now),
            Update::Upload(_) | Update::Event(_) | Update::Repeated { .. } => {}
        }
    }

    /// How all are at `now`.
    pub(crate) fn now(&self, now: Timestamp) -> Vec<AircraftNow> {
        let mut seen = self.seen();
        seen.retain(|_, seen| now.duration_since(seen.heard_at) <= FORGOTTEN);
        seen.iter().map(|(serial, seen)| seen.told(serial, now)).collect()
    }

    /// The only aircraft of a dock; `None` where it has none, or several.
    pub(super) fn aircraft_of(&self, gateway: &Serial) -> Option<Serial> {
        let seen = self.seen();
        let mut of = seen.iter().filter(|(_, seen)| seen.gateway.as_ref() == Some(gateway));
        let (only, _) = of.next()?;
        of.next().is_none().then(|| only.clone())
    }

    fn reported(&self, osd: &Osd, devices: &Devices, now: Timestamp) {
        let Some(live) = devices.live(&osd.serial, osd.at) else { return };
        let mut seen = self.seen();
        if !live.is_aircraft && !seen.contains_key(&osd.serial) {
            return;
        }
        let Some(seen) = place(&mut seen, &osd.serial, now) else { return };
        if seen.at.is_some_and(|known| osd.at.is_some_and(|at| at < known)) {
            return;
        }
        (seen.heard_at, seen.off, seen.at, seen.live) = (now, false, osd.at, Some(live));
    }

    fn named(&self, topology: &Topology, now: Timestamp) {
        let mut seen = self.seen();
        for seen in seen.values_mut().filter(|s| s.gateway.as_ref() == Some(&topology.gateway)) {
            seen.off = true;
        }
        let aircraft = topology.devices.iter().filter(|device| device.is_aircraft());
        for device in aircraft {
            let Some(seen) = place(&mut seen, &device.serial, now) else { return };
            seen.model = device.model().or(seen.model);
            seen.gateway = Some(topology.gateway.clone());
            (seen.heard_at, seen.off) = (now, false);
        }
    }

    /// Nothing can be half done under this lock.
    fn seen(&self) -> MutexGuard<'_, BTreeMap<Serial, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place<'a>(
    seen: &'a mut BTreeMap<Serial, Seen>,
    serial: &Serial,
    now: Timestamp,
) -> Option<&'a mut Seen> {
    if seen.len() >= MAX_DEVICES && !seen.contains_key(serial) {
        return None;
    }
    let new = Seen { heard_at: now, model: None, gateway: None, off: false, at: None, live: None };
    Some(seen.entry(serial.clone()).or_insert(new))
}

impl Seen {
    fn told(&self, serial: &Serial, now: Timestamp) -> AircraftNow {
        let age = now.duration_since(self.heard_at);
        let sample = self.live.as_ref().map(|live| &live.sample);
        let position = sample.and_then(|sample| sample.position);
        AircraftNow {
            serial: serial.as_str().to_owned(),
            model: self.model.map(str::to_owned),
            gateway: self.gateway.as_ref().map(|gateway| gateway.as_str().to_owned()),
            online: !self.off && age <= SILENT,
            flying: self.live.as_ref().and_then(|live| live.flying),
            heard_at: self.heard_at,
            age_s: age.as_secs_f64().max(0.0),
            at: self.at,
            lon: position.map(domain::LonLat::lon),
            lat: position.map(domain::LonLat::lat),
            height_m: sample.and_then(|sample| sample.heights.above_takeoff_m),
            above_ellipsoid_m: sample.and_then(|sample| sample.heights.above_ellipsoid_m),
            heading_deg: sample.and_then(|sample| sample.heading_deg),
            gimbal: sample.and_then(|sample| sample.camera),
            speed_mps: sample.and_then(|sample| sample.speed_mps),
            battery_percent: self.live.as_ref().and_then(|live| live.battery_percent),
            fix: sample.map(|sample| sample.fix).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use flight::cloud::Topic;

    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    /// Says `data` at a second, and shows how all are then.
    fn say(sky: &Sky, devices: &mut Devices, topic: &str, at: i64, data: &str) -> Vec<AircraftNow> {
        let millis = second(at).as_millisecond();
        let method = if topic.starts_with("sys") { "update_topo" } else { "" };
        let payload = format!(
            r#"{{"tid":"{topic}{at}","method":"{method}","timestamp":{millis},"data":{data}}}"#
        );
        let update = devices.take(&Topic::parse(topic).unwrap(), payload.as_bytes()).unwrap();
        sky.take(&update, devices, second(at));
        sky.now(second(at))
    }

    const AIRCRAFT: &str = "thing/product/1581F/osd";
    const DOCK: &str = "thing/product/4TADK/osd";
    const STATUS: &str = "sys/product/4TADK/status";
    const HAS: &str = r#"{"sub_devices":[{"sn":"1581F","domain":0,"type":91,"sub_type":1}]}"#;

    #[test]
    fn an_aircraft_comes_and_goes() {
        let (sky, mut devices) = (Sky::default(), Devices::default());
        let dock = r#"{"latitude":30.9,"longitude":120.1,"height":9,"mode_code":0}"#;
        assert!(say(&sky, &mut devices, DOCK, 0, dock).is_empty(), "a dock is no aircraft");
        let named = say(&sky, &mut devices, STATUS, 1, HAS);
        assert_eq!(named[0].model.as_deref(), Some("Matrice 3TD"));
        assert_eq!((named[0].gateway.as_deref(), named[0].lon), (Some("4TADK"), None));
        let flies = r#"{"latitude":30.9,"longitude":120.1,"elevation":60,"attitude_head":-90,
            "mode_code":5,"battery":{"capacity_percent":71}}"#;
        let found = say(&sky, &mut devices, AIRCRAFT, 2, flies);
        assert_eq!(found.len(), 1);
        let one = &found[0];
        assert_eq!((one.lon, one.lat, one.height_m), (Some(120.1), Some(30.9), Some(60.0)));
        assert_eq!((one.online, one.flying, one.battery_percent), (true, Some(true), Some(71.0)));
        assert_eq!(one.gimbal, None, "what it has not said is not zero");

        let late = say(&sky, &mut devices, AIRCRAFT, 1, r#"{"latitude":31}"#);
        assert_eq!(late[0].at, Some(second(2)), "a late message changes nothing");
        assert!(sky.now(second(17))[0].online);
        let silent = &sky.now(second(18))[0];
        assert_eq!((silent.online, silent.age_s), (false, 16.0));
        assert!(say(&sky, &mut devices, AIRCRAFT, 20, r#"{"elevation":50}"#)[0].online);
        let off = say(&sky, &mut devices, STATUS, 21, r#"{"sub_devices":[]}"#);
        assert!(!off[0].online, "its dock said so");
        assert!(sky.now(second(21 + 24 * 3600)).is_empty());
    }
}
