//! Heads: the upper part of every person that the detector of objects finds.
//!
//! Faces in profile, half hidden or smaller than a dozen pixels are not found as faces, but who knows the person
//! knows them.

use domain::{Bbox, Class, Detection, Frame};

use super::Find;
use crate::detect::DetectProblem;
use crate::onnx::Onnx;
use crate::tile::Part;

/// The detector, looking for people.
#[derive(Debug)]
pub(super) struct Heads(pub(super) Onnx);

/// Of a standing person's height; a head is an eighth, and boxes end above the hair or at the feet only about.
const UPPER: f32 = 0.22;
/// A person whose box is wider than high sits or lies: the head may be anywhere along it.
const LYING: f32 = 1.0;

impl Find for Heads {
    fn recipe(&self) -> String {
        let active = self.0.active();
        let sha256 = active.sha256.get(..8).unwrap_or_default();
        format!("heads {} {sha256} {:.2}", active.model, active.min_score)
    }

    fn find(&mut self, frame: &Frame) -> Result<Vec<Bbox>, DetectProblem> {
        let people = self.0.look_at(frame, Part::whole(frame.size))?;
        Ok(people.into_iter().filter(|one| one.class == Class::Person).map(head).collect())
    }
}

fn head(person: Detection) -> Bbox {
    let bbox = person.bbox;
    if bbox.width() > LYING * bbox.height() {
        return bbox;
    }
    Bbox { y2: bbox.y1 + bbox.height() * UPPER, ..bbox }
}
