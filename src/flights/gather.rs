//! The files of a flight, out of folders and zip archives.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::{FlightWarning, WarningCode};
use flight::archive::{self, Limits};

use super::luggage::Item;

/// The most files of one flight.
const MOST_FILES: usize = 10_000;

/// What a flight consists of.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub items: Vec<Item>,
    /// Archives that could not be unpacked.
    pub warnings: Vec<FlightWarning>,
}

impl Gathered {
    /// Everything in `paths`: files, and folders with everything below them. Archives are unpacked
    /// below `scratch`.
    pub(crate) fn from_paths(paths: &[PathBuf], scratch: &Path) -> anyhow::Result<Self> {
        Ok(Self::unpacked(Self::listed(paths)?, scratch))
    }

    /// The files in `paths` and in folders among them, archives as they are.
    pub(crate) fn listed(paths: &[PathBuf]) -> anyhow::Result<Vec<Item>> {
        let mut items = Vec::new();
        for path in paths {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            let above = if path.is_dir() { Above::Top } else { Above::Named(name) };
            collect(path, &above, &mut items)?;
        }
        items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(items)
    }

    /// Takes the contents of archives in place of the archives.
    pub(crate) fn unpacked(items: Vec<Item>, scratch: &Path) -> Self {
        let mut gathered = Self::default();
        for (index, item) in items.into_iter().enumerate() {
            if !item.name.to_ascii_lowercase().ends_with(".zip") {
                gathered.items.push(item);
                continue;
            }
            match unpack(&item, &scratch.join(format!("unpacked-{index}"))) {
                Ok(items) => gathered.items.extend(items),
                Err(error) => gathered.warnings.push(FlightWarning {
                    code: WarningCode::Unreadable,
                    file: item.name,
                    detail: format!("{error:#}"),
                    count: 1,
                }),
            }
        }
        gathered
    }
}

/// What the names of files in a folder begin with.
enum Above {
    /// Nothing: the folder is the flight.
    Top,
    Named(String),
}

fn collect(path: &Path, above: &Above, items: &mut Vec<Item>) -> anyhow::Result<()> {
    let context = || format!("cannot read `{}`", path.display());
    let meta = std::fs::metadata(path).with_context(context)?;
    if let (true, Above::Named(name)) = (meta.is_file(), above) {
        anyhow::ensure!(items.len() < MOST_FILES, "more than {MOST_FILES} files in one flight");
        items.push(Item { name: name.clone(), path: path.to_owned(), sha256: None });
        return Ok(());
    }
    for entry in std::fs::read_dir(path).with_context(context)? {
        let entry = entry.with_context(context)?;
        let below = entry.file_name().to_string_lossy().into_owned();
        let name = match above {
            Above::Top => below,
            Above::Named(name) => format!("{name}/{below}"),
        };
        collect(&entry.path(), &Above::Named(name), items)?;
    }
    Ok(())
}

fn unpack(item: &Item, into: &Path) -> anyhow::Result<Vec<Item>> {
    let file = File::open(&item.path).context("cannot open the archive")?;
    let mut items = Vec::new();
    archive::unpack(BufReader::new(file), &Limits::default(), |name, content| {
        let path = into.join(items.len().to_string()).with_extension(ending(name));
        write(&path, content)?;
        items.push(Item { name: name.to_owned(), path, sha256: None });
        Ok(())
    })?;
    Ok(items)
}

/// Files get numbers for names: what an archive calls them stays out of the file system.
fn write(path: &Path, content: &mut dyn Read) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = BufWriter::new(File::create(path)?);
    std::io::copy(content, &mut file)?;
    file.flush()
}

/// Readers choose by the ending; what is none of letters and digits is left out.
fn ending(name: &str) -> String {
    let ending = Path::new(name).extension().unwrap_or_default().to_string_lossy().into_owned();
    let plain = ending.len() <= 8 && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain { ending } else { String::new() }
}
