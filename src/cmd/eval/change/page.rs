//! Every pair with its label and what a network made of it, worst first, in one file that needs nothing else.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use detector::picture;
use domain::Frame;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::model::{Looked, of_mask};
use super::{Masks, Row};

const QUALITY: u8 = 85;

pub(super) fn page(row: &Row, looked: &Looked, labels: &Masks) -> anyhow::Result<String> {
    let mut each: Vec<_> = row.each.iter().collect();
    each.sort_by(|a, b| a.f1.total_cmp(&b.f1));
    let mut lines = Vec::new();
    for pair in each {
        let Some([before, after]) = looked.pictures.get(&pair.name) else { continue };
        let mask = |masks: &Masks| of_mask(&masks[&pair.name], after.size, after);
        lines.push(html! {
            tr {
                th { (pair.name) br; (format!("F1 {:.3}", pair.f1)) br; (format!("IoU {:.3}", pair.iou)) }
                td { (shown(before)?) }
                td { (shown(after)?) }
                td { (shown(&mask(labels)?)?) }
                td { (shown(&mask(&looked.all)?)?) }
                td { (shown(&mask(&looked.kept)?)?) }
            }
        });
    }
    let Row { model, f1, iou, precision, recall, pairs, .. } = row;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "eval change: " (model) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Change against labels: " (model) }
                p {
                    (pairs) " pairs; F1 " (format!("{f1:.3}")) ", IoU " (format!("{iou:.3}"))
                    ", P " (format!("{precision:.3}")) ", R " (format!("{recall:.3}")) ". Worst first."
                }
                table {
                    tr { th {} th { "before" } th { "after" } th { "label" } th { (model) } th { "kept" } }
                    @for line in &lines { (line) }
                }
            }
        }
    }
    .into_string())
}

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24}\
    th{text-align:left;padding-right:1em;font-weight:500}td{padding:3px}\
    img{width:220px;display:block;background:#eceef1}";

fn shown(frame: &Frame) -> anyhow::Result<Markup> {
    let data = BASE64_STANDARD.encode(picture::encode_jpeg(frame, QUALITY)?);
    Ok(html! { img src={ "data:image/jpeg;base64," (data) } alt=""; })
}
