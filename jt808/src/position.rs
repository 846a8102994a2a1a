//! Positions: the messages that everything else is for.

use domain::{Datum, LonLat};
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

use crate::bytes::{Cursor, Short, unsigned};
use crate::text;
use crate::value::civil;

/// Message ids that the program acts on.
pub mod ids {
    pub const HEARTBEAT: u16 = 0x0002;
    pub const SIGN_OFF: u16 = 0x0003;
    pub const REGISTER: u16 = 0x0100;
    pub const AUTHENTICATE: u16 = 0x0102;
    pub const POSITION: u16 = 0x0200;
    pub const POSITION_ASKED: u16 = 0x0201;
    pub const POSITION_CONTROL: u16 = 0x0500;
    pub const BATCH: u16 = 0x0704;
    /// The general answer of a terminal, which is not answered.
    pub const TERMINAL_REPLY: u16 = 0x0001;
    pub const REPLY: u16 = 0x8001;
    pub const REGISTER_REPLY: u16 = 0x8100;
}

/// Where a vehicle was and what it said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub alarm: u32,
    pub status: u32,
    /// 10⁻⁶ degrees without a sign, as on the wire; [`Position::place`] knows what they mean.
    pub latitude: u32,
    pub longitude: u32,
    /// Metres above the sea.
    pub altitude_m: u16,
    /// 0.1 km/h.
    pub speed: u16,
    /// Degrees clockwise from north.
    pub direction: u16,
    pub at: Timestamp,
    pub items: Items,
}

/// Additional items, as they stand behind a position.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Items(Vec<u8>);

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    pub id: u8,
    pub bytes: &'a [u8],
}

/// It is no position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPosition {
    #[error("the position ends too early")]
    Short(#[from] Short),
    #[error("`{0}` is no time YYMMDDhhmmss")]
    Time(String),
    #[error("the message says {said} positions and holds {found}")]
    Count { said: u16, found: usize },
}

/// All positions of a message; `None` where it is no message of positions. One that is broken stands among the
/// others.
pub fn batch(id: u16, body: &[u8]) -> Option<Vec<Result<Position, BadPosition>>> {
    match id {
        ids::POSITION => Some(vec![Position::read(body)]),
        // Behind the serial number of the question.
        ids::POSITION_ASKED | ids::POSITION_CONTROL => {
            let mut cursor = Cursor::new(body);
            let skipped = cursor.u16();
            Some(vec![skipped.map_err(Into::into).and_then(|_| Position::read(cursor.rest()))])
        }
        ids::BATCH => Some(many(body)),
        _ => None,
    }
}

fn many(body: &[u8]) -> Vec<Result<Position, BadPosition>> {
    let mut cursor = Cursor::new(body);
    let said = match cursor.u16().and_then(|said| cursor.u8().map(|_| said)) {
        Ok(said) => said,
        Err(short) => return vec![Err(short.into())],
    };
    let mut found = Vec::new();
    while !cursor.is_empty() {
        let one = cursor.u16().and_then(|length| cursor.take(usize::from(length)));
        let ended = one.is_err();
        found.push(one.map_err(Into::into).and_then(Position::read));
        if ended {
            break;
        }
    }
    if found.len() != usize::from(said) && found.iter().all(Result::is_ok) {
        found.push(Err(BadPosition::Count { said, found: found.len() }));
    }
    found
}

/// Bits of the status.
const FIXED: u8 = 1;
const SOUTH: u8 = 2;
const WEST: u8 = 3;
const ENCRYPTED: u8 = 5;

impl Position {
    /// Reads the body of a 0200. Its time is that of China (GMT+8), wherever the vehicle is.
    pub fn read(body: &[u8]) -> Result<Self, BadPosition> {
        let mut cursor = Cursor::new(body);
        let (alarm, status) = (cursor.u32()?, cursor.u32()?);
        let (latitude, longitude) = (cursor.u32()?, cursor.u32()?);
        let (altitude_m, speed, direction) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
        let time = cursor.array()?;
        let at = instant(time).ok_or_else(|| BadPosition::Time(text::digits(&time)))?;
        let items = Items(cursor.rest().to_vec());
        Ok(Self { alarm, status, latitude, longitude, altitude_m, speed, direction, at, items })
    }

    /// Where it was, in a vehicle whose terminal counts in `datum`. `None` without a satellite fix, with encrypted
    /// coordinates, at 0° 0°, and where there is no such place.
    pub fn place(&self, datum: Datum) -> Option<LonLat> {
        if !self.has(FIXED) || self.has(ENCRYPTED) || (self.latitude, self.longitude) == (0, 0) {
            return None;
        }
        let degrees = |millionths: u32, bit| {
            let degrees = f64::from(millionths) / 1e6;
            if self.has(bit) { -degrees } else { degrees }
        };
        datum.to_wgs84(degrees(self.longitude, WEST), degrees(self.latitude, SOUTH))
    }

