//! What one ST 0601 packet says.

use domain::LonLat;
use jiff::Timestamp;

use super::ber;
use super::fields::{imapb, integer, signed, unsigned};

/// Tags that are named as refused, of one packet.
const MAX_REFUSED: usize = 64;

/// What a packet's checksum says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checksum {
    #[default]
    Missing,
    Good,
    /// The packet is kept: widely used recordings carry wrong sums over right values.
    Wrong {
        stored: u16,
        computed: u16,
    },
}

/// The part of ST 0601 that places a picture on the ground. Degrees and metres; what is missing,
/// or says "out of range", is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Packet {
    pub checksum: Checksum,
    /// Tag 2.
    pub at: Option<Timestamp>,
    /// Tag 10, what the aircraft is called.
    pub platform: Option<String>,
    /// Tag 5, clockwise from true north.
    pub heading_deg: Option<f64>,
    /// Tag 90, else 6.
    pub pitch_deg: Option<f64>,
    /// Tag 91, else 7.
    pub roll_deg: Option<f64>,
    /// Tags 13 and 14.
    pub sensor: Option<LonLat>,
    /// Tag 15, above mean sea level.
    pub above_sea_m: Option<f64>,
    /// Tag 104, else 75, above the WGS-84 ellipsoid.
    pub above_ellipsoid_m: Option<f64>,
    /// Tag 16.
    pub hfov_deg: Option<f64>,
    /// Tag 17.
    pub vfov_deg: Option<f64>,
    /// Tag 18, from the aircraft's nose, clockwise seen from above.
    pub relative_azimuth_deg: Option<f64>,
    /// Tag 19, upwards from the aircraft's plane.
    pub relative_elevation_deg: Option<f64>,
    /// Tag 20, clockwise from behind.
    pub relative_roll_deg: Option<f64>,
    /// Tag 21.
    pub slant_range_m: Option<f64>,
    /// Tag 22.
    pub target_width_m: Option<f64>,
    /// Tags 23 and 24.
    pub frame_centre: Option<LonLat>,
    /// Tag 25, above mean sea level.
    pub frame_centre_above_sea_m: Option<f64>,
    /// Tag 78, above the ellipsoid.
    pub frame_centre_above_ellipsoid_m: Option<f64>,
    /// Tags 82 to 89, else 26 to 33 on top of the frame centre: upper left, upper right, lower
    /// right, lower left.
    pub corners: Option<[LonLat; 4]>,
    /// Tags 40 and 41.
    pub target: Option<LonLat>,
    /// Tag 42, above mean sea level.
    pub target_above_sea_m: Option<f64>,
    /// Tag 56.
    pub ground_speed_mps: Option<f64>,
    /// Tag 65.
    pub version: Option<u8>,
    /// Tags whose value is "out of range" or of the wrong length, in the order of the packet.
    pub refused: Vec<u32>,
}

impl Packet {
    /// `whole` is the packet from its label on, `value` what follows the length.
    pub(super) fn of(whole: &[u8], value: &[u8]) -> Self {
        let mut packet = Self::default();
        let mut draft = Draft::default();
        let mut rest = value;
        while let Some((tag, length, after)) = head(rest) {
            let Some((value, after)) = after.split_at_checked(length) else {
                packet.refuse(tag);
                break;
            };
            if tag == 1 {
                let sum = whole.len() - after.len() - length;
                packet.checksum = check(whole.get(..sum).unwrap_or_default(), value);
            } else if packet.set(&mut draft, tag, value).is_none() {
                packet.refuse(tag);
            }
            rest = after;
        }
        packet.settle(&draft);
        packet
    }

    fn refuse(&mut self, tag: u32) {
        if self.refused.len() < MAX_REFUSED {
            self.refused.push(tag);
        }
    }

