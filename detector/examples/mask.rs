//! Masks pictures and says how long it took and what was found, to be looked at.
//!
//!     cargo run --release --example mask -- OUT_DIR PICTURE…

#![expect(clippy::print_stdout, reason = "it is what this example is for")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use detector::{Config, Kind, Masker, PrivacyConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let out = args.next().ok_or("OUT_DIR PICTURE…")?;
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let open = |mask: Vec<Kind>| {
        let privacy = PrivacyConfig { mask, ..PrivacyConfig::default() };
        Masker::open(&privacy, &Config::default(), &models)
    };
    let mut each = Vec::new();
    for kind in [Kind::Faces, Kind::Plates, Kind::Heads] {
        each.push((kind, open(vec![kind])?));
    }
    let mut whole = open(PrivacyConfig::default().mask)?;
    println!("{}", whole.picture_recipe());
    for path in args {
        let encoded = std::fs::read(&path)?;
        for (kind, masker) in &mut each {
            let started = Instant::now();
            let places = masker.mask_picture(&encoded)?.places;
            let took = started.elapsed().as_millis();
            println!("{} {}: {places}, {took} ms", path.display(), kind.as_str());
        }
        let masked = whole.mask_picture(&encoded)?;
        let name = path.with_extension("masked.jpg");
        std::fs::write(out.join(name.file_name().ok_or("a file")?), masked.jpeg)?;
    }
    Ok(())
}
