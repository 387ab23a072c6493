//! What is counted of a question, whichever route it came by.

use domain::Id;
use edge::Span;
use events::{Inference, Source, Status};
use llm::ChatRequest;
use resolution::Resolved;
use serde_json::{Value, json};

use crate::generation::End;

/// A question to a model, and whose it is.
pub(crate) struct Asked<'a> {
    pub(crate) team_id: &'a Id,
    pub(crate) source: Source,
    pub(crate) request_id: &'a str,
    pub(crate) prompt: Option<&'a Resolved>,
    pub(crate) user_id: Option<&'a str>,
    /// Asking the model, where the caller traces.
    pub(crate) span: Option<Span>,
    pub(crate) request: &'a ChatRequest,
}

impl Asked<'_> {
    /// What is known of the inference from its question, and of how it ended.
    pub(crate) fn inference(&self, model: &str, end: &End) -> Inference {
        let tracked = self.prompt.and_then(|prompt| prompt.chosen.tracked());
        let release = self.prompt.map(|prompt| &prompt.chosen.prepared.release);
        let (status, error_code) = match end {
            End::Complete => (Status::Ok, None),
            End::Cancelled => (Status::Cancelled, None),
            End::Failed(error) => (Status::Error, Some(error.name().to_owned())),
        };
        Inference {
            prompt_id: release.map(|release| release.prompt_id.clone()),
            version_id: self.prompt.and_then(|prompt| Some(prompt.chosen.live()?.version.version_id.clone())),
            environment: release.map(|release| release.environment),
            experiment_id: tracked.map(|tracked| tracked.experiment_id.clone()),
            variant: tracked.map(|tracked| tracked.variant.to_owned()),
            period: tracked.map(|tracked| tracked.period),
            unit: self.user_id.map(str::to_owned),
            error_code,
            request_id: Some(self.request_id.to_owned()),
            trace_id: self.span.map(|span| span.trace_id()),
            span_id: self.span.map(|span| span.span_id()),
            parent_span_id: self.span.map(|span| span.parent_span_id()),
            input: Some(self.input()),
            ..Inference::new(self.team_id.clone(), self.source, model.to_owned(), status)
        }
    }

    /// What the model was asked, as it is kept.
    fn input(&self) -> Value {
        let turns = self.request.messages.iter();
        let turns = turns.map(|turn| json!({"role": turn.role.as_str(), "content": turn.content.text()}));
        json!({"system": self.request.system, "messages": turns.collect::<Vec<_>>()})
    }
}

/// Of a model that has said nothing, nobody knows whether it has read anything.
pub(crate) fn is_known(reported: Option<llm::Usage>, has_spoken: bool, end: &End) -> bool {
    reported.is_some() || has_spoken || matches!(end, End::Complete)
}
