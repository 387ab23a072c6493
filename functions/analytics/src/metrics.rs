//! `GET /metrics`: Prometheus' text format, version 0.0.4.

use std::fmt::Write;

use axum::body::Body;
use axum::response::Response;
use edge::{Call, Problem};
use events::Backlog;
use http::header::{CONTENT_TYPE, HeaderValue};
use store::analytics::{self, Counter};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

pub(crate) async fn show(call: Call) -> Result<Response, Problem> {
    let counters = analytics::counters(&call.database, call.team_id()).await?;
    // What waits is of all teams: for the one that runs the installation. Without Redis nothing does.
    let backlog = match call.redis().filter(|_| call.key().is_operator) {
        Some(redis) => events::backlog(redis).await.ok(),
        None => None,
    };
    let mut response = Response::new(Body::from(text(call.team_id().as_str(), &counters, backlog)));
    response.headers_mut().insert(CONTENT_TYPE, MEDIA_TYPE);
    Ok(response)
}

fn text(team_id: &str, counters: &[Counter], backlog: Option<Backlog>) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, f64)]| {
        // Writing into a string never fails.
        let _never = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let _never = writeln!(text, "{name}{labels} {value}");
        }
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
    family(
        "promptlab_latency_seconds_total",
        "counter",
        "How long inferences took, together.",
        &by_status(|counter| number(counter.latency_sum_ms) / 1_000.0),
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
    if let Some(backlog) = backlog {
        let waiting = [(String::new(), number(backlog.waiting))];
        family(
            "promptlab_events_waiting",
            "gauge",
            "Events that are not stored yet, of all teams.",
            &waiting,
        );
        let set_aside = [(String::new(), number(backlog.set_aside))];
        family(
            "promptlab_events_set_aside",
            "gauge",
            "Events that can never be stored, of all teams.",
            &set_aside,
        );
    }
    text
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
        };
        let backlog = Backlog { waiting: 7, set_aside: 0 };
        let text = text("team_1", &[counter], Some(backlog));
        assert!(text.starts_with("# HELP promptlab_inferences_total Inferences by how they ended.\n# TYPE promptlab_inferences_total counter\npromptlab_inferences_total{team_id=\"team_1\",status=\"ok\"} 3\n"));
        assert!(text.contains("\npromptlab_latency_seconds_total{team_id=\"team_1\",status=\"ok\"} 1.5\n"));
        assert!(text.ends_with("\npromptlab_events_set_aside 0\n"));
    }
}
