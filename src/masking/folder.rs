//! The masked renditions of all pictures of one run, for what `analyze` hands over.

use std::sync::Arc;

use anyhow::Context as _;
use dashboard::Wanted;
use domain::{Alert, Clock};
use store::{EvidenceState, Original, Store};
use tokio_util::sync::CancellationToken;

use super::make::{Maker, Making};
use crate::config::Config;

/// What a report may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Renditions; of what has none, nothing.
    Masked,
    /// Evidence as it came: the configuration masks nothing.
    AsItCame,
}

/// Makes the rendition of every picture. What cannot be masked is told and left out. Clips are left where they are, for
/// masking each takes longer than looking at the recording did.
pub(crate) async fn mask_all(
    config: &Config,
    store: &Store,
    alerts: &[Alert],
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Shown> {
    if !config.privacy.is_on() {
        return Ok(Shown::AsItCame);
    }
    let mut wanted = Vec::new();
    for alert in alerts {
        let rows = store.evidence(alert.id).await.context("cannot list evidence")?;
        let ready = rows.into_iter().filter(|row| row.state == EvidenceState::Ready);
        wanted.extend(ready.map(|row| Wanted {
            of: Original::Evidence { alert: alert.id, name: row.name },
            media_type: row.media_type,
            sha256: row.sha256,
        }));
    }
    wanted.retain(|one| one.media_type.starts_with("image/"));
    if wanted.is_empty() {
        return Ok(Shown::Masked);
    }
    let opening = config.clone();
    let opened = tokio::task::spawn_blocking(move || Maker::open(&opening, clock)).await;
    match opened.context("loading the models panicked")? {
        Ok(maker) => make(&maker, store, &wanted).await,
        Err(error) => {
            let why = format!("{:#}", anyhow::Error::from(error));
            tracing::error!(why, "nothing can be masked: the report shows no picture");
        }
    }
    Ok(Shown::Masked)
}

async fn make(maker: &Maker, store: &Store, wanted: &[Wanted]) {
    let never = CancellationToken::new();
    for one in wanted {
        if let Err(error) = maker.make(store, one, Making::quietly(&never)).await {
            let why = format!("{error:#}");
            tracing::warn!(of = %one.of, why, "cannot be masked, so the report does not show it");
        }
    }
}
