//! Fences as `GeoJSON`.

#![no_main]

use std::collections::BTreeSet;

use domain::SourceId;
use jiff::Timestamp;
use rules::{Fences, Zone};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(fences) = Fences::new([text], None::<(SourceId, Zone)>) else { return };
    let ids: BTreeSet<_> = fences.all().iter().map(|fence| &fence.id).collect();
    assert_eq!(ids.len(), fences.all().len());
    assert!(ids.len() <= Fences::MOST);
    let shown = fences.geojson(Timestamp::UNIX_EPOCH, None);
    assert!(serde_json::from_str::<serde_json::Value>(&shown).is_ok(), "{shown}");
});