    /// Kilometres in an hour.
    pub fn speed_kmh(&self) -> f64 {
        f64::from(self.speed) / 10.0
    }

    /// Degrees clockwise from north; `None` where it is no direction.
    pub fn course_deg(&self) -> Option<f64> {
        (self.direction < 360).then_some(f64::from(self.direction))
    }

    const fn has(&self, bit: u8) -> bool {
        self.status >> bit & 1 == 1
    }
}

impl Items {
    /// Those that are whole.
    pub fn iter(&self) -> impl Iterator<Item = Item<'_>> {
        let mut cursor = Cursor::new(&self.0);
        std::iter::from_fn(move || {
            let (id, length) = (cursor.u8().ok()?, cursor.u8().ok()?);
            cursor.take(usize::from(length)).ok().map(|bytes| Item { id, bytes })
        })
    }

    /// The first of this number.
    pub fn get(&self, id: u8) -> Option<Item<'_>> {
        self.iter().find(|item| item.id == id)
    }
}

impl Item<'_> {
    /// As a big-endian number, and how many bits it has. `None` for one longer than 8 bytes.
    pub fn number(&self) -> Option<(u64, u32)> {
        let bits = u32::try_from(self.bytes.len() * 8).ok()?;
        (bits <= 64).then(|| (unsigned(self.bytes), bits))
    }
}

fn instant(time: [u8; 6]) -> Option<Timestamp> {
    Some(civil(time)?.to_zoned(TimeZone::fixed(offset(8))).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Frame;
    use crate::frame::tests::bytes;

    /// domain.md, section 12.
    const HUZHOU: &str = "7e0200402c0100000000013812345678000700000000000c030301d768dc07286110000c0164\
        005724061514300501040001e2402a02000030011931010ed97e";

    fn huzhou() -> Position {
        let frame = Frame::decode(&bytes(HUZHOU)).unwrap();
        let mut all = batch(frame.header.id, &frame.body).unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0).unwrap()
    }

    #[test]
    fn a_position_says_when_where_and_how_fast() {
        let position = huzhou();
        assert_eq!(position.at.to_string(), "2024-06-15T06:30:05Z", "14:30:05 in China");
        let place = position.place(Datum::Wgs84).unwrap();
        assert_eq!((place.lon(), place.lat()), (120.0868, 30.8943));
        assert_eq!((position.speed_kmh(), position.course_deg()), (35.6, Some(87.0)));
        let item = |id| position.items.get(id).and_then(|item| item.number());
        assert_eq!(item(1), Some((123_456, 32)), "12 345.6 km");
        assert_eq!((item(0x31), item(0x25)), (Some((14, 8)), None));
        let gcj = position.place(Datum::Gcj02).unwrap();
        assert!((gcj.lon() - 120.0868).abs() > 0.004, "a terminal that counts in GCJ-02");
    }

    #[test]
    fn no_place_is_made_up() {
        let check = |change: fn(&mut Position), wanted: Option<(f64, f64)>| {
            let mut position = huzhou();
            change(&mut position);
            let place = position.place(Datum::Wgs84).map(|place| (place.lon(), place.lat()));
            assert_eq!(place, wanted, "{position:?}");
        };
        check(|position| position.status &= !2, None);
        check(|position| position.status |= 1 << 5, None);
        check(|position| (position.latitude, position.longitude) = (0, 0), None);
        check(|position| position.latitude = 116_307_629, None);
        check(|position| position.status |= 3 << 2, Some((-120.0868, -30.8943)));
    }

    #[test]
    fn a_broken_position_does_not_take_the_others_along() {
        let frame = Frame::decode(&bytes(HUZHOU)).unwrap();
        let one = &frame.body[..28];
        let mut bad = one.to_vec();
        bad[22] = 0x5a;
        let element = |bytes: &[u8]| [&[0, u8::try_from(bytes.len()).unwrap()], bytes].concat();
        let body = [&[0, 3, 0][..], &element(one), &element(&bad), &element(one)].concat();
        let read = batch(ids::BATCH, &body).unwrap();
        assert_eq!(read.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(read[1], Err(BadPosition::Time("5a0615143005".to_owned())));
        let cut = batch(ids::BATCH, &body[..body.len() - 1]).unwrap();
        assert_eq!((cut.len(), cut[2].is_err()), (3, true));
        let lacks = batch(ids::BATCH, &[&[0, 2, 0][..], &element(one)].concat()).unwrap();
        assert_eq!(lacks[1], Err(BadPosition::Count { said: 2, found: 1 }));
        assert_eq!(batch(ids::BATCH, &[0]).unwrap().len(), 1);
        assert_eq!(
            batch(ids::POSITION_ASKED, &[&[0, 9][..], one].concat()).unwrap()[0]
                .clone()
                .unwrap()
                .at,
            huzhou().at
        );
        assert_eq!(batch(ids::HEARTBEAT, &[]), None);
    }
}
