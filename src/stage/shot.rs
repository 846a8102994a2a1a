//! One moment as evidence shows it: the scene as it was, the scene with boxes, the object alone.

use bytes::Bytes;
use detector::picture::{self, Mark, PictureError, Tone};
use domain::{Frame, RelBox, TrackId, View};
use jiff::Timestamp;

/// JPEGs of one moment.
#[derive(Debug, Clone)]
pub(crate) struct Shot {
    pub taken_at: Timestamp,
    pub scene: Bytes,
    pub annotated: Bytes,
    pub crop: Bytes,
}

const QUALITY: u8 = 92;
/// Around the object, as a part of its width and height.
const MARGIN: f64 = 0.25;

impl Shot {
    /// `seen` is the object that the alert is about, `track` its track.
    pub(crate) fn take(
        frame: &Frame,
        view: &View,
        track: TrackId,
        seen: RelBox,
    ) -> Result<Self, PictureError> {
        let marks: Vec<Mark> = view
            .observations
            .iter()
            .filter_map(|other| {
                let subject = other.track == track;
                let label = format!("{} {:.2}", other.class, other.score);
                Some(Mark {
                    seen: other.seen?,
                    label: if subject { label } else { String::new() },
                    tone: if subject { Tone::Subject } else { Tone::Other },
                })
            })
            .collect();
        Ok(Self {
            taken_at: frame.at,
            scene: picture::encode_jpeg(frame, QUALITY)?,
            annotated: picture::encode_jpeg(&picture::annotated(frame, &marks)?, QUALITY)?,
            crop: picture::encode_jpeg(&picture::crop(frame, seen, MARGIN)?, QUALITY)?,
        })
    }
}

/// How these pictures were made, for the manifest.
pub(crate) const SCENE: &str = "decoded frame to JPEG, quality 92";
pub(crate) const ANNOTATED: &str =
    "decoded frame with the detector's boxes drawn in, to JPEG, quality 92";
pub(crate) const CROP: &str =
    "decoded frame cut to the object with a quarter of its size around, to JPEG, quality 92";
