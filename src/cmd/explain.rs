//! `xunjian explain`: why an alert was raised, what became of it, and what would have changed the decision.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use domain::{Alert, Fact, Limit, Place, Sense, SystemClock, Unit};
use store::{HistoryEntry, Store};

use crate::cli;
use crate::words::Language;

pub(crate) fn run(args: &cli::Explain) -> anyhow::Result<ExitCode> {
    let loaded = super::load(args.config.as_deref())?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let (alert, history) = runtime.block_on(async {
        let store = Store::open(&loaded.config.store, Arc::new(SystemClock))
            .await
            .context("cannot open the store")?;
        let alert = store.alert(args.alert).await?;
        let history = store.history(args.alert).await?;
        store.close().await.context("cannot close the store")?;
        let database = loaded.config.store.database.display();
        let alert =
            alert.with_context(|| format!("there is no alert {} in `{database}`", args.alert))?;
        anyhow::Ok((alert, history))
    })?;
    let text = if args.json {
        let told = serde_json::json!({ "alert": alert, "history": history });
        serde_json::to_string_pretty(&told).context("cannot write JSON")?
    } else {
        let languages = args.lang.map_or(vec![Language::Zh, Language::En], |one| vec![one]);
        let told = languages.into_iter().map(|language| told(&alert, &history, language));
        told.collect::<Vec<_>>().join("\n")
    };
    writeln!(std::io::stdout(), "{}", text.trim_end()).context("cannot print")?;
    Ok(ExitCode::SUCCESS)
}

/// Everything, in one language.
fn told(alert: &Alert, history: &[HistoryEntry], language: Language) -> String {
    let mut text = String::new();
    let mut line = |parts: std::fmt::Arguments<'_>| {
        text.push_str(&parts.to_string());
        text.push('\n');
    };
    let word = |group: &str, value: &str| language.word(group, value).to_owned();
    line(format_args!("{}", headline(alert, language)));
    line(format_args!("  {}", alert.id));
    line(format_args!("  {}: {}", word("alert", "place"), place(&alert.place)));
    if let Some(fence) = &alert.fence {
        let kind = word("fence_kind", &fence.kind);
        let version = word("alert", "fence_version");
        line(format_args!(
            "  {}: {} · {kind} · {version} {}",
            word("alert", "fence"),
            fence.name,
            fence.version
        ));
    }
    let basis =
        alert.legal_basis.as_ref().or(alert.fence.as_ref().and_then(|f| f.legal_basis.as_ref()));
    if let Some(basis) = basis {
        line(format_args!("  {}: {basis}", word("alert", "legal_basis")));
    }
    line(format_args!("\n{}", word("alert", "history")));
    for turn in alert.why.iter().flat_map(|why| &why.turns) {
        let fence = turn.fence.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        line(format_args!("  {}  {}{fence}", turn.at, word("why_state", &turn.state)));
    }
    for entry in history {
        let reason = entry.reason.as_deref().map(|reason| format!(" · {}", word("reason", reason)));
        let (actor, action) = (word("actor", &entry.actor), word("action", &entry.action));
        line(format_args!("  {}  {actor} · {action}{}", entry.at, reason.unwrap_or_default()));
    }
    let facts = alert.why.as_ref().map_or(&[][..], |why| &why.facts);
    if facts.is_empty() {
        return text;
    }
    line(format_args!("\n{}", word("why", "title")));
    for fact in facts {
        line(format_args!("  {}: {}", word("why_fact", &fact.name), amount(fact)));
    }
    line(format_args!("\n{}", word("why", "otherwise")));
    for (fact, limit) in facts.iter().filter_map(|fact| Some((fact, fact.limit?))) {
        line(format_args!("  - {}", otherwise(fact, limit, language)));
    }
    text
}

fn headline(alert: &Alert, language: Language) -> String {
    let rule = match (&alert.rule_name, language) {
        (Some(name), Language::Zh) => name.zh.clone(),
        (Some(name), Language::En) => name.en.clone(),
        (None, _) => language.word("rule", alert.rule.as_str()).to_owned(),
    };
    let version = alert.rule_version.as_ref().map(|version| format!(" ({version})"));
    let class = language.word("class", alert.class.as_str());
    format!("{rule}{} · {class} · {}", version.unwrap_or_default(), alert.source_name)
}

fn place(place: &Place) -> String {
    match place {
        Place::Ground { lon, lat, ellipse95, .. } => format!(
            "{lon:.7}, {lat:.7} WGS-84, 95 % ± {:.1} m × {:.1} m",
            ellipse95.semi_major_m, ellipse95.semi_minor_m
        ),
        Place::Image { x, y } => format!("x {x:.3}, y {y:.3}"),
    }
}

fn amount(fact: &Fact) -> String {
    let value = in_unit(fact.value, fact.unit);
    match fact.limit {
        None => value,
        Some(Limit { sense, value: limit }) => {
            let sign = if sense == Sense::AtLeast { "≥" } else { "≤" };
            format!("{value} {sign} {}", in_unit(limit, fact.unit))
        }
    }
}

fn otherwise(fact: &Fact, limit: Limit, language: Language) -> String {
    let key = match limit.sense {
        Sense::AtLeast => "why.had_been_less",
        Sense::AtMost => "why.had_been_more",
    };
    let (name, limit) = (language.word("why_fact", &fact.name), in_unit(limit.value, fact.unit));
    language.say(key, &[("fact", name), ("limit", &limit)])
}

fn in_unit(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Second => format!("{value:.1} s"),
        Unit::Metre => format!("{value:.1} m"),
        Unit::SquareMetre => format!("{value:.1} m²"),
        Unit::KilometrePerHour => format!("{value:.1} km/h"),
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::Count => format!("{value}"),
    }
}
