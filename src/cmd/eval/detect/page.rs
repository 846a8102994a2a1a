//! The figures as a page with pictures of the worst errors, in one file that needs nothing else.

use std::cell::RefCell;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use detector::Masker;
use detector::picture::{self, Mark, Tone};
use detector::score::Area;
use detector::score::detection::{Coco, Found, Label};
use domain::{RelBox, Size};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Report;
use super::look::Pictures;
use super::score::Exam;

/// Pictures of each kind of error.
const WORST: usize = 24;
/// Pixels around an error at least, so that it can be told what it is.
const AROUND: f64 = 100.0;
const QUALITY: u8 = 82;

pub(super) fn page(
    report: &Report,
    set: &Coco,
    exam: &Exam,
    pictures: &Pictures,
    masker: Option<Masker>,
) -> anyhow::Result<String> {
    let (labels, found, paired) = exam.errors(report.min_score);
    let mut wrong = paired.wrong.clone();
    wrong.sort_by(|&a, &b| found[b].score.total_cmp(&found[a].score));
    let mut missed = paired.missed.clone();
    missed.sort_by(|&a, &b| labels[b].size.total_cmp(&labels[a].size));
    let masker = RefCell::new(masker);
    let album = Album { set, pictures, labels: &labels, found: &found, masker };
    let wrong = wrong.iter().take(WORST).map(|&index| {
        let one = found[index];
        album.show(one.image, one.area, &format!("{:.2}", one.score))
    });
    let wrong = wrong.collect::<anyhow::Result<Vec<Markup>>>()?;
    let missed = missed.iter().take(WORST).map(|&index| {
        let one = labels[index];
        album.show(one.image, one.area, &format!("{:.0}×{:.0} px", one.area.w, one.area.h))
    });
    let missed = missed.collect::<anyhow::Result<Vec<Markup>>>()?;
    let counts = paired.counts();
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "eval detect: " (report.set) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Detector against labels" }
                pre { (super::table::text(report)) }
                p { "Green: labels. Red: found boxes with a score of at least " (format!("{:.2}", report.min_score)) "." }
                h2 { "Found where nothing is labelled: " (counts.wrong) ", the surest " (wrong.len()) }
                div.album { @for one in &wrong { (one) } }
                h2 { "Missed: " (counts.missed) ", the largest " (missed.len()) }
                div.album { @for one in &missed { (one) } }
            }
        }
    }
    .into_string())
}

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24}\
    pre{font-size:12px;overflow-x:auto;background:#f4f5f7;padding:1rem}\
    .album{display:flex;flex-wrap:wrap;gap:12px}figure{margin:0;width:240px}\
    img{width:240px;height:240px;object-fit:contain;background:#eceef1}\
    figcaption{font-size:12px;color:#586069;overflow-wrap:anywhere}";

struct Album<'a> {
    set: &'a Coco,
    pictures: &'a Pictures,
    labels: &'a [Label],
    found: &'a [Found],
    /// None: the configuration masks nothing.
    masker: RefCell<Option<Masker>>,
}

impl Album<'_> {
    /// What is around one box, with every label and every found box there.
    fn show(&self, image: usize, area: Area, words: &str) -> anyhow::Result<Markup> {
        let of = &self.set.images[image];
        let frame = self.pictures.read(of)?;
        let window = around(area, frame.size);
        let cut = picture::crop(&frame, relative(window, whole(frame.size)), 0.0)?;
        let cut = match &mut *self.masker.borrow_mut() {
            Some(masker) => masker.mask(&cut)?.0,
            None => cut,
        };
        let marked = picture::annotated(&cut, &self.marks(image, window))?;
        let data = BASE64_STANDARD.encode(picture::encode_jpeg(&marked, QUALITY)?);
        Ok(html! {
            figure {
                img src={ "data:image/jpeg;base64," (data) } alt="";
                figcaption { (of.file_name) " · " (words) }
            }
        })
    }

    fn marks(&self, image: usize, window: Area) -> Vec<Mark> {
        let mark = |area: Area, label: String, tone: Tone| {
            let seen = relative(area, window);
            let inside =
                seen.x < 1.0 && seen.y < 1.0 && seen.x + seen.w > 0.0 && seen.y + seen.h > 0.0;
            inside.then_some(Mark { seen, label, tone })
        };
        let labels = self.labels.iter().filter(|label| label.image == image);
        let labels = labels.map(|label| mark(label.area, String::new(), Tone::Truth));
        let found = self.found.iter().filter(|found| found.image == image);
        let found = found.map(|f| mark(f.area, format!("{:.2}", f.score), Tone::Subject));
        labels.chain(found).flatten().collect()
    }
}

fn whole(size: Size) -> Area {
    Area { x: 0.0, y: 0.0, w: f64::from(size.width), h: f64::from(size.height) }
}

fn relative(area: Area, to: Area) -> RelBox {
    let (x, y) = (area.x - to.x, area.y - to.y);
    RelBox { x: x / to.w, y: y / to.h, w: area.w / to.w, h: area.h / to.h }
}

/// Whole pixels of the frame.
fn around(area: Area, size: Size) -> Area {
    let margin = AROUND.max(area.w.max(area.h) / 2.0);
    let from = |start: f64| (start - margin).max(0.0).floor();
    let to = |end: f64, most: u32| (end + margin).min(f64::from(most)).ceil();
    let (x, y) = (from(area.x), from(area.y));
    let (right, bottom) = (to(area.x + area.w, size.width), to(area.y + area.h, size.height));
    Area { x, y, w: (right - x).max(1.0), h: (bottom - y).max(1.0) }
}
