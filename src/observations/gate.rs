//! What was said before: a message that is sent again is known by its source, time and number.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sensors::Message;

/// The newest messages of one source.
#[derive(Debug, Default)]
pub(super) struct Gate {
    known: BTreeSet<(Timestamp, u64)>,
    /// Older ones are not told apart any more.
    forgotten: bool,
}

/// Messages that are remembered for each source; what is not acknowledged is sent again, and that is fewer (an MQTT client
/// may have 65 535 under way, the embedded broker allows 1000, the subscription to another one 500).
const REMEMBERED: usize = 1024;

/// How a message is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    New,
    Repeated,
    /// So much newer was said since that nobody can tell whether this is news.
    Overtaken,
}

impl Gate {
    pub(super) fn pass(&mut self, message: &Message) -> Pass {
        let key = (message.at, message.seq);
        if self.forgotten && self.known.first().is_some_and(|first| key < *first) {
            return Pass::Overtaken;
        }
        if !self.known.insert(key) {
            return Pass::Repeated;
        }
        if self.known.len() > REMEMBERED {
            self.known.pop_first();
            self.forgotten = true;
        }
        Pass::New
    }
}

#[cfg(test)]
mod tests {
    use domain::SourceId;
    use sensors::Looked;

    use super::*;

    fn message(second: i64, seq: u64) -> Message {
        Message {
            source: SourceId::new("gate").unwrap(),
            at: Timestamp::from_second(second).unwrap(),
            seq,
            looked: Looked::Unsaid,
            observations: Vec::new(),
            gone: Vec::new(),
        }
    }

    #[test]
    fn what_is_sent_again_is_known_and_what_comes_far_too_late_is_not_new() {
        let mut gate = Gate::default();
        for (second, seq, wanted) in [
            (5, 0, Pass::New),
            (5, 0, Pass::Repeated),
            (5, 1, Pass::New),
            (3, 0, Pass::New),
            (3, 0, Pass::Repeated),
        ] {
            assert_eq!(gate.pass(&message(second, seq)), wanted, "{second} {seq}");
        }
        for second in 10..2000 {
            assert_eq!(gate.pass(&message(second, 0)), Pass::New);
        }
        assert_eq!(gate.pass(&message(5, 0)), Pass::Overtaken);
        assert_eq!(gate.pass(&message(1999, 0)), Pass::Repeated);
        assert!(gate.known.len() <= REMEMBERED);
    }
}
