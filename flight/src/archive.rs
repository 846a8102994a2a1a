//! Unpacks a zip of a flight, trusting nothing that it says about itself.
//!
//! Sizes are counted while reading. An archive that tries something, a way out of its folder, a
//! link, a bomb, is refused as a whole with the name of the entry: a half-unpacked flight would look
//! like a complete one. What an entry is, is not asked: a zip in a zip is a file like others.
//!
//! Assumes that the sink throws away what it was given when this fails.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, Read, Seek};
use std::rc::Rc;

use zip::ZipArchive;
use zip::result::ZipError;

/// What an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub entries: usize,
    /// Of one entry, unpacked.
    pub entry_bytes: u64,
    /// Of all entries, unpacked.
    pub total_bytes: u64,
    /// Unpacked to packed. Videos and photos do not shrink, text does by about 10.
    pub ratio: u64,
}

impl Default for Limits {
    /// 10,000 files, 32 GiB each, 128 GiB in all, 200 : 1.
    fn default() -> Self {
        Self { entries: 10_000, entry_bytes: 32 << 30, total_bytes: 128 << 30, ratio: 200 }
    }
}

/// Small entries may shrink as they like: a megabyte of zeros is no bomb.
const RATIO_FROM: u64 = 1 << 20;
/// What an entry takes in the directory, on average: names are seldom longer than 200 bytes.
const ENTRY_HEADER: u64 = 512;
/// Longer names do not fit into file systems.
const MAX_NAME: usize = 1024;

/// What was unpacked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Names as they were given to the sink, in the order of the archive.
    pub names: Vec<String>,
    pub bytes: u64,
}

/// Why an archive is refused.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("this is no zip archive, or it is damaged or incomplete; upload it again")]
    NotZip(#[source] ZipError),
    #[error("the archive has {entries} entries, more than {limit}; upload fewer files at once")]
    TooMany { entries: usize, limit: usize },
    #[error(
        "the directory of the archive is too long for {limit} entries; upload fewer files at once"
    )]
    Directory { limit: usize },
    #[error("entry `{name}` leads out of the archive's folder")]
    Outside { name: String },
    #[error("entry `{name}` has a name that no file can have")]
    BadName { name: String },
    #[error("entry `{name}` is in the archive twice")]
    Twice { name: String },
    #[error("a file is in the archive twice")]
    Ambiguous,
    #[error("entry `{name}` is a link; pack the file itself")]
    Link { name: String },
    #[error("entry `{name}` is encrypted; pack it without a password")]
    Encrypted { name: String },
    #[error("entry `{name}` has more than {limit} bytes")]
    EntryTooLarge { name: String, limit: u64 },
    #[error("with entry `{name}` the archive has more than {limit} bytes")]
    TooLarge { name: String, limit: u64 },
    #[error("entry `{name}` unpacks to more than {ratio} times its size")]
    Bomb { name: String, ratio: u64 },
    #[error("entry `{name}` cannot be unpacked")]
    Unreadable { name: String, source: ZipError },
    #[error("entry `{name}` cannot be read or stored")]
    Io { name: String, source: io::Error },
}

/// Gives every file of the archive to `sink`: its name, with `/` between folders, and its bytes.
///
/// Names are read as UTF-8, else as GBK, which Chinese Windows writes. Folders are not given.
/// What the sink leaves unread is read here all the same, so that checksums are checked.
pub fn unpack(
    reader: impl Read + Seek,
    limits: &Limits,
    mut sink: impl FnMut(&str, &mut dyn Read) -> io::Result<()>,
) -> Result<Unpacked, ArchiveError> {
    let mut zip = open(reader, limits)?;
    let names = names(&zip, limits)?;
    let mut unpacked = Unpacked::default();
    for (index, name) in names {
        unpacked.bytes += unpack_entry(&mut zip, index, &name, limits, unpacked.bytes, &mut sink)?;
        unpacked.names.push(name);
    }
    Ok(unpacked)
}

/// Reads the directory, of which no more than the limits allow is taken into memory.
fn open<R: Read + Seek>(
    reader: R,
    limits: &Limits,
) -> Result<ZipArchive<Budgeted<R>>, ArchiveError> {
    let most = (limits.entries as u64).saturating_mul(ENTRY_HEADER).saturating_add(1 << 20);
    let budget = Rc::new(Cell::new(most));
    let opened = ZipArchive::new(Budgeted { inner: reader, budget: Rc::clone(&budget) });
    if budget.replace(u64::MAX) == 0 {
        return Err(ArchiveError::Directory { limit: limits.entries });
    }
    opened.map_err(ArchiveError::NotZip)
}

/// A reader that ends when its budget is used up.
struct Budgeted<R> {
    inner: R,
    /// Shared with [`open`], which lifts it once the directory is read. `u64::MAX`: no end.
    budget: Rc<Cell<u64>>,
}

