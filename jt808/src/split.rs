//! Frames out of a stream of bytes, however it was cut on its way.

use crate::frame::FLAG;

/// The longest frame on the wire, bytes without its flags: header, body and checksum, every byte escaped.
pub const MOST_FRAME: usize = (21 + crate::MOST_BODY + 1) * 2;

/// Cuts a stream at its flags, and holds at most one frame. After a fault it goes on at the next flag.
#[derive(Debug, Clone, Default)]
pub struct Splitter {
    held: Vec<u8>,
    /// Nothing is held until the next flag.
    lost: bool,
}

/// Bytes that cannot be a frame were let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST_FRAME} bytes without a flag")]
pub struct Overlong;

impl Splitter {
    /// Takes what came, and gives each frame that is complete, without its flags. Bytes before the first flag
    /// are taken for the tail of a frame, and fail as one.
    pub fn push(&mut self, mut bytes: &[u8], mut give: impl FnMut(Result<&[u8], Overlong>)) {
        while let Some(flag) = bytes.iter().position(|&byte| byte == FLAG) {
            self.hold(&bytes[..flag], &mut give);
            bytes = &bytes[flag + 1..];
            if !self.held.is_empty() {
                give(Ok(&self.held));
                self.held.clear();
            }
            self.lost = false;
        }
        self.hold(bytes, &mut give);
    }

    /// Bytes of a frame that is not complete.
    pub const fn held(&self) -> usize {
        self.held.len()
    }

    fn hold(&mut self, bytes: &[u8], give: &mut impl FnMut(Result<&[u8], Overlong>)) {
        if self.lost {
            return;
        }
        if self.held.len() + bytes.len() > MOST_FRAME {
            self.held.clear();
            self.lost = true;
            give(Err(Overlong));
            return;
        }
        self.held.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(chunks: &[&[u8]]) -> Vec<Result<Vec<u8>, Overlong>> {
        let mut splitter = Splitter::default();
        let mut frames = Vec::new();
        for chunk in chunks {
            splitter.push(chunk, |frame| frames.push(frame.map(<[u8]>::to_vec)));
            assert!(splitter.held() <= MOST_FRAME);
        }
        frames
    }

    #[test]
    fn flags_may_be_shared_doubled_or_cut_off() {
        let one_and_two = vec![Ok(vec![1]), Ok(vec![2, 3])];
        for chunks in [
            &[&[0x7e, 1, 0x7e, 0x7e, 2, 3, 0x7e][..]][..],
            &[&[0x7e, 1, 0x7e, 2, 3, 0x7e]],
            &[&[0x7e, 0x7e, 0x7e, 1], &[0x7e], &[2], &[3, 0x7e, 9]],
        ] {
            assert_eq!(frames(chunks), one_and_two, "{chunks:?}");
        }
    }

    #[test]
    fn what_never_ends_is_let_go_once() {
        let long = vec![1; MOST_FRAME];
        let all = [&[0x7e][..], &long, &[1], &long, &[0x7e, 2, 0x7e]];
        assert_eq!(frames(&all), [Err(Overlong), Ok(vec![2])]);
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(
            bytes in prop::collection::vec(prop_oneof![Just(0x7e), any::<u8>()], 0..200),
            cut in 1usize..40,
        ) {
            let chunks: Vec<&[u8]> = bytes.chunks(cut).collect();
            prop_assert_eq!(frames(&chunks), frames(&[&bytes]));
        }
    }
}
