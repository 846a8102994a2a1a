//! What is looked at goes into the memory of its flight, and comes out of it after a restart.

use domain::{Frame, Sighting};
use tokio::sync::mpsc;

use crate::flights::{Counted, Memory, Page, Remembered, Written};
use crate::stage::look::Seen;

/// Writes file by file. Without a memory, and once writing has failed, it writes nothing.
pub(crate) struct Diary {
    memory: Option<Memory>,
    page: Option<(u32, Page)>,
}

impl Diary {
    pub(crate) fn of(memory: Option<Memory>) -> Self {
        Self { memory, page: None }
    }

    pub(crate) fn note(&mut self, frame: &Frame, sightings: &[Sighting]) {
        if self.memory.is_none() {
            return;
        }
        let seen = Remembered { moment: frame.moment(), sightings: sightings.to_vec() };
        if let Some(page) = self.page(frame.part)
            && let Err(error) = page.add(&seen)
        {
            self.give_up(&error);
        }
    }

    /// A file was read to its end; `None`: nothing of it is kept.
    pub(crate) fn close(&mut self, part: u32, counted: &Counted) -> Option<Written> {
        // A file of which nothing could be decoded has no page yet.
        self.page(part)?;
        let (_, page) = self.page.take()?;
        page.finish(counted).map_err(|error| self.give_up(&error)).ok()
    }

    /// How far the tracks were counted at the end of a file that an earlier run looked at.
    pub(crate) fn counted(&self, part: u32) -> Counted {
        self.memory.as_ref().and_then(|memory| memory.counted(part)).unwrap_or_default()
    }

    /// Tells what an earlier run saw in a file; whether somebody still listens.
    pub(crate) fn recall(&self, part: u32, to_judge: &mpsc::Sender<Seen>) -> bool {
        let Some(memory) = &self.memory else { return true };
        let seen = match memory.recall(part) {
            Ok(seen) => seen,
            Err(error) => {
                tracing::error!(part, %error, "what was seen in a file cannot be read again");
                return true;
            }
        };
        for seen in seen {
            let told = match seen {
                Ok(Remembered { moment, sightings }) => Seen::Recalled { moment, sightings },
                Err(error) => {
                    tracing::warn!(part, %error, "what was seen in one picture is lost");
                    continue;
                }
            };
            if to_judge.blocking_send(told).is_err() {
                return false;
            }
        }
        true
    }

    fn page(&mut self, part: u32) -> Option<&mut Page> {
        let memory = self.memory.as_ref()?;
        if self.page.as_ref().is_none_or(|(open, _)| *open != part) {
            match memory.begin(part) {
                Ok(page) => self.page = Some((part, page)),
                Err(error) => {
                    self.give_up(&error);
                    return None;
                }
            }
        }
        self.page.as_mut().map(|(_, page)| page)
    }

    fn give_up(&mut self, error: &std::io::Error) {
        tracing::warn!(%error, "a restart would look at this flight again from here");
        (self.memory, self.page) = (None, None);
    }
}