impl<R: Read> Read for Budgeted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.get();
        if left == u64::MAX {
            return self.inner.read(buffer);
        }
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = self.inner.read(&mut buffer[..most])?;
        self.budget.set(left - count as u64);
        Ok(count)
    }
}

impl<R: Seek> Seek for Budgeted<R> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// The files of the archive, before anything is unpacked.
fn names<R: Read + Seek>(
    zip: &ZipArchive<R>,
    limits: &Limits,
) -> Result<Vec<(usize, String)>, ArchiveError> {
    let (entries, limit) = (zip.len(), limits.entries);
    if entries > limit {
        return Err(ArchiveError::TooMany { entries, limit });
    }
    let directory = zip.metadata();
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for index in 0..entries {
        let entry = directory.entry(index).map_err(ArchiveError::NotZip)?;
        let name = sound_name(entry.name_raw())?;
        if entry.is_symlink() {
            return Err(ArchiveError::Link { name });
        }
        if entry.encrypted() {
            return Err(ArchiveError::Encrypted { name });
        }
        if entry.is_dir() || name.ends_with('/') {
            continue;
        }
        if !seen.insert(name.clone()) {
            return Err(ArchiveError::Twice { name });
        }
        names.push((index, name));
    }
    if zip.has_duplicate_names() { Err(ArchiveError::Ambiguous) } else { Ok(names) }
}

fn unpack_entry<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    index: usize,
    name: &str,
    limits: &Limits,
    before: u64,
    sink: &mut impl FnMut(&str, &mut dyn Read) -> io::Result<()>,
) -> Result<u64, ArchiveError> {
    let file = zip.by_index(index);
    let file = file.map_err(|source| ArchiveError::Unreadable { name: name.to_owned(), source })?;
    let mut counted = Counted {
        bounds: Bounds::of(limits, before, file.compressed_size()),
        inner: file,
        read: 0,
        broken: None,
    };
    let stored = sink(name, &mut counted).and_then(|()| io::copy(&mut counted, &mut io::sink()));
    match (counted.broken, stored) {
        (Some(bound), _) => Err(bound.error(name, limits)),
        (None, Err(source)) => Err(ArchiveError::Io { name: name.to_owned(), source }),
        (None, Ok(_)) => Ok(counted.read),
    }
}

/// How far an entry may be read, by each limit.
struct Bounds {
    entry: u64,
    total: u64,
    ratio: u64,
}

/// Which limit was passed.
#[derive(Debug, Clone, Copy)]
enum Bound {
    Entry,
    Total,
    Ratio,
}

impl Bounds {
    fn of(limits: &Limits, before: u64, packed: u64) -> Self {
        Self {
            entry: limits.entry_bytes,
            total: limits.total_bytes.saturating_sub(before),
            ratio: packed.saturating_mul(limits.ratio).max(RATIO_FROM),
        }
    }

    fn passed(&self, read: u64) -> Option<Bound> {
        let bounds =
            [(self.ratio, Bound::Ratio), (self.entry, Bound::Entry), (self.total, Bound::Total)];
        bounds.into_iter().find(|(most, _)| read > *most).map(|(_, bound)| bound)
    }
}

impl Bound {
    fn error(self, name: &str, limits: &Limits) -> ArchiveError {
        let name = name.to_owned();
        match self {
            Self::Entry => ArchiveError::EntryTooLarge { name, limit: limits.entry_bytes },
            Self::Total => ArchiveError::TooLarge { name, limit: limits.total_bytes },
            Self::Ratio => ArchiveError::Bomb { name, ratio: limits.ratio },
        }
    }
}

/// Counts what is really read and stops at the first limit.
struct Counted<R> {
    inner: R,
    bounds: Bounds,
    read: u64,
    broken: Option<Bound>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read = self.read.saturating_add(count as u64);
        self.broken = self.broken.or(self.bounds.passed(self.read));
        match self.broken {
            Some(bound) => Err(io::Error::other(format!("limit passed: {bound:?}"))),
            None => Ok(count),
        }
    }
}

/// A name that stays inside, with `/` between folders. Backslashes are what some Windows programs
/// write for them.
fn sound_name(raw: &[u8]) -> Result<String, ArchiveError> {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::GBK.decode_without_bom_handling(raw).0,
    };
    let name = text.replace('\\', "/");
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    // The first part that is left counts: `./C:/x` is on a drive too.
    let drive = parts.first().is_some_and(
        |first| matches!(first.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic()),
    );
    if drive || name.starts_with('/') || parts.contains(&"..") {
        return Err(ArchiveError::Outside { name });
    }
    let folder = if name.ends_with('/') { "/" } else { "" };
    let hostile = (parts.is_empty() && folder.is_empty())
        || name.len() > MAX_NAME
        || name.chars().any(char::is_control);
    if hostile {
        let name = name.chars().take(80).flat_map(char::escape_debug).collect();
        return Err(ArchiveError::BadName { name });
    }
    Ok(parts.join("/") + folder)
}

#[cfg(test)]
mod tests;
