//! Lets the crate build before the page has been: embeds a placeholder that says what to do.

use std::{fs, io, path::Path};

const PLACEHOLDER: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>巡检</title>\n\
<p>The page has not been built. Run <code>make ui</code>, then build the program again.</p>\n";

fn main() -> io::Result<()> {
    let dist = Path::new("ui/dist");
    let index = dist.join("index.html");
    if !index.exists() {
        fs::create_dir_all(dist)?;
        fs::write(&index, PLACEHOLDER)?;
    }
    // Watched as a folder, so that a page built later is embedded.
    println!("cargo::rerun-if-changed=ui/dist");
    Ok(())
}
