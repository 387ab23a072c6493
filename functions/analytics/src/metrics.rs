//! `GET /metrics`: Prometheus' text format, version 0.0.4.

use std::fmt::Write;

use axum::body::Body;
use axum::response::Response;
use domain::Error;
use edge::{Call, Problem};
use events::Backlog;
use histogram::Histogram;
use http::header::{CONTENT_TYPE, HeaderValue};
use store::analytics::{self, Counter};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

pub(crate) async fn show(call: Call) -> Result<Response, Problem> {
    // What waits is of all teams: for the one that runs the installation. Without Redis nothing does.
    let backlog = match call.redis().filter(|_| call.key().is_operator) {
        Some(redis) => events::backlog(redis).await.ok(),
        None => None,
    };
    // How much waits is what one wants to know while the database is down. Counters that are missing say so by that.
    let counters = match analytics::counters(&call.database, call.team_id()).await {
        Ok(counters) => Some(counters),
        Err(Error::Unavailable(_)) if backlog.is_some() => None,
        Err(error) => return Err(error.into()),
    };
    let body = text(call.team_id().as_str(), counters.as_deref(), backlog);
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, MEDIA_TYPE);
    Ok(response)
}

fn text(team_id: &str, counters: Option<&[Counter]>, backlog: Option<Backlog>) -> String {
    let mut text = String::new();
    if let Some(counters) = counters {
        push_counters(&mut text, team_id, counters);
        push_histograms(&mut text, team_id, counters);
    }
    if let Some(backlog) = backlog {
        push_backlog(&mut text, backlog, counters.is_some());
    }
    text
}

fn push(text: &mut String, name: &str, kind: &str, help: &str, samples: &[(String, f64)]) {
    // Writing into a string never fails.
    let _never = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in samples {
        let _never = writeln!(text, "{name}{labels} {value}");
    }
}

fn push_counters(text: &mut String, team_id: &str, counters: &[Counter]) {
    let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, f64)]| {
        push(text, name, kind, help, samples);
    };
    let by_status = |value: fn(&Counter) -> f64| -> Vec<(String, f64)> {
        counters
            .iter()
            .filter_map(|counter| {
                let status = counter.status.as_deref()?;
                Some((format!("{{team_id=\"{team_id}\",status=\"{status}\"}}"), value(counter)))
            })
            .collect()
    };
    family(
        "promptlab_inferences_total",
        "counter",
        "Inferences by how they ended.",
        &by_status(|counter| number(counter.requests)),
    );
    family(
        "promptlab_tokens_in_total",
        "counter",
        "Tokens that models read.",
        &by_status(|counter| number(counter.tokens_in)),
    );
    family(
        "promptlab_tokens_out_total",
        "counter",
        "Tokens that models wrote.",
        &by_status(|counter| number(counter.tokens_out)),
    );
    family(
        "promptlab_cost_usd_total",
        "counter",
        "What inferences cost.",
        &by_status(|counter| counter.cost_usd),
    );
    let team = format!("{{team_id=\"{team_id}\"}}");
    let approvals: f64 = counters.iter().map(|counter| counter.approval_sum).sum::<f64>() + 0.0;
    #[expect(clippy::cast_precision_loss, reason = "2^53 is more than there are")]
    let judged: f64 = counters.iter().map(|counter| counter.approvals as f64).sum::<f64>() + 0.0;
    family("promptlab_approvals", "gauge", "Answers that people approve of.", &[(team.clone(), approvals)]);
    family(
        "promptlab_judgements",
        "gauge",
        "Answers that people approve or disapprove of.",
        &[(team, judged)],
    );
}

/// Upper bounds of what is counted together, in seconds: from the first words of a quick model to the end of a long answer.
const BOUNDS_S: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0];

