//! What an operator can set about video coming in, with defaults that need no file.

use std::time::Duration;

use serde::Deserialize;

/// The `[ingest]` section.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A connected camera without a frame for this long is silent and is connected anew.
    /// Default: 5s.
    #[serde(with = "humantime_serde")]
    pub silent_after: Duration,
    /// How long a camera may take to accept a connection. Default: 3s.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// The longest wait between two tries to reach a camera. The first wait is 500 ms and each
    /// doubles, ± 25 %. Default: 3s.
    #[serde(with = "humantime_serde")]
    pub retry_max: Duration,
    /// The wait after a camera refused the user name or password: quick tries lock accounts.
    /// Default: 30s.
    #[serde(with = "humantime_serde")]
    pub retry_refused: Duration,
    /// How long packets are kept to put them in order. Default: 200ms.
    #[serde(with = "humantime_serde")]
    pub jitter_buffer: Duration,
    /// On the first connection, how long frames are held back for the camera to tell its time: by
    /// RFC 3550 its first sender report comes within 3.1 s. Default: 4s.
    #[serde(with = "humantime_serde")]
    pub capture_wait: Duration,
    /// Threads of one source's decoder; 0 lets the decoder choose. Default: 1.
    pub decoder_threads: u32,
    /// Which decoder. Default: software.
    pub decoder: Decoder,
    /// Pictures per second of an image folder, which sets their times. Default: 25.
    pub images_per_second: f64,
    /// Encoded video is cut into files of at least this length, at the next key frame. Default: 2s.
    #[serde(with = "humantime_serde")]
    pub segment_length: Duration,
    /// Encoded video older than this is removed. Default: 15min.
    #[serde(with = "humantime_serde")]
    pub segment_keep: Duration,
    /// Encoded video of all sources together takes no more than this, in bytes. Default: 20 GB.
    pub segment_max_bytes: u64,
}

/// Which decoder turns H.264 and H.265 into pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decoder {
    /// `FFmpeg` on the processor: the same everywhere.
    #[default]
    Software,
    /// Whatever GStreamer ranks highest on this machine, hardware included.
    Auto,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            silent_after: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            retry_max: Duration::from_secs(3),
            retry_refused: Duration::from_secs(30),
            jitter_buffer: Duration::from_millis(200),
            capture_wait: Duration::from_secs(4),
            decoder_threads: 1,
            decoder: Decoder::Software,
            images_per_second: 25.0,
            segment_length: Duration::from_secs(2),
            segment_keep: Duration::from_mins(15),
            segment_max_bytes: 20_000_000_000,
        }
    }
}

impl Config {
    /// What is wrong, as (key, rule and value). Empty when all is well.
    pub fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut within = |key: &str, value: Duration, least: Duration, most: Duration| {
            if !(least..=most).contains(&value) {
                let rule = format!("must lie between {least:?} and {most:?}, got {value:?}");
                problems.push((format!("ingest.{key}"), rule));
            }
        };
        let (ms, s) = (Duration::from_millis, Duration::from_secs);
        within("silent_after", self.silent_after, s(1), s(300));
        within("connect_timeout", self.connect_timeout, ms(100), s(60));
        within("retry_max", self.retry_max, ms(500), s(300));
        within("retry_refused", self.retry_refused, ms(100), s(3600));
        within("jitter_buffer", self.jitter_buffer, ms(0), s(10));
        within("capture_wait", self.capture_wait, ms(0), s(30));
        within("segment_length", self.segment_length, ms(500), s(60));
        within("segment_keep", self.segment_keep, s(30), s(7 * 86_400));
        if self.decoder_threads > 64 {
            let rule = format!("must be 0 to 64, got {}", self.decoder_threads);
            problems.push(("ingest.decoder_threads".into(), rule));
        }
        if !(self.images_per_second > 0.0 && self.images_per_second <= 1000.0) {
            let rule = format!("must be above 0 and at most 1000, got {}", self.images_per_second);
            problems.push(("ingest.images_per_second".into(), rule));
        }
        if self.segment_max_bytes < 10_000_000 {
            let rule = format!("must be at least 10000000 bytes, got {}", self.segment_max_bytes);
            problems.push(("ingest.segment_max_bytes".into(), rule));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Config::default().validate(), []);
    }

    #[test]
    fn each_rule_names_its_key() {
        let bad = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            let problems = config.validate();
            assert_eq!(problems.len(), 1, "{problems:?}");
            problems[0].0.clone()
        };
        assert_eq!(bad(|c| c.silent_after = Duration::ZERO), "ingest.silent_after");
        assert_eq!(bad(|c| c.images_per_second = f64::NAN), "ingest.images_per_second");
        assert_eq!(bad(|c| c.decoder_threads = 65), "ingest.decoder_threads");
        assert_eq!(bad(|c| c.segment_max_bytes = 0), "ingest.segment_max_bytes");
    }
}
