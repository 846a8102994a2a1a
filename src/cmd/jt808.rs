//! `xunjian jt808`: frames of terminals, for integrators.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use jt808::{Body, Form, Frame, Joined, Joiner, Limits};
use serde_json::{Map, Value, json};

use crate::cli;

/// Longer lines hold no frame.
const MOST_LINE: u64 = 64 << 10;

/// Lines have no time: parts are joined however far they lie apart.
const LIMITS: Limits =
    Limits { messages: 1024, bytes: 16 << 20, age: SignedDuration::from_hours(1) };

pub(crate) fn run(args: &cli::Jt808) -> anyhow::Result<ExitCode> {
    let cli::Jt808::Decode { file, json } = args;
    let reader = File::open(file).with_context(|| format!("cannot open `{}`", file.display()))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let bad = decode(BufReader::new(reader), file, *json, &mut out)?;
    out.flush().context("cannot print")?;
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(super::PROBLEMS) })
}

/// Returns how many lines hold no frame.
fn decode(
    mut lines: BufReader<File>,
    path: &Path,
    json: bool,
    out: &mut impl Write,
) -> anyhow::Result<u64> {
    let mut joiner = Joiner::new(LIMITS);
    let (mut number, mut frames, mut bad) = (0u64, 0u64, 0u64);
    let mut line = Vec::new();
    let tell = |what: String| writeln!(std::io::stderr(), "{what}").context("cannot print");
    while next_line(&mut lines, &mut line)
        .with_context(|| format!("cannot read `{}`", path.display()))?
    {
        number += 1;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match frame(text) {
            Ok(frame) => {
                frames += 1;
                let told = told(number, frame, &mut joiner);
                let printed = if json { told.to_string() } else { plain(&told) };
                writeln!(out, "{printed}").context("cannot print")?;
            }
            Err(why) => {
                bad += 1;
                tell(format!("{}:{number}: {why}", path.display()))?;
            }
        }
    }
    for missing in joiner.missing(Timestamp::MAX) {
        tell(format!("{}: {missing}", path.display()))?;
    }
    tell(format!("{frames} frames, {bad} bad lines"))?;
    Ok(bad)
}

/// The next line, cut at the longest that can hold a frame.
fn next_line(lines: &mut BufReader<File>, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let read = lines.by_ref().take(MOST_LINE).read_until(b'\n', line)?;
    if read as u64 == MOST_LINE && line.last() != Some(&b'\n') {
        lines.skip_until(b'\n')?;
    }
    Ok(read > 0)
}

fn frame(text: &str) -> Result<Frame, String> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let is_first = |word: &&str| word.get(..2).is_some_and(|two| two.eq_ignore_ascii_case("7e"));
    let first = words.iter().position(is_first).unwrap_or(0);
    let bytes = jt808::unhex(&words[first..].concat())
        .ok_or_else(|| "no hex: two digits for each byte are expected".to_owned())?;
    Frame::decode(&bytes).map_err(|error| error.to_string())
}

/// What a line holds. The part that makes a message whole brings its fields.
fn told(line: u64, frame: Frame, joiner: &mut Joiner) -> Value {
    let header = frame.header;
    let mut told = Map::new();
    told.insert("line".to_owned(), line.into());
    told.insert("message_id".to_owned(), format!("{:04x}", header.id).into());
    told.insert("header".to_owned(), header_json(&frame));
    told.insert("body".to_owned(), jt808::hex(&frame.body).into());
    if let Some(whole) = joiner.take(frame, Timestamp::UNIX_EPOCH) {
        if whole.serials.len() > 1 {
            told.insert("parts".to_owned(), whole.serials.len().into());
        }
        let (key, value) = fields(&whole);
        told.insert(key.to_owned(), value);
    }
    told.into()
}

fn fields(message: &Joined) -> (&'static str, Value) {
    match Body::read(&message.header, &message.body) {
        Body::Named(named) => {
            ("fields", Value::Object(named.json(&message.header, message.body.len())))
        }
        Body::Unknown => ("problem", "nobody here knows this message".into()),
        Body::Broken(short) => ("problem", short.to_string().into()),
    }
}

fn header_json(Frame { header, body }: &Frame) -> Value {
    let form = match header.form {
        Form::Of2013 => "2011/2013",
        Form::Of2019 => "2019",
    };
    let mut told = json!({
        "message_id": format!("{:04x}", header.id),
        "form": form,
        "body_length": body.len(),
        "subpackage": header.part.is_some(),
        "terminal_bcd": header.phone.full(header.form),
        "serial": header.serial,
    });
    if header.form == Form::Of2019 {
        told["protocol_version"] = header.version.into();
    }
    if let Some(part) = header.part {
        told["part_total"] = part.total.into();
        told["part_index"] = part.index.into();
    }
    told
}

/// For people: what it is, and its fields.
fn plain(told: &Value) -> String {
    let header = &told["header"];
    let fields = told.get("fields").or_else(|| told.get("problem")).unwrap_or(&told["body"]);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!(
        "{} {} of {} #{}: {fields}",
        told["line"],
        word(&told["message_id"]),
        word(&header["terminal_bcd"]),
        header["serial"],
    )
}
