//! What sensors tell: the first byte says whose form it is, then a topic, a newline and a payload. What is taken is written
//! and read as it was.

#![no_main]

use std::collections::BTreeMap;

use domain::{Covariance, Datum, GroundFix, LonLat, Size, SourceId};
use jiff::Timestamp;
use sensors::{Canonical, Field, Limits, Mapping, Message, Reader, Said, read_canonical};

const LIMITS: Limits = Limits {
    bytes: 4096,
    observations: 20,
    ahead: jiff::SignedDuration::MAX,
    behind: jiff::SignedDuration::MAX,
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&which, rest)) = bytes.split_first() else { return };
    let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    let topic = String::from_utf8_lossy(&rest[..end]);
    let payload = rest.get(end + 1..).unwrap_or_default();
    let now = Timestamp::UNIX_EPOCH;
    match reader(which).read(&topic, payload, now) {
        Ok(Said::Observed(message)) => taken(&message),
        Ok(Said::SceneChanged { .. } | Said::Nothing) => {}
        Err(refused) => {
            assert!(!refused.to_string().is_empty() && refused.to_string().len() < 2000);
        }
    }
});

fn reader(which: u8) -> Reader {
    let position = LonLat::new(120.0, 30.0).expect("a place");
    let place = GroundFix { position, covariance: Covariance::round(2.0) };
    let mapping = match which % 3 {
        0 => Mapping::Own,
        1 => Mapping::Onvif {
            fields: BTreeMap::from([("a".to_owned(), Field { place, class: None })]),
        },
        _ => Mapping::Frigate {
            camera: "a".to_owned(),
            picture: Size::new(1280, 720).expect("a size"),
        },
    };
    let datum = if which & 64 == 0 { Datum::Wgs84 } else { Datum::Gcj02 };
    let source = SourceId::new("a").expect("an id");
    Reader { source, mapping, datum, accuracy_m: 3.0, limits: LIMITS }
}

fn taken(message: &Message) {
    assert!(message.observations.len() <= LIMITS.observations);
    for told in &message.observations {
        assert!((0.0..=1.0).contains(&told.score) && (told.place.is_some() || told.seen.is_some()));
        for fix in told.place {
            let Covariance { east_east, east_north, north_north } = fix.covariance;
            fuzz::finite("place", [fix.position.lon(), fix.position.lat()]);
            fuzz::finite("covariance", [east_east, east_north, north_north]);
            assert!(east_east > 0.0 && east_east * north_north > east_north * east_north);
        }
        fuzz::finite("box", told.seen.into_iter().flat_map(|seen| [seen.x, seen.y, seen.w, seen.h]));
    }
    let line = Canonical::of(message).line();
    assert!(!line.contains(&b'\n'));
    let again = read_canonical(&line).expect("what was written can be read");
    assert_eq!(&again, message);
}
