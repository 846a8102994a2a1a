//! A decision told: for a person, and as JSON.

use rules::{Decision, Doubt, Judged, Passed};
use serde_json::{Value, json};

pub(super) fn is_suppressed(judged: &Judged) -> bool {
    matches!(judged.decision, Decision::Passed(Passed::Suppressed(_)))
}

/// In a few words.
pub(super) fn words(judged: &Judged) -> String {
    let (word, more) = told(&judged.decision);
    let p = judged.figures.probability;
    match &judged.decision {
        Decision::Raised { .. } => format!("ALERT {word} {more} (P {p:.2})"),
        Decision::LookAgain { .. } => format!("look again: {word}, {more} (P {p:.2})"),
        _ if more.is_empty() => word.replace('_', " "),
        _ => format!("{}: {more}", word.replace('_', " ")),
    }
}

pub(super) fn json(judged: &Judged) -> Value {
    let (word, more) = told(&judged.decision);
    let kind = match judged.decision {
        Decision::Raised { .. } => "raised",
        Decision::Standing { .. } => "standing",
        Decision::Gone { .. } => "gone",
        Decision::LookAgain { .. } => "look_again",
        Decision::Passed(_) => "passed",
    };
    let figures = judged.figures;
    json!({
        "decision": kind,
        "reason": word,
        "detail": more,
        "large": figures.large,
        "forbidden_share": figures.forbidden,
        "unpermitted_share": figures.unpermitted,
        "probability": figures.probability,
        "signs_of_work": figures.signs,
    })
}

/// A word, and what it is about.
fn told(decision: &Decision) -> (String, String) {
    match decision {
        Decision::Raised { alert, .. } => (alert.rule.to_string(), alert.id.to_string()),
        Decision::Standing { alert, .. } => ("known_and_standing".to_owned(), alert.to_string()),
        Decision::Gone { alert, .. } => ("gone".to_owned(), alert.to_string()),
        Decision::LookAgain { because, remedy, .. } => {
            let because = match because {
                Doubt::Measure => "place_or_size",
                Doubt::PermitLapsed => "permit_lapsed",
                Doubt::Altered => "altered",
            };
            (because.to_owned(), remedy.as_str().to_owned())
        }
        Decision::Passed(passed) => about(passed),
    }
}

fn about(passed: &Passed) -> (String, String) {
    let (word, more) = match passed {
        Passed::Suppressed(reason) => ("suppressed", reason.as_str().to_owned()),
        Passed::TooSmall => ("too_small", String::new()),
        Passed::Outside => ("on_no_such_ground", String::new()),
        Passed::Permitted(numbers) => ("permitted", numbers.join(" ")),
        Passed::Sensitive => ("sensitive_place", String::new()),
        Passed::Removed(alert) => ("seen_removed", alert.to_string()),
        Passed::Past(alert) => ("older_than_known", alert.to_string()),
    };
    (word.to_owned(), more)
}
