//! What the rules remember of a source, so that a restart loses no dwell.
//!
//! Written from time to time and read once after a start. Time in which the program was away counts neither as standing nor
//! as absence: whoever stands there still is found again by place, and goes on where it was.

use domain::{Alert, AlertId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::parking::Standing;

/// What stood in the views of one source when it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recollection {
    /// Of this form; another one is not read.
    form: u32,
    /// The last view that counts in.
    pub at: Timestamp,
    standing: Vec<Standing>,
}

/// Changes with what [`Standing`] holds.
const FORM: u32 = 1;

/// Why it is not used.
#[derive(Debug, thiserror::Error)]
pub enum RecollectionError {
    #[error("it is no recollection")]
    Unreadable(#[from] serde_json::Error),
    #[error("it is of form {found}, and this program reads {FORM}")]
    Form { found: u32 },
}

impl Recollection {
    pub(crate) fn new<'a>(at: Timestamp, standing: impl Iterator<Item = &'a Standing>) -> Self {
        let standing = standing.filter(|one| one.settled()).cloned().collect();
        Self { form: FORM, at, standing }
    }

    pub fn is_empty(&self) -> bool {
        self.standing.is_empty()
    }

    /// As JSON.
    pub fn read(text: &str) -> Result<Self, RecollectionError> {
        #[derive(Deserialize)]
        struct Form {
            form: u32,
        }
        let Form { form: found } = serde_json::from_str(text)?;
        if found != FORM {
            return Err(RecollectionError::Form { found });
        }
        Ok(serde_json::from_str(text)?)
    }

    /// What stood and may stand still. `open` are the source's alerts that have not ended: they know more, and what was an
    /// alert then and is none of them is over.
    pub(crate) fn standing(self, open: &[Alert]) -> impl Iterator<Item = Standing> {
        let known: Vec<AlertId> = open.iter().map(|alert| alert.id).collect();
        self.standing.into_iter().filter(move |one| {
            one.stay.as_ref().is_none_or(|stay| stay.alert.is_none() && !known.contains(&stay.id))
        })
    }
}
