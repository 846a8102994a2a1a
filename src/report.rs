//! The report of `analyze`: one HTML file that needs nothing else, and the alerts as JSON lines.

use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::{Alert, EndReason, FlightReport, Place, SourceState, SourceStatus, TimeBasis};
use futures_util::TryStreamExt as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use store::{EvidenceRow, EvidenceState, Original, Store};

use crate::masking::Shown;

/// Writes `report.html` and `alerts.jsonl` beside the evidence.
pub(crate) async fn write(
    out: &Path,
    store: &Store,
    shown: Shown,
    alerts: &[Alert],
    sources: &[SourceStatus],
) -> anyhow::Result<()> {
    let mut lines = String::new();
    let mut cards = Vec::new();
    for alert in alerts {
        lines.push_str(&serde_json::to_string(alert).context("an alert is no JSON")?);
        lines.push('\n');
        cards.push(card(store, shown, alert).await?);
    }
    save(&out.join("alerts.jsonl"), &lines)?;
    save(&out.join("report.html"), &page(&cards, shown, alerts.len(), sources).into_string())
}

/// Writes a flight's report, what GIS programs read of it, and the alerts beside their evidence.
pub(crate) fn write_flight(
    out: &Path,
    name: &str,
    flown: &FlightReport,
    alerts: &[Alert],
) -> anyhow::Result<()> {
    let mut lines = String::new();
    for alert in alerts {
        lines.push_str(&serde_json::to_string(alert).context("an alert is no JSON")?);
        lines.push('\n');
    }
    save(&out.join("alerts.jsonl"), &lines)?;
    save(&out.join("flight.geojson"), &flight::export::geojson(flown))?;
    save(&out.join("flight.kml"), &flight::export::kml(flown, name))?;
    save(&out.join("report.html"), &dashboard::flight_html(name, flown))
}

fn save(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}

const STYLE: &str = "body{font:15px/1.5 'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;\
max-width:1080px;margin:2em auto;padding:0 1em;color:#1d2129}h1{font-size:1.5em}table{border-collapse:\
collapse;width:100%}td,th{text-align:left;padding:.3em .8em .3em 0;border-bottom:1px solid #e5e6eb;\
vertical-align:top}article{margin:2em 0;padding:1em;border:1px solid #e5e6eb;border-radius:8px}figure{margin:0;\
flex:1 1 300px}figure img{width:100%;border-radius:4px}.pair{display:flex;gap:1em;flex-wrap:wrap}\
.note{background:#f2f3f5;padding:.6em 1em;border-radius:6px}code{font-size:.8em;word-break:break-all}";

fn page(cards: &[Markup], shown: Shown, count: usize, sources: &[SourceStatus]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { "巡检报告 · Xunjian report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "巡检报告 · Xunjian report" }
                p.note {
                    "机器结果仅为线索，须经人工复核。A machine result is a lead until a person has reviewed it."
                }
                p.note { (how(shown)) }
                table {
                    tr { th { "来源 source" } th { "状态 state" } th { "帧 frames" } th { "说明 detail" } }
                    @for source in sources {
                        tr {
                            td { (source.name) }
                            td { (if source.state == SourceState::Failed { "无法读取 unreadable" } else { "已读完 read" }) }
                            td { (source.frames) }
                            td { (source.detail) }
                        }
                    }
                }
                p { "预警 alerts: " (count) }
                @for card in cards { (card) }
            }
        }
    }
}

const fn how(shown: Shown) -> &'static str {
    match shown {
        Shown::Masked => {
            "画面中的人脸、头部和车牌已遮挡；未遮挡的原件在 evidence/ 中，不得随本报告一并外传。Faces, heads and plates are \
             masked. The originals are in evidence/: do not hand them over with this report."
        }
        Shown::AsItCame => {
            "本报告按配置未作遮挡，含个人信息。Nothing is masked, as configured: this report holds personal data."
        }
    }
}

async fn card(store: &Store, shown: Shown, alert: &Alert) -> anyhow::Result<Markup> {
    let evidence = store.evidence(alert.id).await.context("cannot list evidence")?;
    let first = image(store, shown, alert, "first_annotated.jpg").await?;
    let last = image(store, shown, alert, "last_annotated.jpg").await?;
    Ok(html! {
        article id=(alert.id) {
            h2 {
                (rule(alert)) " · " (alert.class)
                @if let Some(fence) = &alert.fence { " · " (fence.name) }
            }
            div.pair {
                (figure(first.as_deref(), "起始 first", alert.since))
                (figure(last.as_deref(), "预警 alert", alert.raised_at))
            }
            (facts(alert))
            (clip(shown, alert, &evidence))
            (files(&evidence))
        }
    })
}

const CLIP: &str = "clip.mp4";

