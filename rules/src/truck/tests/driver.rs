//! Drives one truck through the city and writes down what its terminal says.

use super::world::degrees;

/// What a terminal says, in whole numbers as they go over the wire.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    /// Seconds since the night began, by the terminal's clock.
    pub(super) at: i64,
    /// Seconds later than that when it arrives.
    pub(super) late: i64,
    /// Millionths of a degree.
    pub(super) lon: i64,
    pub(super) lat: i64,
    pub(super) kmh: i64,
    /// Load `e`, `h`, `f`; lid `c`, `o`; body `d`, `r`; `?` is unknown.
    pub(super) sensors: [u8; 3],
}

pub(super) struct Driver {
    pub(super) rows: Vec<Row>,
    pub(super) t: i64,
    pub(super) at: [f64; 2],
    pub(super) load: u8,
    pub(super) lid: u8,
    pub(super) body: u8,
    /// These sensors of it are not there.
    pub(super) blind: [bool; 3],
    /// Nothing is sent.
    pub(super) mute: bool,
    /// What is said is sent when the truck is in the network again.
    pub(super) offline: bool,
    /// Where the receiver believes to be, off the truth, metres.
    pub(super) astray: [f64; 2],
    dice: Dice,
}

/// The same numbers everywhere, for ever (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to before `most`.
    pub(super) fn below(&mut self, most: u64) -> i64 {
        i64::try_from(self.roll() % most).unwrap()
    }

    fn noise(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let sum = (0..4).map(|_| self.below(1000) as f64).sum::<f64>();
        (sum / 4.0 - 499.5) / 100.0
    }
}

/// How late a report comes, seconds.
pub(super) const fn usual(at: i64) -> i64 {
    1 + (at / 10) % 3
}

/// Between two reports.
const STEP: i64 = 10;

impl Driver {
    pub(super) fn new(seed: u64, t: i64, at: [f64; 2]) -> Self {
        Self {
            rows: Vec::new(),
            t,
            at,
            load: b'e',
            lid: b'c',
            body: b'd',
            blind: [false; 3],
            mute: false,
            offline: false,
            astray: [0.0; 2],
            dice: Dice(seed),
        }
    }

    pub(super) fn roll(&mut self, most: u64) -> i64 {
        self.dice.below(most)
    }

    fn say(&mut self, kmh: f64) {
        let [east, north] = self.at;
        let (dx, dy) = (self.dice.noise() / 2.0, self.dice.noise() / 2.0);
        let [lon, lat] = degrees([east + dx + self.astray[0], north + dy + self.astray[1]]);
        #[expect(clippy::cast_possible_truncation, reason = "whole numbers of the wire")]
        let whole = |number: f64| number.round() as i64;
        let sensors = [self.load, self.lid, self.body];
        let sensors = std::array::from_fn(|nth| if self.blind[nth] { b'?' } else { sensors[nth] });
        if self.mute {
            return;
        }
        let late = if self.offline { -1 } else { usual(self.t) };
        let (lon, lat) = (whole(lon * 1e6), whole(lat * 1e6));
        self.rows.push(Row { at: self.t, late, lon, lat, kmh: whole(kmh), sensors });
    }

    /// Back in the network: what was kept is sent behind the first report.
    pub(super) fn online(&mut self) {
        self.offline = false;
        let now = self.t + 4;
        for row in self.rows.iter_mut().filter(|row| row.late < 0) {
            row.late = now - row.at;
        }
    }

    pub(super) fn stay(&mut self, seconds: i64) {
        for _ in 0..seconds / STEP {
            self.t += STEP;
            self.say(0.0);
        }
    }

    pub(super) fn stay_until(&mut self, t: i64) {
        assert!(self.t <= t, "too late for {t}: {}", self.t);
        self.stay(t - self.t);
    }

    /// Asleep: a report every five minutes.
    pub(super) fn sleep_until(&mut self, t: i64) {
        while self.t + 300 < t {
            self.t += 300;
            self.say(0.0);
        }
        self.t = self.t.max(t);
    }

    /// Along a line, with its moods and its red lights at corners.
    pub(super) fn drive(&mut self, line: &[[f64; 2]]) {
        for &to in line {
            self.straight(to);
            if self.dice.below(3) == 0 {
                let seconds = 10 * (1 + self.dice.below(5));
                self.stay(seconds);
            }
        }
    }

    /// Straight to a place, without stopping.
    pub(super) fn straight(&mut self, to: [f64; 2]) {
        loop {
            let [dx, dy] = [to[0] - self.at[0], to[1] - self.at[1]];
            let far = dx.hypot(dy);
            if far < 1.0 {
                return;
            }
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let kmh = 32.0 + self.dice.below(9) as f64;
            let step = (kmh / 3.6 * 10.0).min(far);
            self.at = [self.at[0] + dx / far * step, self.at[1] + dy / far * step];
            self.t += STEP;
            self.say(kmh);
        }
    }
}