    /// Takes in one tag. `None`: its value says nothing.
    fn set(&mut self, draft: &mut Draft, tag: u32, value: &[u8]) -> Option<()> {
        match tag {
            2 => self.at = Some(time(value)?),
            5 => self.heading_deg = Some(unsigned::<2>(value, 0.0, 360.0)?),
            6 => draft.pitch_short = Some(signed::<2>(value, 20.0)?),
            7 => draft.roll_short = Some(signed::<2>(value, 50.0)?),
            10 => self.platform = Some(name(value)?),
            13 => draft.sensor[1] = Some(signed::<4>(value, 90.0)?),
            14 => draft.sensor[0] = Some(signed::<4>(value, 180.0)?),
            15 => self.above_sea_m = Some(height(value)?),
            16 => self.hfov_deg = Some(unsigned::<2>(value, 0.0, 180.0)?),
            17 => self.vfov_deg = Some(unsigned::<2>(value, 0.0, 180.0)?),
            18 => self.relative_azimuth_deg = Some(unsigned::<4>(value, 0.0, 360.0)?),
            19 => self.relative_elevation_deg = Some(signed::<4>(value, 180.0)?),
            20 => self.relative_roll_deg = Some(unsigned::<4>(value, 0.0, 360.0)?),
            21 => self.slant_range_m = Some(unsigned::<4>(value, 0.0, 5_000_000.0)?),
            22 => self.target_width_m = Some(unsigned::<2>(value, 0.0, 10_000.0)?),
            23 => draft.centre[1] = Some(signed::<4>(value, 90.0)?),
            24 => draft.centre[0] = Some(signed::<4>(value, 180.0)?),
            25 => self.frame_centre_above_sea_m = Some(height(value)?),
            26..=33 => *slot(&mut draft.offsets, tag - 26)? = Some(signed::<2>(value, 0.075)?),
            40 => draft.target[1] = Some(signed::<4>(value, 90.0)?),
            41 => draft.target[0] = Some(signed::<4>(value, 180.0)?),
            42 => self.target_above_sea_m = Some(height(value)?),
            56 => self.ground_speed_mps = Some(unsigned::<1>(value, 0.0, 255.0)?),
            65 => self.version = Some(*value.first().filter(|_| value.len() == 1)?),
            75 => draft.ellipsoid_short = Some(height(value)?),
            78 => self.frame_centre_above_ellipsoid_m = Some(height(value)?),
            82..=89 => {
                let max = if tag.is_multiple_of(2) { 90.0 } else { 180.0 };
                *slot(&mut draft.corners, tag - 82)? = Some(signed::<4>(value, max)?);
            }
            90 => self.pitch_deg = Some(signed::<4>(value, 90.0)?),
            91 => self.roll_deg = Some(signed::<4>(value, 90.0)?),
            104 => self.above_ellipsoid_m = Some(imapb(value, -900.0, 40_000.0)?),
            _ => (),
        }
        Some(())
    }

    /// Joins what comes in several tags.
    fn settle(&mut self, draft: &Draft) {
        self.pitch_deg = self.pitch_deg.or(draft.pitch_short);
        self.roll_deg = self.roll_deg.or(draft.roll_short);
        self.above_ellipsoid_m = self.above_ellipsoid_m.or(draft.ellipsoid_short);
        self.sensor = place(draft.sensor);
        self.frame_centre = place(draft.centre);
        self.target = place(draft.target);
        self.corners = corners(&draft.corners, [0.0, 0.0]).or_else(|| {
            let centre = self.frame_centre?;
            corners(&draft.offsets, [centre.lon(), centre.lat()])
        });
    }
}

/// Values that need another tag to mean something; longitude first, corners latitude first.
#[derive(Debug, Default)]
struct Draft {
    pitch_short: Option<f64>,
    roll_short: Option<f64>,
    ellipsoid_short: Option<f64>,
    sensor: [Option<f64>; 2],
    centre: [Option<f64>; 2],
    target: [Option<f64>; 2],
    offsets: [Option<f64>; 8],
    corners: [Option<f64>; 8],
}

fn slot(slots: &mut [Option<f64>; 8], at: u32) -> Option<&mut Option<f64>> {
    slots.get_mut(usize::try_from(at).ok()?)
}

fn place([lon, lat]: [Option<f64>; 2]) -> Option<LonLat> {
    LonLat::new(lon?, lat?)
}

/// Four corners given as latitude, longitude in turn, on top of `[lon, lat]`.
fn corners(given: &[Option<f64>; 8], [lon, lat]: [f64; 2]) -> Option<[LonLat; 4]> {
    let corner = |at: usize| LonLat::new(lon + given[2 * at + 1]?, lat + given[2 * at]?);
    Some([corner(0)?, corner(1)?, corner(2)?, corner(3)?])
}

/// The tag and the length of the first item of `bytes`, and what follows them.
fn head(bytes: &[u8]) -> Option<(u32, usize, &[u8])> {
    let (tag, bytes) = ber::tag(bytes)?;
    let (length, bytes) = ber::length(bytes)?;
    Some((tag, length, bytes))
}

fn height(value: &[u8]) -> Option<f64> {
    unsigned::<2>(value, -900.0, 19_000.0)
}

/// Microseconds since 1970, leap seconds not counted.
fn time(value: &[u8]) -> Option<Timestamp> {
    let micros = i64::try_from(integer::<8>(value)?).ok()?;
    Timestamp::from_microsecond(micros).ok()
}

/// ST 0601 allows 127 characters of a name.
fn name(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value.get(..value.len().min(127))?).ok()?;
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace());
    (!text.is_empty()).then(|| text.to_owned())
}

fn check(summed: &[u8], value: &[u8]) -> Checksum {
    let Ok(stored) = value.try_into().map(u16::from_be_bytes) else { return Checksum::Missing };
    let computed = checksum(summed);
    if stored == computed { Checksum::Good } else { Checksum::Wrong { stored, computed } }
}

/// The sum of all 16-bit words, from the label through the checksum's own length byte; an odd last
/// byte is the high half of a word.
pub(super) fn checksum(bytes: &[u8]) -> u16 {
    bytes.chunks(2).fold(0, |sum: u16, pair| {
        let low = pair.get(1).copied().unwrap_or(0);
        sum.wrapping_add(u16::from_be_bytes([pair.first().copied().unwrap_or(0), low]))
    })
}

#[cfg(test)]
mod tests;
