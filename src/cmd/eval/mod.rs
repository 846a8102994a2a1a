//! `xunjian eval`: figures against truth.

mod change;
mod construction;
mod detect;
mod flight;
mod ground;
mod photos;
mod plates;
mod track;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli;

pub(crate) fn run(args: &cli::Eval) -> anyhow::Result<ExitCode> {
    match args {
        cli::Eval::Detect(args) => print(&detect::eval(args)?),
        cli::Eval::Change(args) => print(&change::eval(args)?),
        cli::Eval::Construction(args) => print(&construction::eval(args)?),
        cli::Eval::Plates(args) => print(&plates::eval(args)?),
        cli::Eval::Ground { klv } => print(&ground::eval(klv)?),
        cli::Eval::Photos { coco, config } => print(&photos::eval(coco, config.as_deref())?),
        cli::Eval::Track { mot } => print(&track::eval(mot)?),
        cli::Eval::Flight { flight, truth, config } => {
            print(&flight::eval(flight, truth, config.as_deref())?)
        }
    }
}

fn print(text: &str) -> anyhow::Result<ExitCode> {
    std::io::stdout().write_all(text.as_bytes()).context("cannot print")?;
    Ok(ExitCode::SUCCESS)
}

/// Files that are compared are no larger than this.
const MOST_BYTES: u64 = 1 << 30;

pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(bytes)
}

fn text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read(path)?).with_context(|| format!("`{}` is no text", path.display()))
}

/// The value that `part` of the sorted values do not exceed; values are sorted here.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "an index into a list"
)]
pub(crate) fn quantile(values: &mut [f64], part: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let index = (part * (values.len().checked_sub(1)?) as f64).round() as usize;
    values.get(index).copied()
}