fn push_histograms(text: &mut String, team_id: &str, counters: &[Counter]) {
    type Measure = fn(&Counter) -> (Option<&Histogram>, u64);
    let latency: Measure = |counter| (counter.latency.as_ref(), counter.latency_sum_ms);
    let ttft: Measure = |counter| (counter.ttft.as_ref(), counter.ttft_sum_ms);
    for (name, help, measure) in [
        ("promptlab_inference_duration_seconds", "How long inferences took.", latency),
        ("promptlab_time_to_first_token_seconds", "How long inferences took to their first token.", ttft),
    ] {
        let _never = writeln!(text, "# HELP {name} {help}\n# TYPE {name} histogram");
        for counter in counters {
            let (Some(status), (Some(histogram), sum_ms)) = (&counter.status, measure(counter)) else {
                continue;
            };
            let labels = format!("team_id=\"{team_id}\",status=\"{status}\"");
            for bound_s in BOUNDS_S {
                let count = histogram.count_up_to(bound_s * 1_000.0);
                let _never = writeln!(text, "{name}_bucket{{{labels},le=\"{bound_s}\"}} {count}");
            }
            let (count, seconds) = (histogram.count(), number(sum_ms) / 1_000.0);
            let _never = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
            let _never = writeln!(text, "{name}_sum{{{labels}}} {seconds}\n{name}_count{{{labels}}} {count}");
        }
    }
}

/// Of all teams.
fn push_backlog(text: &mut String, backlog: Backlog, database_is_up: bool) {
    for (name, help, value) in [
        (
            "promptlab_events_waiting",
            "Events that are not stored yet, of all teams.",
            number(backlog.waiting),
        ),
        (
            "promptlab_events_set_aside",
            "Events that can never be stored, of all teams.",
            number(backlog.set_aside),
        ),
        ("promptlab_database_up", "Whether PostgreSQL answers.", f64::from(u8::from(database_is_up))),
    ] {
        push(text, name, "gauge", help, &[(String::new(), value)]);
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 is more than there are")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_that_of_prometheus() {
        let counter = Counter {
            status: Some("ok".to_owned()),
            requests: 3,
            tokens_in: 10,
            tokens_out: 20,
            cost_usd: 0.5,
            approvals: 2,
            approval_sum: 1.0,
            latency_sum_ms: 1_500,
            // 92 ms and, twice, 694 ms.
            latency: Some([(228, 1), (330, 2)].into_iter().collect()),
            ttft_sum_ms: 0,
            ttft: None,
        };
        let backlog = Backlog { waiting: 7, set_aside: 0 };
        let text = text("team_1", Some(&[counter]), Some(backlog));
        assert!(text.starts_with("# HELP promptlab_inferences_total Inferences by how they ended.\n# TYPE promptlab_inferences_total counter\npromptlab_inferences_total{team_id=\"team_1\",status=\"ok\"} 3\n"));
        let duration = "\npromptlab_inference_duration_seconds";
        for line in [
            "_bucket{team_id=\"team_1\",status=\"ok\",le=\"0.05\"} 0\n",
            "_bucket{team_id=\"team_1\",status=\"ok\",le=\"0.1\"} 1\n",
            "_bucket{team_id=\"team_1\",status=\"ok\",le=\"0.5\"} 1\n",
            "_bucket{team_id=\"team_1\",status=\"ok\",le=\"1\"} 3\n",
            "_bucket{team_id=\"team_1\",status=\"ok\",le=\"+Inf\"} 3\n",
            "_sum{team_id=\"team_1\",status=\"ok\"} 1.5\n",
            "_count{team_id=\"team_1\",status=\"ok\"} 3\n",
        ] {
            assert!(text.contains(&[duration, line].concat()), "{line} is not in {text}");
        }
        assert!(!text.contains("first_token_seconds_"), "nothing was measured");
        assert!(
            text.contains("\npromptlab_events_set_aside 0\n")
                && text.ends_with("\npromptlab_database_up 1\n")
        );
    }

    #[test]
    fn what_waits_is_there_without_the_database() {
        let text = text("team_1", None, Some(Backlog { waiting: 7, set_aside: 0 }));
        assert!(text.starts_with("# HELP promptlab_events_waiting "), "{text}");
        assert!(
            text.contains("\npromptlab_events_waiting 7\n") && text.ends_with("\npromptlab_database_up 0\n")
        );
    }
}
