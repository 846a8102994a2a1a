//! The figures as text.

use std::fmt::Write as _;

use super::Report;

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    write(&mut text, report).expect("a string can always be written to");
    text
}

fn write(text: &mut String, report: &Report) -> std::fmt::Result {
    write!(text, "{}, {} plates of each", report.sets.join(", "), report.part)?;
    match report.narrowed_to {
        Some(width) => writeln!(text, ", made {width} px wide where wider")?,
        None => writeln!(text)?,
    }
    writeln!(
        text,
        "told from a confidence of {:.2} on; {:.1} ms a picture (median)",
        report.min_confidence, report.median_ms
    )?;
    if let Some(found) = &report.found {
        writeln!(
            text,
            "found {} of {} plates, and {} where none is labelled, of which {} were read",
            found.right, found.labelled, found.extra, found.extra_read
        )?;
    }
    writeln!(
        text,
        "\n{:20} plates |  told: exact  no province  wrong  unknown | guess: exact  characters",
        ""
    )?;
    for row in &report.rows {
        let (told, guess) = (row.told, row.guess);
        writeln!(
            text,
            "{:20} {:6} | {:12.3} {:12} {:6} {:8.3} | {:12.3} {:11.4}",
            row.name,
            told.plates,
            told.exact_share(),
            told.provinceless,
            told.wrong,
            told.unknown_share(),
            guess.exact_share(),
            guess.character_share()
        )?;
    }
    Ok(())
}
