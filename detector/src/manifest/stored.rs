//! Files of the manifest on disk: nothing is used of one whose hash is another.

use std::fs::File;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Why a file of the manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{} is missing; {remedy}", path.display())]
    Missing { path: PathBuf, remedy: Remedy },
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} has SHA-256 {found}, expected {expected}; {remedy}", path.display())]
    Hash { path: PathBuf, expected: String, found: String, remedy: Remedy },
}

/// How the right file comes to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    Fetch,
    /// It is part of the repository.
    Checkout,
}

impl std::fmt::Display for Remedy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Fetch => "run: make models (or: xunjian models fetch)",
            Self::Checkout => "run: git checkout -- models",
        })
    }
}

/// Where a file of the manifest belongs, and what it must hold.
pub(super) struct Place<'a> {
    pub(super) path: PathBuf,
    sha256: &'a str,
    remedy: Remedy,
}

impl<'a> Place<'a> {
    /// `ours` is a file of the repository, beside the manifest; others lie in `cache/`.
    pub(super) fn new(models_dir: &Path, file: &str, sha256: &'a str, ours: bool) -> Self {
        let (path, remedy) = if ours {
            (models_dir.join(file), Remedy::Checkout)
        } else {
            (models_dir.join("cache").join(file), Remedy::Fetch)
        };
        Self { path, sha256, remedy }
    }

    pub(super) fn verify(&self) -> Result<(), ModelError> {
        let mut file = File::open(&self.path).map_err(|source| self.unreadable(source))?;
        let mut hasher = Sha256::new();
        std::io::copy(&mut file, &mut hasher).map_err(|source| self.unreadable(source))?;
        compare(&self.path, self.sha256, &hasher.finalize(), self.remedy)
    }

    /// The file, of which exactly these bytes have been hashed.
    pub(super) fn read(&self) -> Result<Vec<u8>, ModelError> {
        let bytes = std::fs::read(&self.path).map_err(|source| self.unreadable(source))?;
        compare(&self.path, self.sha256, &Sha256::digest(&bytes), self.remedy)?;
        Ok(bytes)
    }

    fn unreadable(&self, source: std::io::Error) -> ModelError {
        unreadable(&self.path, source, self.remedy)
    }
}

fn compare(path: &Path, expected: &str, digest: &[u8], remedy: Remedy) -> Result<(), ModelError> {
    use std::fmt::Write as _;
    let mut found = String::with_capacity(64);
    for byte in digest {
        write!(found, "{byte:02x}").expect("a string can always be written to");
    }
    if found == expected {
        return Ok(());
    }
    Err(ModelError::Hash { path: path.to_owned(), expected: expected.to_owned(), found, remedy })
}

fn unreadable(path: &Path, source: std::io::Error, remedy: Remedy) -> ModelError {
    let path = path.to_owned();
    match source.kind() {
        std::io::ErrorKind::NotFound => ModelError::Missing { path, remedy },
        _ => ModelError::Read { path, source },
    }
}
