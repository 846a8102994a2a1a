//! What lies between two rows.
//!
//! Angles go the shorter way round, each by itself: a gimbal turns about these axes, and panning
//! keeps its pitch, which the straight way over the sphere would not. The same attitude has two
//! names (yaw and roll half a turn on, pitch mirrored at the vertical), between which cameras jump
//! when they look straight down; the nearer name is taken.

use domain::{Attitude, LonLat};

pub(super) fn number(from: f64, to: f64, share: f64) -> f64 {
    from + (to - from) * share
}

/// Degrees from one direction to another, −180..180, clockwise positive.
pub(crate) fn turn(from: f64, to: f64) -> f64 {
    (to - from + 180.0).rem_euclid(360.0) - 180.0
}

/// Degrees clockwise from north, 0..360.
pub(super) fn bearing(from: f64, to: f64, share: f64) -> f64 {
    (from + turn(from, to) * share).rem_euclid(360.0)
}

/// Straight in degrees, which over the seconds between two rows is straight on the ground.
pub(super) fn place(from: LonLat, to: LonLat, share: f64) -> Option<LonLat> {
    let lon = if (to.lon() - from.lon()).abs() > 180.0 {
        turn(0.0, from.lon() + turn(from.lon(), to.lon()) * share)
    } else {
        number(from.lon(), to.lon(), share)
    };
    LonLat::new(lon, number(from.lat(), to.lat(), share))
}

/// Yaw and roll −180..180, pitch −90..=90.
pub(super) fn attitude(from: Attitude, to: Attitude, share: f64) -> Attitude {
    let to =
        [to, other_name(to)].into_iter().min_by(|a, b| apart(from, *a).total_cmp(&apart(from, *b)));
    let to = to.unwrap_or(from);
    let part = |from: f64, to: f64| turn(0.0, from + turn(from, to) * share);
    let mixed = Attitude {
        yaw_deg: part(from.yaw_deg, to.yaw_deg),
        pitch_deg: part(from.pitch_deg, to.pitch_deg),
        roll_deg: part(from.roll_deg, to.roll_deg),
    };
    if mixed.pitch_deg.abs() > 90.0 { other_name(mixed) } else { mixed }
}

fn apart(a: Attitude, b: Attitude) -> f64 {
    let angles = [(a.yaw_deg, b.yaw_deg), (a.pitch_deg, b.pitch_deg), (a.roll_deg, b.roll_deg)];
    angles.iter().map(|(a, b)| turn(*a, *b).abs()).sum()
}

fn other_name(a: Attitude) -> Attitude {
    Attitude {
        yaw_deg: turn(0.0, a.yaw_deg + 180.0),
        pitch_deg: turn(0.0, 180.0 - a.pitch_deg),
        roll_deg: turn(0.0, a.roll_deg + 180.0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(yaw_deg: f64, pitch_deg: f64, roll_deg: f64) -> Attitude {
        Attitude { yaw_deg, pitch_deg, roll_deg }
    }

    #[test]
    fn angles_go_the_shorter_way() {
        for (from, to, middle) in [
            (at(170.0, -45.0, 0.0), at(-170.0, -45.0, 0.0), at(-180.0, -45.0, 0.0)),
            (at(350.0, -45.0, 0.0), at(10.0, -45.0, 0.0), at(0.0, -45.0, 0.0)),
            (at(0.0, -80.0, 0.0), at(90.0, -80.0, 0.0), at(45.0, -80.0, 0.0)),
            (at(10.0, -89.0, 0.0), at(-170.0, -87.0, 180.0), at(-170.0, -89.0, -180.0)),
        ] {
            let mixed = attitude(from, to, 0.5);
            assert!(apart(mixed, middle) < 1e-9, "{from:?} {to:?}: {mixed:?}");
        }
    }

    #[test]
    fn the_date_line_is_crossed() {
        let (west, east) = (LonLat::new(179.9, 10.0).unwrap(), LonLat::new(-179.9, 10.0).unwrap());
        let middle = place(west, east, 0.75).unwrap();
        assert!((middle.lon() + 179.95).abs() < 1e-9, "{middle:?}");
    }

    proptest! {
        #[test]
        fn between_stays_between(
            from in -360.0..360.0_f64, by in -179.0..179.0_f64, share in 0.0..=1.0_f64,
            pitch in -90.0..90.0_f64, to_pitch in -90.0..90.0_f64,
        ) {
            let to = turn(0.0, from + by);
            let mixed = attitude(at(from, pitch, 0.0), at(to, to_pitch, 0.0), share);
            prop_assert!(mixed.pitch_deg.abs() <= 90.0 && mixed.yaw_deg.abs() <= 180.0);
            let whole = apart(at(from, pitch, 0.0), at(to, to_pitch, 0.0));
            let other = apart(at(from, pitch, 0.0), other_name(at(to, to_pitch, 0.0)));
            if whole < other {
                prop_assert!((turn(from, mixed.yaw_deg) - by * share).abs() < 1e-6);
                prop_assert!(mixed.pitch_deg >= pitch.min(to_pitch) - 1e-9);
                prop_assert!(mixed.pitch_deg <= pitch.max(to_pitch) + 1e-9);
            }
            prop_assert!((0.0..360.0).contains(&bearing(from, to, share)));
        }
    }
}
