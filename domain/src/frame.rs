//! One decoded picture with its time.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Pixels, SourceId, TimeBasis};

/// Width and height in pixels, neither of them 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    /// The longest side that is accepted: larger frames are refused before memory is taken.
    pub const MAX_SIDE: u32 = 16_384;

    /// Refuses a side of 0 or beyond [`Size::MAX_SIDE`].
    pub fn new(width: u32, height: u32) -> Result<Self, BadFrame> {
        let side = |s| (1..=Self::MAX_SIDE).contains(&s);
        if side(width) && side(height) {
            Ok(Self { width, height })
        } else {
            Err(BadFrame::Size { width, height })
        }
    }

    /// Bytes of a packed BGR picture of this size.
    pub fn bgr_bytes(self) -> usize {
        self.width as usize * self.height as usize * 3
    }
}

/// One picture.
///
/// Cloning is cheap: the pixels are shared.
#[derive(Debug, Clone)]
pub struct Frame {
    pub source: SourceId,
    /// Which of the source's files it is from, counted from 0; 0 where there are no files.
    pub part: u32,
    /// Counts decoded pictures of this session of the source, from 0.
    pub number: u64,
    /// When the picture was taken. What that rests on says `basis`.
    pub at: Timestamp,
    pub basis: TimeBasis,
    pub size: Size,
    /// Read as packed BGR: see [`Pixels`].
    pub bgr: Pixels,
}

/// Which picture it is: a frame without its pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub source: SourceId,
    /// As in [`Frame`], like all that follows.
    pub part: u32,
    pub number: u64,
    pub at: Timestamp,
    pub basis: TimeBasis,
    pub size: Size,
}

/// Why bytes are no picture.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadFrame {
    #[error("a frame of {width}x{height} pixels: each side must be 1 to {}", Size::MAX_SIDE)]
    Size { width: u32, height: u32 },
    #[error("a frame of {width}x{height} pixels needs {needed} bytes of BGR, got {got}")]
    Length { width: u32, height: u32, needed: usize, got: usize },
}

impl Frame {
    /// Refuses pixels that do not fill `size` exactly.
    pub fn new(
        source: SourceId,
        number: u64,
        at: Timestamp,
        basis: TimeBasis,
        size: Size,
        bgr: Bytes,
    ) -> Result<Self, BadFrame> {
        Self::of(source, number, at, basis, size, bgr.into())
    }

    /// The same, of pixels in any form.
    pub fn of(
        source: SourceId,
        number: u64,
        at: Timestamp,
        basis: TimeBasis,
        size: Size,
        bgr: Pixels,
    ) -> Result<Self, BadFrame> {
        bgr.fill(size)?;
        Ok(Self { source, part: 0, number, at, basis, size, bgr })
    }

    /// The same frame as one of the source's `part`-th file.
    #[must_use]
    pub fn of_part(self, part: u32) -> Self {
        Self { part, ..self }
    }

    /// Which picture it is.
    pub fn moment(&self) -> Moment {
        Moment {
            source: self.source.clone(),
            part: self.part,
            number: self.number,
            at: self.at,
            basis: self.basis,
            size: self.size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_without_pixels_is_refused() {
        assert_eq!(
            Size::new(0, 360).unwrap_err().to_string(),
            "a frame of 0x360 pixels: each side must be 1 to 16384"
        );
        let size = Size::new(2, 2).unwrap();
        let frame = |bytes: usize| {
            Frame::new(
                SourceId::new("cam").unwrap(),
                0,
                Timestamp::UNIX_EPOCH,
                TimeBasis::Media,
                size,
                vec![0; bytes].into(),
            )
        };
        assert!(frame(12).is_ok());
        assert!(frame(11).is_err());
    }
}
