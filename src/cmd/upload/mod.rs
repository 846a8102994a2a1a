//! `xunjian upload`: sends what a drone brought back to a running program.
//!
//! By the tus 1.0 protocol: what has arrived is not sent again, however often the line breaks, and
//! `--flight` goes on with a flight that was begun before.

mod server;

use std::fs::File;
use std::io::{IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::server::{Refused, Remote, Server};
use crate::cli;

pub(crate) fn run(args: &cli::Upload) -> anyhow::Result<ExitCode> {
    let files = luggage(&args.files)?;
    let password = super::user::password()?
        .or_else(|| std::env::var("XUNJIAN_PASSWORD").ok())
        .context("no password: give it on stdin or in XUNJIAN_PASSWORD")?;
    let server = Server::sign_in(&args.to, &args.user, &password)?;
    let flight = if let Some(flight) = args.flight {
        flight
    } else {
        let name = args.name.clone().unwrap_or_else(|| name_of(&args.files));
        server.new_flight(&name, args.aircraft.as_deref())?
    };
    tracing::info!(flight, files = files.len(), "uploading");
    let known = server.files(flight)?;
    for file in &files {
        let remote = known.iter().find(|known| known.name == file.name);
        send(&server, flight, file, remote).with_context(|| {
            format!("cannot upload `{}`; `--flight {flight}` goes on", file.name)
        })?;
    }
    // Right after the last byte the server may still be hashing.
    patiently(|| server.start(flight))?;
    writeln!(std::io::stdout(), "{}/flights/{flight}", args.to.trim_end_matches('/'))
        .context("cannot print")?;
    Ok(ExitCode::SUCCESS)
}

/// One file to send.
struct Local {
    /// As the flight calls it: path below the folder that was given, `/` between folders.
    name: String,
    path: PathBuf,
    bytes: u64,
}

fn luggage(given: &[PathBuf]) -> anyhow::Result<Vec<Local>> {
    let mut files = Vec::new();
    for path in given {
        let name =
            path.file_name().with_context(|| format!("`{}` names no file", path.display()))?;
        collect(path, &name.to_string_lossy(), path.is_dir(), &mut files)?;
    }
    anyhow::ensure!(!files.is_empty(), "there is no file to upload");
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The most files of one flight.
const MOST_FILES: usize = 10_000;

fn collect(path: &Path, name: &str, top: bool, files: &mut Vec<Local>) -> anyhow::Result<()> {
    let context = || format!("cannot read `{}`", path.display());
    let meta = std::fs::metadata(path).with_context(context)?;
    if meta.is_file() {
        anyhow::ensure!(files.len() < MOST_FILES, "more than {MOST_FILES} files in one flight");
        files.push(Local { name: name.to_owned(), path: path.to_owned(), bytes: meta.len() });
        return Ok(());
    }
    for entry in std::fs::read_dir(path).with_context(context)? {
        let entry = entry.with_context(context)?;
        let below = entry.file_name().to_string_lossy().into_owned();
        let name = if top { below } else { format!("{name}/{below}") };
        collect(&entry.path(), &name, false, files)?;
    }
    Ok(())
}

fn name_of(given: &[PathBuf]) -> String {
    let first = given.first().and_then(|path| path.file_name());
    first.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Sent in one request; what of it arrived before the line broke stays. No more than what sockets
/// buffer: an answer that comes before all of it was taken is then heard.
const PIECE: usize = 2 << 20;
/// Between tries; the last one is repeated.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
];
/// Failures in a row without a byte in between, after which it is given up.
const MOST_FAILURES: usize = 20;

fn send(server: &Server, flight: u64, file: &Local, known: Option<&Remote>) -> anyhow::Result<()> {
    let place = match known {
        Some(known) => {
            anyhow::ensure!(known.bytes == file.bytes, "the flight has another file of this name");
            server.place(flight, known.n)
        }
        None => server.new_file(flight, &file.name, file.bytes)?,
    };
    let mut source = File::open(&file.path).context("cannot open it")?;
    let bar = progress(file);
    let mut at = patiently(|| server.offset(&place))?;
    let mut failures = 0;
    while at < file.bytes {
        bar.set_position(at);
        source.seek(SeekFrom::Start(at)).context("cannot read it")?;
        let mut piece = Vec::new();
        (&source).take(PIECE as u64).read_to_end(&mut piece).context("cannot read it")?;
        anyhow::ensure!(!piece.is_empty(), "it became shorter while it was read");
        at = match server.append(&place, at, &piece) {
            Ok(at) => {
                failures = 0;
                at
            }
            Err(Refused::ForNow(error)) if failures < MOST_FAILURES => {
                tracing::warn!(file = file.name, "interrupted, going on: {error:#}");
                rest(failures);
                failures += 1;
                patiently(|| server.offset(&place))?
            }
            Err(refused) => return Err(refused.into()),
        };
    }
    bar.finish_and_clear();
    Ok(())
}

/// Tries until it works, or there is no hope.
fn patiently<T>(mut ask: impl FnMut() -> Result<T, Refused>) -> anyhow::Result<T> {
    let mut failures = 0;
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(Refused::ForNow(_)) if failures < MOST_FAILURES => {
                rest(failures);
                failures += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "nothing tells when a bad line is better")]
fn rest(failures: usize) {
    std::thread::sleep(PAUSES[failures.min(PAUSES.len() - 1)]);
}

fn progress(file: &Local) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(file.bytes), ProgressDrawTarget::stderr());
    bar.with_style(style).with_message(file.name.clone())
}
