//! The report of a flight to hand over: one HTML file that needs nothing else.
//!
//! Chinese and English beside each other, because it goes to people who were not asked which.

mod map;
mod words;

use domain::{Ellipse, Finding, FlightReport, FlightSummary, Motion};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use words::{class, kind, warning};

const STYLE: &str = "body{font:15px/1.5 'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;\
max-width:1080px;margin:2em auto;padding:0 1em;color:#1d2129}h1{font-size:1.5em}h2{font-size:1.15em;\
margin-top:2em}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3em .8em .3em 0;\
border-bottom:1px solid #e5e6eb;vertical-align:top}.n{text-align:right;font-variant-numeric:tabular-nums}\
.note{background:#f2f3f5;padding:.6em 1em;border-radius:6px}svg{width:100%;height:auto;background:#f7f8fa;\
border:1px solid #e5e6eb;border-radius:6px}@media print{body{margin:0;max-width:none}tr{break-inside:avoid}}";

/// Findings that are listed; a table of more is read by nobody and belongs into the `GeoJSON`.
const MOST_LISTED: usize = 2000;

/// The report of a flight as one HTML page. `name` is the flight's, for people.
pub fn flight_html(name: &str, report: &FlightReport) -> String {
    let title = format!("巡检飞行报告 · Flight report · {name}");
    let page = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                p.note {
                    "机器结果仅为线索，须经人工复核。A machine result is a lead until a person has reviewed it."
                }
                (summary(&report.summary, report.off_route_m))
                (warnings(report))
                h2 { "地图 · Map" }
                (map::svg(report))
                (findings(&report.findings))
                (media(report))
            }
        }
    };
    page.into_string()
}

fn summary(s: &FlightSummary, off_route_m: Option<f64>) -> Markup {
    let aircraft = if s.aircraft.is_empty() { "—" } else { &s.aircraft };
    let rows: [(&str, String); 13] = [
        ("时间 time", span(s.started_at, s.ended_at)),
        ("航空器 aircraft", aircraft.to_owned()),
        ("视频 video", format!("{:.0} s · {} 帧 frames", s.video_s, s.frames)),
        ("照片 photos", s.photos.to_string()),
        ("航程 path", format!("{:.0} m", s.path_m)),
        ("看到的地面 ground seen", format!("{:.0} m²", s.area_m2)),
        ("地面分辨率 ground sampling distance", range_cm(s.gsd_cm)),
        ("可定位的画面 frames placed", format!("{:.1} %", s.placed * 100.0)),
        ("发现 findings", by_class(s)),
        ("预警 alerts", s.alerts.to_string()),
        ("时钟差（视频−遥测）clock offset", or_dash(s.clock_offset_s, |v| format!("{v:+.2} s"))),
        ("偏离航线 off route", or_dash(off_route_m, |v| format!("{v:.1} m"))),
        ("最耗时的环节 limited by", limit(s)),
    ];
    html! {
        h2 { "概要 · Summary" }
        table { @for (name, value) in rows { tr { th { (name) } td { (value) } } } }
    }
}

/// The stage that took longest, and its part of the whole.
fn limit(s: &FlightSummary) -> String {
    let stages = s.stage_s.iter().filter(|(stage, _)| *stage != "whole");
    let slowest = stages.max_by(|a, b| a.1.total_cmp(b.1));
    match (slowest, s.stage_s.get("whole")) {
        (Some((stage, seconds)), Some(whole)) if *whole > 0.0 => {
            format!("{stage} {seconds:.1} s / {whole:.1} s")
        }
        _ => "—".to_owned(),
    }
}

fn warnings(report: &FlightReport) -> Markup {
    html! {
        h2 { "警告 · Warnings" }
        @if report.warnings.is_empty() { p { "无 none" } } @else {
            table {
                tr { th { "警告 warning" } th { "文件 file" } th { "说明 detail" } th.n { "次数 count" } }
                @for w in &report.warnings {
                    tr { td { (warning(w.code)) } td { (w.file) } td { (w.detail) } td.n { (w.count) } }
                }
            }
        }
    }
}

fn findings(findings: &[Finding]) -> Markup {
    html! {
        h2 { "发现 · Findings" }
        @if findings.is_empty() { p { "无 none" } } @else {
            table {
                tr {
                    th.n { "#" } th { "类别 class" } th.n { "可信度 score" } th { "位置 position, WGS-84" }
                    th.n { "95 % 误差 error" } th { "看到 seen" } th.n { "次数 passes" } th { "状态 motion" }
                    th { "预警 alerts" }
                }
                @for (n, f) in findings.iter().take(MOST_LISTED).enumerate() { (finding(n + 1, f)) }
            }
            @if findings.len() > MOST_LISTED {
                p { "另有 " (findings.len() - MOST_LISTED) " 项见 GeoJSON。The rest is in the GeoJSON." }
            }
        }
    }
}

fn finding(n: usize, f: &Finding) -> Markup {
    html! {
        tr id={ "f" (n) } {
            td.n { (n) }
            td { (class(f.class)) }
            td.n { (format!("{:.2}", f.score)) }
            td { (format!("{:.7}, {:.7}", f.lon, f.lat)) }
            td.n { (error(f.ellipse95)) }
            td { (span(Some(f.first_seen), Some(f.last_seen))) }
            td.n { (f.passes) }
            td { (motion(f.motion)) }
            td { @for id in &f.alerts { code { (id) } " " } }
        }
    }
}

const fn motion(motion: Motion) -> &'static str {
    match motion {
        Motion::Standing => "静止 standing",
        Motion::Moving => "移动 moving",
        Motion::Unknown => "无法判断 cannot tell",
    }
}

fn media(report: &FlightReport) -> Markup {
    html! {
        h2 { "文件 · Files" }
        table {
            tr { th { "文件 file" } th { "种类 kind" } th { "开始 started" } th.n { "时长 duration" } th { "遥测 telemetry" } }
            @for m in &report.media {
                tr {
                    td { (m.name) }
                    td { (kind(m.kind)) }
                    td { (or_dash(m.started_at, |at| at.to_string())) }
                    td.n { (format!("{:.1} s", m.duration_s)) }
                    td { (m.telemetry) }
                }
            }
        }
    }
}

fn error(ellipse: Ellipse) -> String {
    let Ellipse { semi_major_m, semi_minor_m, bearing_deg } = ellipse;
    format!("{semi_major_m:.1} × {semi_minor_m:.1} m, {bearing_deg:.0}°")
}

fn by_class(s: &FlightSummary) -> String {
    let counts = s.by_class.iter().map(|(of, count)| format!("{} {count}", class(*of)));
    let counts: Vec<_> = counts.collect();
    if counts.is_empty() {
        return s.findings.to_string();
    }
    format!("{} ({})", s.findings, counts.join("，"))
}

fn range_cm(range: Option<[f64; 2]>) -> String {
    or_dash(range, |[fine, coarse]| format!("{fine:.1}–{coarse:.1} cm/px"))
}

fn span(from: Option<Timestamp>, to: Option<Timestamp>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("{from} – {to}"),
        (Some(at), None) | (None, Some(at)) => at.to_string(),
        (None, None) => "—".to_owned(),
    }
}

fn or_dash<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "—".to_owned(), text)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::sample;
