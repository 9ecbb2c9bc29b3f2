//! Logging to standard error, and the metrics of `/metrics`.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, LogOptions};

/// A failed setup of telemetry.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is invalid.
    #[error("the log filter is invalid: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Another logger is installed.
    #[error("logging is already set up: {0}")]
    Logging(#[from] tracing_subscriber::util::TryInitError),
    /// Another recorder is installed.
    #[error("metrics are already set up: {0}")]
    Metrics(#[from] BuildError),
}

/// Starts logging. Standard output is left to the output of commands.
///
/// # Errors
/// When the filter is invalid, or logging was started before.
pub fn init_logging(options: &LogOptions) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&options.log)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match options.log_format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).finish().try_init()?,
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}

/// The metrics of the process. The first call installs the recorder, later calls return it.
///
/// # Errors
/// When another recorder was installed.
pub fn recorder() -> Result<PrometheusHandle, TelemetryError> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let installed = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Full("lodgate_batch_commands".to_owned()), &COMMANDS)?
        .install_recorder();
    match installed {
        Ok(handle) => {
            describe();
            Ok(RECORDER.get_or_init(|| handle).clone())
        }
        // Of two concurrent first calls one installs the recorder; both use it.
        Err(error) => RECORDER.get().cloned().ok_or(TelemetryError::Metrics(error)),
    }
}

/// Moves recorded values into their buckets every few seconds, which bounds the memory between scrapes. Never returns.
pub async fn upkeep(handle: PrometheusHandle) {
    let mut every = tokio::time::interval(Duration::from_secs(5));
    loop {
        every.tick().await;
        handle.run_upkeep();
    }
}

/// Buckets from half a millisecond, a cached read, to ten seconds, the time limit of an operation.
const SECONDS: [f64; 14] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Buckets of commands per transaction.
const COMMANDS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

fn describe() {
    describe_counter!("lodgate_requests_total", "GraphQL operations, by kind of operation and outcome");
    describe_histogram!("lodgate_request_seconds", Unit::Seconds, "Queries and mutations, from request to response");
    describe_counter!("lodgate_commits_total", "Committed transactions of the writer");
    describe_histogram!("lodgate_batch_commands", "Commands per transaction");
    describe_counter!("lodgate_refusals_total", "Commands refused, by the rule that refused them");
    describe_counter!("lodgate_cache_total", "Reads of cached blocks, by cache level and outcome");
    describe_histogram!("lodgate_feed_lag_seconds", Unit::Seconds, "From the commit of an event to its delivery");
    describe_counter!("lodgate_connections_refused_total", "Connections refused because the maximum was reached");
    describe_gauge!("lodgate_sockets", "Open websockets");
    describe_gauge!("lodgate_subscriptions", "Running subscriptions");
    describe_gauge!("lodgate_audit_drift", "Wrong counts found by the last audit");
    describe_counter!("lodgate_sql_statements_total", "SQL statements, by the kind of connection that ran them");
    describe_counter!("lodgate_sign_ins_total", "Exchanges at the token endpoint, by grant and outcome");
    describe_counter!("lodgate_rate_limited_total", "Operations refused by a limit, by plan and budget");
    describe_counter!("lodgate_addresses_limited_total", "Requests refused by the limit of their client address");
    describe_counter!("lodgate_events_slowed_total", "Subscription messages that waited for their budget, by plan");
    describe_counter!("lodgate_cost_points_total", "Points, by plan, budget and whether charged or refunded");
    describe_gauge!("lodgate_limits_shared", "1 while budgets are shared with the other nodes, 0 while they are not");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorder_is_installed_once_and_renders() {
        let first = recorder().unwrap();
        metrics::counter!("lodgate_commits_total").increment(1);
        metrics::histogram!("lodgate_feed_lag_seconds").record(0.02);
        let text = recorder().unwrap().render();
        assert!(text.contains("lodgate_commits_total"), "{text}");
        assert!(text.contains("lodgate_feed_lag_seconds_bucket{le=\"0.025\"}"), "{text}");
        first.run_upkeep();
    }
}
