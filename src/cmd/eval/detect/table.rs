//! The figures as text.

use std::fmt::Write as _;

use super::Report;
use super::score::Row;

/// A matrix of more classes than this is left to `--json`.
const MOST_CLASSES: usize = 12;

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    write(&mut text, report).expect("a string can always be written to");
    text
}

fn write(text: &mut String, report: &Report) -> std::fmt::Result {
    write!(text, "{}: {} pictures, {} boxes", report.set, report.pictures, report.boxes)?;
    writeln!(text, "{}", report.split.as_ref().map_or(String::new(), |s| format!(" (split {s})")))?;
    names(text, report)?;
    if let Some(looked) = &report.looked {
        let active = &looked.active;
        writeln!(
            text,
            "model {} ({}…), {} {}, {} thread(s)",
            active.model,
            active.sha256.get(..12).unwrap_or_default(),
            active.provider,
            active.precision.as_str(),
            active.threads
        )?;
        let how = match (looked.tile, looked.gsd_cm) {
            (Some(side), _) => format!("tiles of {side} px"),
            (None, Some(gsd)) => format!("tiles for {gsd} cm a pixel"),
            (None, None) => "the whole picture at once".to_owned(),
        };
        writeln!(text, "{how}, {:.1} look(s) a picture", looked.looks)?;
        let latency = &looked.latency;
        writeln!(
            text,
            "a picture took {:.1} ms (median of {}), p90 {:.1} ms",
            latency.median_ms, latency.pictures, latency.p90_ms
        )?;
    }
    rows(text, report)?;
    confusion(text, report)
}

fn names(text: &mut String, report: &Report) -> std::fmt::Result {
    let said = report.names.iter().filter(|named| named.meaning != "unknown" && named.boxes > 0);
    let said: Vec<String> =
        said.map(|n| format!("{} → {} ({})", n.category, n.meaning, n.boxes)).collect();
    writeln!(text, "names: {}", said.join(", "))?;
    let unknown = report.names.iter().filter(|named| named.meaning == "unknown" && named.boxes > 0);
    let unknown: Vec<String> = unknown.map(|n| format!("{} ({})", n.category, n.boxes)).collect();
    if !unknown.is_empty() {
        writeln!(text, "no class of ours: {}", unknown.join(", "))?;
    }
    if !report.not_in_set.is_empty() {
        let classes: Vec<&str> = report.not_in_set.iter().map(|class| class.as_str()).collect();
        writeln!(text, "the set does not label, so left out: {}", classes.join(", "))?;
    }
    Ok(())
}

fn rows(text: &mut String, report: &Report) -> std::fmt::Result {
    let width = report.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(5);
    writeln!(text, "\nP, R and F1 are of boxes with a score of at least {:.2}", report.min_score)?;
    writeln!(
        text,
        "{:width$} boxes    AP  AP50  AP75   APs   APm   APl   AR1  AR10 AR100 \
         | IoU .5: P     R    F1 | centre: P     R    F1",
        "class"
    )?;
    for row in &report.rows {
        line(text, row, width)?;
    }
    Ok(())
}

fn line(text: &mut String, row: &Row, width: usize) -> std::fmt::Result {
    write!(text, "{:width$} {:5} ", row.name, row.labels)?;
    if !row.known {
        return writeln!(text, "  the model has no such class");
    }
    let f = &row.figures;
    for share in [f.ap, f.ap50, f.ap75, f.ap_small, f.ap_medium, f.ap_large, f.ar1, f.ar10, f.ar100]
    {
        match share {
            Some(share) => write!(text, "{share:5.3} ")?,
            None => write!(text, "    – ")?,
        }
    }
    let (iou, centre) = (&row.iou50, &row.centre);
    write!(text, "| {:>9.3} {:5.3} {:5.3} ", iou.precision, iou.recall, iou.f1)?;
    writeln!(text, "| {:>9.3} {:5.3} {:5.3}", centre.precision, centre.recall, centre.f1)
}

fn confusion(text: &mut String, report: &Report) -> std::fmt::Result {
    let mut names: Vec<Option<&String>> = Vec::new();
    for cell in &report.confusion {
        for name in [cell.truth.as_ref(), cell.answer.as_ref()] {
            if name.is_some() && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.sort_unstable();
    if names.is_empty() || names.len() > MOST_CLASSES {
        return Ok(());
    }
    names.push(None);
    let shown = |name: Option<&String>| name.map_or("nothing", String::as_str).to_owned();
    let count = |truth: Option<&String>, answer: Option<&String>| {
        let mut cells = report.confusion.iter();
        let cell = cells.find(|c| c.truth.as_ref() == truth && c.answer.as_ref() == answer);
        cell.map_or(0, |cell| cell.count)
    };
    writeln!(text, "\nin rows what it is, in columns what it was taken for (IoU 0.5):")?;
    write!(text, "{:12}", "")?;
    for &answer in &names {
        write!(text, "{:>12}", shown(answer))?;
    }
    writeln!(text)?;
    for &truth in &names {
        write!(text, "{:12}", shown(truth))?;
        for &answer in &names {
            write!(text, "{:>12}", count(truth, answer))?;
        }
        writeln!(text)?;
    }
    Ok(())
}
