//! What a turn is made of, for those who look at traces.

use domain::Error;
use edge::{Call, Function, Span, Work};
use events::{Attribute, Inference, SpanKind};
use platform::Context;
use resolution::Resolved;

/// The prompt was resolved, if there is one.
pub(crate) fn resolved(call: &Call, started_ms: i64, prompt: Option<&Resolved>) {
    let Some(prompt) = prompt else { return };
    let version = prompt.chosen.live().map_or("", |live| live.version.version_id.as_str());
    let work = Work {
        name: "resolve",
        kind: SpanKind::Internal,
        started_ms,
        error: None,
        attributes: &[
            ("promptlab.prompt.id", Attribute::Text(prompt.chosen.prepared.release.prompt_id.as_str())),
            ("promptlab.version.id", Attribute::Text(version)),
        ],
    };
    call.end_span(call.new_span(), &work);
}

/// A statement was run.
pub(crate) fn stored(call: &Call, started_ms: i64, statement: &str, error: Option<&Error>) {
    let work = Work {
        name: "store",
        kind: SpanKind::Client,
        started_ms,
        error: error
            .map(|error| if matches!(error, Error::Unavailable(_)) { "unavailable" } else { "refused" }),
        attributes: &[
            ("db.system.name", Attribute::Text("postgresql")),
            ("db.operation.name", Attribute::Text(statement)),
        ],
    };
    call.end_span(call.new_span(), &work);
}

/// A model was asked. `span` is what its provider was told of.
pub(crate) fn asked(context: &Context, span: &Span, started_ms: i64, inference: &Inference) {
    let number = |name, count: Option<i64>| (name, count.map_or(Attribute::Text(""), Attribute::Number));
    let work = Work {
        name: &format!("chat {}", inference.model),
        kind: SpanKind::Client,
        started_ms,
        error: inference.error_code.as_deref(),
        attributes: &[
            ("gen_ai.operation.name", Attribute::Text("chat")),
            ("gen_ai.request.model", Attribute::Text(&inference.model)),
            number("gen_ai.usage.input_tokens", inference.tokens_in),
            number("gen_ai.usage.output_tokens", inference.tokens_out),
            number("promptlab.ttft_ms", inference.ttft_ms),
        ],
    };
    span.end(context, Function::Chat, &inference.team_id, &work);
}
