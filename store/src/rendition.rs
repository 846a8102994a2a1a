//! Masked renditions: what is shown instead of a picture or clip, with faces and plates burned out.
//!
//! Owns their rows and files. A rendition is no evidence: it can be made again at any time, and is when the
//! recipe changes. The file that it was made from is never touched. Leaves the making to the binary, and who may
//! see what to `dashboard`.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use domain::{AlertId, FlightId};
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use sqlx::Sqlite;

use crate::evidence::check_name;
use crate::flight::{hash_file, pieces};
use crate::open::make_folder_now;
use crate::row::{count, time};
use crate::{EvidenceError, Store, StoreError};

/// A file that shows people, as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Original {
    Evidence { alert: AlertId, name: String },
    Flight { flight: FlightId, n: u64 },
}

impl fmt::Display for Original {
    /// As the audit names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evidence { alert, name } => write!(f, "alert/{alert}/evidence/{name}"),
            Self::Flight { flight, n } => write!(f, "flight/{flight}/media/{n}"),
        }
    }
}

/// What a draft has become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRendition {
    pub of: Original,
    /// Of the original, in hex.
    pub original_sha256: String,
    /// Models with their hashes, and settings.
    pub recipe: String,
    pub media_type: String,
    /// How many places were masked; of a video, over all its pictures.
    pub places: u64,
}

/// A rendition that is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    pub of: Original,
    pub original_sha256: String,
    pub recipe: String,
    pub media_type: String,
    pub places: u64,
    /// The length of the file.
    pub bytes: u64,
    /// Of its own bytes, in hex.
    pub sha256: String,
    pub made_at: Timestamp,
}

/// A rendition, or part of one, to be sent to somebody.
pub struct RenditionBody {
    pub rendition: Rendition,
    /// Which bytes of the file these are; the whole is `0..rendition.bytes`.
    pub range: Range<u64>,
    /// Exactly as many bytes as `range` holds, in pieces.
    pub body: BoxStream<'static, io::Result<Bytes>>,
}

impl fmt::Debug for RenditionBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenditionBody")
            .field("rendition", &self.rendition)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// Why a rendition was not kept or not read.
