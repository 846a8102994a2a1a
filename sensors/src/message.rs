//! Everything that a source says it saw at one instant.

use domain::{
    BodyState, Class, Covariance, GroundFix, LidState, LoadState, LonLat, RelBox, SourceId, TrackId,
};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::Refused;

/// What was said, with places in WGS-84.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub source: SourceId,
    /// By the source's clock.
    pub at: Timestamp,
    /// Tells messages of one instant apart; 0 where the source does not count.
    pub seq: u64,
    pub looked: Looked,
    pub observations: Vec<Told>,
    /// What the source followed and follows no longer: it went away, or was lost.
    pub gone: Vec<TrackId>,
}

/// What is known about places that nothing was reported from.
#[derive(Debug, Clone, PartialEq)]
pub enum Looked {
    /// Nothing: what is not reported may still be there.
    Unsaid,
    /// The source looked at this closed ring of [lon, lat] and reports all that was in it.
    Ring(Vec<[f64; 2]>),
    /// The source watches all the time and reports everything there is: what it does not report is not there.
    Everywhere,
}

/// One thing. It has a place, a box, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub track: TrackId,
    pub class: Class,
    /// 0..=1; 1 where the source does not say.
    pub score: f32,
    pub place: Option<GroundFix>,
    /// In the picture of the source's camera.
    pub seen: Option<RelBox>,
    pub load: Option<LoadState>,
    pub lid: Option<LidState>,
    pub body: Option<BodyState>,
}

/// Beyond this (standard deviation, metres) a place is worth nothing to any fence.
const WORST_SIGMA_M: f64 = 1000.0;
/// What is known better than this is not known so well.
const BEST_SIGMA_M: f64 = 0.01;

impl Message {
    /// The same with numbers of nine decimals: a tenth of a millimetre. What is written then reads exactly as it was, so that
    /// what is judged again is judged the same.
    pub(crate) fn settled(mut self) -> Self {
        if let Looked::Ring(ring) = &mut self.looked {
            ring.iter_mut().flatten().for_each(settle);
        }
        for told in &mut self.observations {
            if let Some(fix) = &mut told.place {
                let (mut lon, mut lat) = (fix.position.lon(), fix.position.lat());
                [&mut lon, &mut lat].into_iter().for_each(settle);
                fix.position = LonLat::new(lon, lat).unwrap_or(fix.position);
                let Covariance { east_east, east_north, north_north } = &mut fix.covariance;
                [east_east, east_north, north_north].into_iter().for_each(settle);
            }
            if let Some(RelBox { x, y, w, h }) = &mut told.seen {
                [x, y, w, h].into_iter().for_each(settle);
            }
        }
        self
    }
}

/// Up to 10^6: so many digits are read without any rounding.
fn settle(number: &mut f64) {
    *number = (*number * 1e9).round() / 1e9;
}

impl Told {
    pub(crate) const fn new(track: TrackId, class: Class, score: f32) -> Self {
        Self { track, class, score, place: None, seen: None, load: None, lid: None, body: None }
    }
}

/// A standard deviation that can be.
pub(crate) fn sigma(key: &str, metres: f64) -> Result<Covariance, Refused> {
    if (BEST_SIGMA_M..=WORST_SIGMA_M).contains(&metres) {
        return Ok(Covariance::round(metres));
    }
    Err(Refused::value(key, "must lie between 0.01 and 1000 metres", metres))
}

/// A covariance that can be: symmetric, and of an ellipse whose axes can be.
pub(crate) fn covariance(key: &str, rows: [[f64; 2]; 2]) -> Result<Covariance, Refused> {
    let [[a, b], [c, d]] = rows;
    let mean = f64::midpoint(a, d);
    let spread = ((a - d) / 2.0).hypot(b);
    let axes = [mean - spread, mean + spread];
    let sound =
        axes.iter().all(|axis| (BEST_SIGMA_M.powi(2)..=WORST_SIGMA_M.powi(2)).contains(axis));
    if sound && (b - c).abs() <= 1e-9 * mean {
        return Ok(Covariance { east_east: a, east_north: b, north_north: d });
    }
    let rule = "must be symmetric, with axes of 0.01 to 1000 metres (1 sigma)";
    Err(Refused::value(key, rule, format!("{rows:?}")))
}

/// A box that lies in the picture, at least in part.
pub(crate) fn boxed(key: &str, [x, y, w, h]: [f64; 4]) -> Result<RelBox, Refused> {
    let about = |value: f64| (-1.0..=2.0).contains(&value);
    let sized = |value: f64| value > 1e-6 && value <= 2.0;
    let inside = x < 1.0 && y < 1.0 && x + w > 0.0 && y + h > 0.0;
    if about(x) && about(y) && sized(w) && sized(h) && inside {
        return Ok(RelBox { x, y, w, h });
    }
    let rule = "must be x, y, width and height as parts of the picture";
    Err(Refused::value(key, rule, format!("{:?}", [x, y, w, h])))
}

/// A place on earth, of numbers in WGS-84.
pub(crate) fn on_earth(key: &str, lon: f64, lat: f64) -> Result<LonLat, Refused> {
    LonLat::new(lon, lat).ok_or_else(|| {
        Refused::value(key, "must be a longitude and a latitude", format!("{lon} {lat}"))
    })
}

/// Ids that are words become numbers of 53 bits, which every reader of JSON keeps.
pub(crate) fn track_of(word: &str) -> TrackId {
    let hash: [u8; 32] = Sha256::digest(word.as_bytes()).into();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    TrackId(u64::from_be_bytes(first) >> 11)
}

/// A score that can be.
pub(crate) fn score(key: &str, score: f64) -> Result<f32, Refused> {
    if (0.0..=1.0).contains(&score) {
        #[expect(clippy::cast_possible_truncation, reason = "it lies between 0 and 1")]
        return Ok(score as f32);
    }
    Err(Refused::value(key, "must lie between 0 and 1", score))
}
