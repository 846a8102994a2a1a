//! How much room is left on a disk.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

type Ask = dyn Fn(&Path) -> io::Result<u64> + Send + Sync;

/// Tells the free bytes of the disk that holds a folder.
#[derive(Clone)]
pub struct FreeSpace(Arc<Ask>);

impl FreeSpace {
    /// What the operating system says is free for this user.
    pub fn of_the_disk() -> Self {
        Self::from_fn(|folder| {
            let disk = rustix::fs::statvfs(folder)?;
            Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
        })
    }

    /// What `ask` says is free: a quota that the operating system does not know, or a test's.
    pub fn from_fn(ask: impl Fn(&Path) -> io::Result<u64> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// Free bytes; `folder` exists.
    pub(crate) fn bytes(&self, folder: &Path) -> io::Result<u64> {
        (self.0)(folder)
    }
}

impl fmt::Debug for FreeSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreeSpace")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_some_room_and_a_missing_folder_none() {
        let free = FreeSpace::of_the_disk();
        let dir = tempfile::tempdir().unwrap();
        assert!(free.bytes(dir.path()).unwrap() > 0);
        assert!(free.bytes(&dir.path().join("none")).is_err());
    }
}
