//! The metrics recorder, and what each metric means.

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

const SECONDS: &[f64] =
    &[0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.0];

/// Installs the recorder; once per process.
pub(crate) fn install() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets(SECONDS)
        .context("the histogram buckets are not valid")?
        .install_recorder()
        .context("cannot install the metrics recorder")?;
    metrics::describe_histogram!("xunjian_detect_seconds", "time of one detection");
    metrics::describe_counter!("xunjian_detect_errors_total", "frames that could not be looked at");
    metrics::describe_counter!(
        "xunjian_ambiguous_total",
        "vehicles that stood where inside or outside a fence cannot be told"
    );
    metrics::describe_counter!(
        "xunjian_shadow_total",
        "alerts that rules in shadow mode would have raised, by rule"
    );
    metrics::describe_gauge!(
        "xunjian_blocked_seconds",
        "time a stage has waited for the next one, in all"
    );
    metrics::describe_counter!(
        "xunjian_aircraft_messages_total",
        "messages of aircraft that were kept"
    );
    metrics::describe_counter!(
        "xunjian_aircraft_bad_messages_total",
        "messages on aircraft topics that could not be understood"
    );
    metrics::describe_counter!(
        "xunjian_observation_messages_total",
        "messages of sensors and other detectors that were kept"
    );
    metrics::describe_counter!(
        "xunjian_observations_refused_total",
        "messages of sensors and other detectors that were not taken, by why"
    );
    metrics::describe_counter!(
        "xunjian_scene_changes_total",
        "cameras that told that they look at something else than before"
    );
    metrics::describe_histogram!(
        "xunjian_observation_kept_seconds",
        "from taking up the first message of a batch to its acknowledgement"
    );
    metrics::describe_histogram!(
        "xunjian_observation_judged_seconds",
        "from taking up the first message of a batch to its last being judged"
    );
    metrics::describe_gauge!("xunjian_terminal_connections", "terminals that are connected");
    metrics::describe_counter!(
        "xunjian_terminal_positions_total",
        "positions of terminals that were kept"
    );
    metrics::describe_counter!(
        "xunjian_terminal_refused_total",
        "what terminals sent and was not taken, by why"
    );
    metrics::describe_gauge!("xunjian_trucks", "trucks that are remembered");
    metrics::describe_counter!(
        "xunjian_truck_reports_total",
        "reports of trucks that were not judged as they came, by what"
    );
    Ok(handle)
}