#[derive(Debug, thiserror::Error)]
pub enum RenditionError {
    #[error("there is no masked rendition of {of}")]
    None { of: Original },
    #[error("bytes from {start} on were asked of the masked rendition of {of}, which has {bytes}")]
    Range { of: Original, start: u64, bytes: u64 },
    #[error("cannot {doing}: `{}`", path.display())]
    File { doing: &'static str, path: PathBuf, source: io::Error },
    #[error(transparent)]
    Name(#[from] EvidenceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// The rendition of a file, whatever recipe it was made by; none where its bytes are gone.
    pub async fn rendition(&self, of: &Original) -> Result<Option<Rendition>, RenditionError> {
        let row: sqlx::Result<Option<Row>> =
            sqlx::query_as("SELECT * FROM renditions WHERE subject = $1")
                .bind(of.to_string())
                .fetch_optional(&self.inner.readers)
                .await;
        let found = row.and_then(|row| row.map(|row| row.of(of)).transpose());
        let found = found.map_err(|e| self.failed(format!("look up the rendition of {of}"), e))?;
        let Some(found) = found else { return Ok(None) };
        let length = tokio::fs::metadata(self.rendition_path(of)?).await;
        Ok(length.is_ok_and(|file| file.len() == found.bytes).then_some(found))
    }

    /// Where to write a rendition before it is kept. Its folder is there; a file that an earlier try left may be
    /// too.
    pub async fn rendition_draft(&self, of: &Original) -> Result<PathBuf, RenditionError> {
        let path = self.rendition_path(of)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let made = {
            let folder = folder.clone();
            tokio::task::spawn_blocking(move || make_folder_now(&folder)).await
        };
        let made = made.map_err(io::Error::other).flatten();
        made.map_err(|e| file_error("make the folder of a rendition", &folder, e))?;
        Ok(draft_of(&path))
    }

    /// Keeps the draft as what is shown from now on. The bytes are on disk before the row.
    pub async fn keep_rendition(&self, new: NewRendition) -> Result<Rendition, RenditionError> {
        let path = self.rendition_path(&new.of)?;
        let draft = draft_of(&path);
        let settled = {
            let (draft, path) = (draft.clone(), path.clone());
            tokio::task::spawn_blocking(move || settle(&draft, &path)).await
        };
        let settled = settled.map_err(io::Error::other).flatten();
        let (sha256, bytes) = settled.map_err(|e| file_error("keep a rendition", &draft, e))?;
        let NewRendition { of, original_sha256, recipe, media_type, places } = new;
        let now = self.now();
        let made_at = time(&of.to_string(), "recorded_at", now);
        let failed = |e| self.failed(format!("record the rendition of {of}"), e);
        let made_at = made_at.map_err(failed)?;
        let kept =
            Rendition { of, original_sha256, recipe, media_type, places, bytes, sha256, made_at };
        let failed = |e| self.failed(format!("record the rendition of {}", kept.of), e);
        self.write_rendition(&kept, now).await.map_err(failed)?;
        Ok(kept)
    }

    /// Reads a rendition, or from `range.start` to `range.end` or its end, whichever comes first.
    pub async fn read_rendition(
        &self,
        of: &Original,
        range: Option<Range<u64>>,
    ) -> Result<RenditionBody, RenditionError> {
        let none = || RenditionError::None { of: of.clone() };
        let rendition = self.rendition(of).await?.ok_or_else(none)?;
        let bytes = rendition.bytes;
        let range = range.unwrap_or(0..bytes);
        let range = range.start..range.end.min(bytes);
        if range.is_empty() {
            return Err(RenditionError::Range { of: of.clone(), start: range.start, bytes });
        }
        let path = self.rendition_path(of)?;
        let body = pieces(&path, &range).await;
        let body = body.map_err(|e| file_error("read a rendition", &path, e))?;
        Ok(RenditionBody { rendition, range, body })
    }

    /// Where a file lies that a rendition is made from.
    pub fn original_path(&self, of: &Original) -> Result<PathBuf, RenditionError> {
        match of {
            Original::Evidence { alert, name } => {
                check_name(name)?;
                Ok(self.inner.folder.join(alert.to_string()).join(name))
            }
            Original::Flight { flight, n } => Ok(self.file_path(*flight, *n)),
        }
    }

    /// Where the rendition of a file lies.
    pub fn rendition_path(&self, of: &Original) -> Result<PathBuf, RenditionError> {
        match of {
            Original::Evidence { alert, name } => {
                check_name(name)?;
                Ok(self.inner.masked.join(alert.to_string()).join(name))
            }
            Original::Flight { flight, n } => {
                Ok(self.file_path(*flight, *n).with_extension("masked"))
            }
        }
    }

    async fn write_rendition(&self, kept: &Rendition, now: i64) -> sqlx::Result<()> {
        let number = |n: u64| i64::try_from(n).map_err(|e| sqlx::Error::Encode(e.into()));
        let (alert, flight, n) = match &kept.of {
            Original::Evidence { alert, .. } => (Some(alert.to_string()), None, None),
            Original::Flight { flight, n } => (None, Some(number(flight.0)?), Some(number(*n)?)),
        };
        sqlx::query::<Sqlite>(
            "INSERT INTO renditions (subject, alert, flight, n, original_sha256, recipe, media_type, places, \
             bytes, sha256, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (subject) DO UPDATE SET original_sha256 = excluded.original_sha256, \
             recipe = excluded.recipe, media_type = excluded.media_type, places = excluded.places, \
             bytes = excluded.bytes, sha256 = excluded.sha256, recorded_at = excluded.recorded_at",
        )
        .bind(kept.of.to_string())
        .bind(alert)
        .bind(flight)
        .bind(n)
        .bind(&kept.original_sha256)
        .bind(&kept.recipe)
        .bind(&kept.media_type)
        .bind(number(kept.places)?)
        .bind(number(kept.bytes)?)
        .bind(&kept.sha256)
        .bind(now)
        .execute(&self.inner.writer)
        .await?;
        Ok(())
    }
}

/// Syncs, measures and renames; returns hash and length.
fn settle(draft: &Path, path: &Path) -> io::Result<(String, u64)> {
    let file = std::fs::File::open(draft)?;
    file.sync_all()?;
    let bytes = file.metadata()?.len();
    if bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let sha256 = hash_file(draft)?;
    std::fs::rename(draft, path)?;
    Ok((sha256, bytes))
}

fn draft_of(path: &Path) -> PathBuf {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    draft.into()
}

fn file_error(doing: &'static str, path: &Path, source: io::Error) -> RenditionError {
    use io::ErrorKind as Kind;
    let path = path.to_owned();
    match source.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => {
            StoreError::DiskFull { doing: doing.to_owned(), path, source: source.into() }.into()
        }
        _ => RenditionError::File { doing, path, source },
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    original_sha256: String,
    recipe: String,
    media_type: String,
    places: i64,
    bytes: i64,
    sha256: String,
    recorded_at: i64,
}

impl Row {
    fn of(self, of: &Original) -> sqlx::Result<Rendition> {
        let key = of.to_string();
        Ok(Rendition {
            of: of.clone(),
            original_sha256: self.original_sha256,
            recipe: self.recipe,
            media_type: self.media_type,
            places: count(&key, "places", self.places)?,
            bytes: count(&key, "bytes", self.bytes)?,
            sha256: self.sha256,
            made_at: time(&key, "recorded_at", self.recorded_at)?,
        })
    }
}

#[cfg(test)]
mod tests;
