//! Takes flights in that lie in folders of this machine: those of the demo, or those that a squad's
//! server drops there.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::stream;
use store::Store;
use tokio::io::AsyncReadExt as _;

use super::{Gathered, Item};
use crate::config::Loaded;

/// Who is said to have uploaded what lay in a folder.
const BY: &str = "machine";
/// Read at once.
const PIECE: usize = 1 << 20;

/// Takes in every folder of `flight.import` that no flight is named after.
pub(super) async fn import(loaded: &Loaded, store: &Store) -> anyhow::Result<()> {
    for folder in &loaded.config.flight.import {
        let path = loaded.resolve(folder);
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        if known(store, &name).await? {
            continue;
        }
        take_in(store, &name, &path)
            .await
            .with_context(|| format!("cannot take in the flight in `{}`", path.display()))?;
    }
    Ok(())
}

async fn known(store: &Store, name: &str) -> anyhow::Result<bool> {
    let mut before = None;
    loop {
        let page = store.flights(before, 200).await.context("cannot list the flights")?;
        if page.items.iter().any(|flight| flight.name == name) {
            return Ok(true);
        }
        before = page.next;
        if before.is_none() {
            return Ok(false);
        }
    }
}

async fn take_in(store: &Store, name: &str, folder: &Path) -> anyhow::Result<()> {
    let files = Gathered::listed(&[PathBuf::from(folder)])?;
    anyhow::ensure!(!files.is_empty(), "it holds no file");
    let flight = store.new_flight(name, BY).await?;
    for Item { name, path, .. } in files {
        let unread = || format!("cannot read `{}`", path.display());
        let bytes = tokio::fs::metadata(&path).await.with_context(unread)?.len();
        let file = store.new_file(flight.id, &name, bytes).await?;
        let content = tokio::fs::File::open(&path).await.with_context(unread)?;
        let pieces = stream::try_unfold(content, async |mut content| {
            let mut piece = vec![0; PIECE];
            let length = content.read(&mut piece).await?;
            piece.truncate(length);
            std::io::Result::Ok((length > 0).then(|| (Bytes::from(piece), content)))
        });
        store.append(flight.id, file.n, 0, Box::pin(pieces)).await?;
    }
    store.start(flight.id).await?;
    tracing::info!(flight = %flight.id, name, "taken in");
    Ok(())
}
