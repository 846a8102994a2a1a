//! The one document of a KMZ that says where to fly.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::{MAX_DOCUMENT, RouteError};

/// Unpacks it into memory, never more than [`MAX_DOCUMENT`] of it; nothing is written to disk.
pub(super) fn document(bytes: &[u8]) -> Result<String, RouteError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let name = choose(&archive).ok_or(RouteError::NoDocument)?;
    let index = archive.index_for_name(&name).ok_or(RouteError::NoDocument)?;
    let file = archive.by_index(index)?;
    let mut unpacked = Vec::new();
    file.take(MAX_DOCUMENT + 1)
        .read_to_end(&mut unpacked)
        .map_err(|source| RouteError::Unpack { name, source })?;
    super::plain(&unpacked)
}

fn choose(archive: &ZipArchive<Cursor<&[u8]>>) -> Option<String> {
    let names = || archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()));
    let ending = |end: &'static str| names().find(|name| name.to_lowercase().ends_with(end));
    ending("waylines.wpml").or_else(|| ending("template.kml")).or_else(|| ending(".kml"))
}