/// Clips are not masked here, so a masked report only says where they are.
fn clip(shown: Shown, alert: &Alert, evidence: &[EvidenceRow]) -> Markup {
    let path = format!("evidence/{}/{CLIP}", alert.id);
    let ready = evidence.iter().any(|row| row.name == CLIP && row.state == EvidenceState::Ready);
    html! {
        @match (ready, shown) {
            (false, _) => {}
            (true, Shown::AsItCame) => p { a href=(path) { "片段 " (CLIP) } }
            (true, Shown::Masked) => p { "片段，未遮挡 clip, not masked: " code { (path) } }
        }
    }
}

fn figure(image: Option<&str>, caption: &str, at: jiff::Timestamp) -> Markup {
    html! {
        figure {
            @match image {
                Some(data) => img src={ "data:image/jpeg;base64," (data) } alt=(caption);,
                None => p { "无画面，或无法遮挡 no picture, or none that can be masked" }
            }
            figcaption { (caption) " " (at) }
        }
    }
}

fn facts(alert: &Alert) -> Markup {
    html! {
        table {
            tr { th { "停留 stood" } td { (format!("{:.1} s ≥ {:.1} s", alert.dwell_s, alert.dwell_needed_s)) } }
            @if let Some(plate) = &alert.plate {
                tr { th { "号牌 plate" } td { (plate.text) " · " (format!("{:.2}", plate.confidence)) } }
            }
            tr { th { "在围栏内概率 P(inside)" } td { (format!("{:.1} %", alert.probability_inside * 100.0)) } }
            tr { th { "位置 place" } td { (place(&alert.place)) } }
            tr { th { "结束 end" } td { (end(alert)) } }
            tr { th { "来源 source" } td { (alert.source_name) @if let Some(track) = alert.track { " · track " (track) } } }
            @if alert.time_basis == TimeBasis::Media {
                tr { th { "时间 time" } td { "片段未给出起始时间，从 1970-01-01 计。The clip has no known start; times count from 1970-01-01." } }
            }
            tr { th { "编号 id" } td { code { (alert.id) } } }
        }
    }
}

fn rule(alert: &Alert) -> String {
    match &alert.rule_name {
        Some(name) => format!("{} {}", name.zh, name.en),
        None if alert.rule.as_str() == "parking" => "违停 parking".to_owned(),
        None => alert.rule.to_string(),
    }
}

fn place(place: &Place) -> String {
    match place {
        Place::Ground { lon, lat, ellipse95, .. } => format!(
            "{lon:.7}, {lat:.7} WGS-84, 95 % ± {:.1} m × {:.1} m",
            ellipse95.semi_major_m, ellipse95.semi_minor_m
        ),
        Place::Image { x, y } => format!(
            "画面 picture {x:.3}, {y:.3}（此相机未测绘，不给出地面位置 not surveyed: no ground position is claimed）"
        ),
    }
}

fn end(alert: &Alert) -> String {
    let reason = match alert.end_reason {
        None => return "未结束 not ended".to_owned(),
        Some(EndReason::Left) => "驶离 left",
        Some(EndReason::Lost) => "目标丢失 lost from sight",
        Some(EndReason::SourceEnded) => "视频结束 the video ended",
        Some(EndReason::ScheduleClosed) => "时段结束 the schedule closed",
        Some(EndReason::FenceWithdrawn) => "围栏撤销 the fence was withdrawn",
        Some(EndReason::Cleared) => "已恢复正常 right again",
    };
    alert.ended_at.map_or_else(|| reason.to_owned(), |at| format!("{reason} {at}"))
}

fn files(evidence: &[EvidenceRow]) -> Markup {
    html! {
        details {
            summary { "证据 evidence" }
            table {
                @for row in evidence {
                    tr {
                        td { (row.name) }
                        td { @if row.state == EvidenceState::Ready { (row.bytes) " B" } @else { (row.state.as_str()) } }
                        td { @if row.sha256.is_empty() { (row.detail) } @else { code { (row.sha256) } } }
                    }
                }
            }
        }
    }
}

async fn image(
    store: &Store,
    shown: Shown,
    alert: &Alert,
    name: &str,
) -> anyhow::Result<Option<String>> {
    if shown == Shown::Masked {
        let of = Original::Evidence { alert: alert.id, name: name.to_owned() };
        if store.rendition(&of).await?.is_none() {
            return Ok(None);
        }
        let pieces = store.read_rendition(&of, None).await?.body;
        let bytes: Vec<bytes::Bytes> =
            pieces.try_collect().await.with_context(|| format!("cannot read masked `{name}`"))?;
        return Ok(Some(BASE64_STANDARD.encode(bytes.concat())));
    }
    let rows = store.evidence(alert.id).await.context("cannot list evidence")?;
    let ready = rows.iter().any(|row| row.name == name && row.state == EvidenceState::Ready);
    if !ready {
        return Ok(None);
    }
    let file = store.read_evidence(alert.id, name, None).await.context("cannot read evidence")?;
    let bytes: Vec<bytes::Bytes> =
        file.body.try_collect().await.with_context(|| format!("cannot read evidence `{name}`"))?;
    Ok(Some(BASE64_STANDARD.encode(bytes.concat())))
}
