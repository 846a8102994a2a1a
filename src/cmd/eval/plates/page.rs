//! The figures as a page with the plates that were not read right, in one file that needs nothing else.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use detector::picture;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Error, Report};

/// Of each table.
const MOST: usize = 60;
const QUALITY: u8 = 88;

pub(super) fn page(reports: &[Report]) -> anyhow::Result<String> {
    let parts = reports.iter().map(part).collect::<anyhow::Result<Vec<Markup>>>()?;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "eval plates" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Plates against labels" }
                @for part in &parts { (part) }
            }
        }
    }
    .into_string())
}

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24}\
    pre{font-size:12px;overflow-x:auto;background:#f4f5f7;padding:1rem}\
    .album{display:flex;flex-wrap:wrap;gap:12px}figure{margin:0;width:220px}\
    img{width:220px;height:80px;object-fit:contain;background:#eceef1}\
    figcaption{font-size:12px;color:#586069;overflow-wrap:anywhere}b.wrong{color:#d62828}";

fn part(report: &Report) -> anyhow::Result<Markup> {
    let (wrong, unknown): (Vec<&Error>, Vec<&Error>) =
        report.errors.iter().partition(|error| !error.told.is_empty());
    let shown = wrong.iter().chain(&unknown).take(MOST);
    let figures = shown.map(|error| figure(error)).collect::<anyhow::Result<Vec<Markup>>>()?;
    Ok(html! {
        pre { (super::table::text(report)) }
        p {
            "Not read as labelled: " (report.errors.len()) ", the first " (figures.len())
            "; those with an answer first. Below: what it is, what was told, the best guess with its confidences."
        }
        div.album { @for figure in &figures { (figure) } }
    })
}

fn figure(error: &Error) -> anyhow::Result<Markup> {
    let data = BASE64_STANDARD.encode(picture::encode_jpeg(&error.frame, QUALITY)?);
    let sure: Vec<String> = error.confidences.iter().map(|sure| format!("{sure:.2}")).collect();
    Ok(html! {
        figure {
            img src={ "data:image/jpeg;base64," (data) } alt="";
            figcaption {
                (error.truth) " · "
                @if error.told.is_empty() { "unknown" } @else { b.wrong { (error.told) } }
                " · " (error.guess) " " (sure.join(" "))
            }
        }
    })
}
