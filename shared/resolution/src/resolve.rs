//! Filling in a release's templates for one request.

use std::borrow::Cow;
use std::sync::Arc;

use domain::{Error, FieldError, Id};
use serde::Serialize;
use serde_json::{Map, Value};
use templates::{Binding, Notation, Texts, is_rounded, lookup, value_to_text};

use crate::Prepared;
use crate::arms::{Arms, Choice};
use crate::prepared::{Body, Live, Source};

/// The longest that a prompt may become, in bytes, over all its messages. A template of a megabyte and a value of
/// a megabyte could make terabytes.
pub const LARGEST_RENDERING_BYTES: usize = 4 << 20;

/// What a caller asks for, besides the prompt.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The unit of experiments.
    pub user_id: Option<&'a str>,
    /// Values of the variables.
    pub variables: Variables<'a>,
}

/// Values by name: a JSON object, as it was read.
#[derive(Debug, Clone, Copy)]
pub enum Variables<'a> {
    /// Any.
    Map(&'a Map<String, Value>),
    /// One of texts alone.
    Texts(&'a Texts),
}

impl<'a> From<&'a Map<String, Value>> for Variables<'a> {
    fn from(map: &'a Map<String, Value>) -> Self {
        Self::Map(map)
    }
}

/// Why this version and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// The pointer says so.
    Pointer,
    /// An experiment assigned it.
    Experiment,
    /// A canary assigned it.
    Canary,
    /// An experiment or canary runs and this caller gets its control: not covered, without a user id, or while the
    /// experiment is paused. A canary's control arm says so too.
    Control,
    /// The experiment is switched off: its control.
    Killed,
    /// The experiment names this unit.
    Forced,
    /// The caller asked for it.
    Pinned,
}

impl Assignment {
    /// `pointer`, `experiment`, …
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pointer => "pointer",
            Self::Experiment => "experiment",
            Self::Canary => "canary",
            Self::Control => "control",
            Self::Killed => "killed",
            Self::Forced => "forced",
            Self::Pinned => "pinned",
        }
    }
}

/// Which version a caller is served, and why.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The release that it comes from.
    pub prepared: Arc<Prepared>,
    /// Why this version.
    pub assignment: Assignment,
    pub(crate) arm: Option<usize>,
    /// The unit, if chance assigned it.
    unit: Option<String>,
}

/// A prompt with values for its variables, not yet written: as JSON by [`Bound::to_json`], as texts by
/// [`Bound::render`].
#[derive(Debug)]
pub struct Bound<'a> {
    /// Which version.
    pub chosen: Chosen,
    /// Variables without a value, in order of appearance: they stand in the text as they were written.
    pub missing_variables: Vec<String>,
    /// The version.
    pub live: &'a Live,
    pub(crate) body: BoundBody<'a>,
    pub(crate) system_prompt: Option<BoundText<'a>>,
}

#[derive(Debug)]
pub(crate) enum BoundBody<'a> {
    Text(BoundText<'a>),
    /// With the role of each.
    Messages(Vec<(&'a str, BoundText<'a>)>),
}

#[derive(Debug)]
pub(crate) struct BoundText<'a> {
    pub(crate) binding: Binding<'a, Cow<'a, str>>,
    pub(crate) notation: &'a Notation,
}

/// A prompt as a model is sent it.
#[derive(Debug)]
pub struct Resolved {
    /// Which version.
    pub chosen: Chosen,
    /// The text, of a text prompt.
    pub text: Option<String>,
    /// The messages, of a chat prompt.
    pub messages: Option<Vec<ResolvedMessage>>,
    /// What the model is told before all else.
    pub system_prompt: Option<String>,
    /// Variables without a value, in order of appearance: they stand in the text as they were written.
    pub missing_variables: Vec<String>,
}

/// A unit that chance assigned to an arm: what its exposure, its inferences and its feedback are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tracked<'a> {
    /// The experiment, or the canary.
    pub experiment_id: &'a Id,
    /// The arm.
    pub variant: &'a str,
    /// The allocation period in force.
    pub period: i64,
    /// The caller's user.
    pub unit: &'a str,
}

/// A message as a model is sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolvedMessage {
    /// Who speaks.
    pub role: String,
    /// What they say.
    pub content: String,
}

impl Chosen {
    /// The version. [`bind`] made sure that there is one.
    pub fn live(&self) -> Option<&Live> {
        self.prepared.served(self.arm)
    }

    /// The experiment or canary that runs here, whether or not it assigned this caller; none for a pinned version.
    pub fn experiment_id(&self) -> Option<&Id> {
        self.arm.and(self.arms()).map(|arms| &arms.experiment_id)
    }

    /// The arm that is served; the control's name also where nobody was assigned.
    pub fn variant(&self) -> Option<&str> {
        self.arms()?.name(self.arm?)
    }

    /// The unit and its arm, if chance assigned it. Whoever was forced, killed, not covered or came without a user
    /// id would bias the comparison.
    pub fn tracked(&self) -> Option<Tracked<'_>> {
        let arms = self.arms()?;
        let variant = arms.name(self.arm?)?;
        let unit = self.unit.as_deref()?;
        Some(Tracked { experiment_id: &arms.experiment_id, variant, period: arms.period, unit })
    }

    fn arms(&self) -> Option<&Arms> {
        self.prepared.arms.as_ref()
    }
}

/// Chooses the version for this caller and fills in its templates.
///
/// # Errors
/// As [`bind`].
pub fn resolve(prepared: &Arc<Prepared>, request: &Request<'_>) -> Result<Resolved, Error> {
    bind(prepared, request).map(Bound::render)
}

/// Chooses the version for this caller and finds the values of its variables.
///
/// # Errors
/// [`Error::NotFound`] when the prompt is archived or nothing is live, [`Error::Validation`] when a number among
/// the values has been rounded or the result would be too large.
pub fn bind<'a>(prepared: &'a Arc<Prepared>, request: &Request<'a>) -> Result<Bound<'a>, Error> {
    if prepared.release.archived {
        return Err(Error::NotFound("prompt"));
    }
    let choice = choose(prepared, request);
    let Some(live) = prepared.served(choice.arm) else {
        return Err(Error::NotFound("live version in this environment"));
    };
    let mut binder = Binder { variables: request.variables, missing: Vec::new(), bytes: 0 };
    let system_prompt = live.system_prompt.as_ref().map(|source| binder.bind(source)).transpose()?;
    let body = match &live.body {
        Body::Text(source) => BoundBody::Text(binder.bind(source)?),
        Body::Messages(messages) => {
            let bound = messages.iter().map(|(role, source)| Ok((role.as_str(), binder.bind(source)?)));
            BoundBody::Messages(bound.collect::<Result<_, Error>>()?)
        }
    };
    let unit = request.user_id.filter(|_| choice.is_randomised).map(str::to_owned);
    let Choice { arm, assignment, .. } = choice;
    let chosen = Chosen { prepared: prepared.clone(), assignment, arm, unit };
    Ok(Bound { chosen, missing_variables: binder.missing, live, body, system_prompt })
}

impl Bound<'_> {
    /// Fills in the templates.
    pub fn render(self) -> Resolved {
        let (text, messages) = match self.body {
            BoundBody::Text(text) => (Some(text.render()), None),
            BoundBody::Messages(messages) => {
                let messages = messages.iter().map(|(role, content)| ResolvedMessage {
                    role: (*role).to_owned(),
                    content: content.render(),
                });
                (None, Some(messages.collect()))
            }
        };
        let system_prompt = self.system_prompt.as_ref().map(BoundText::render);
        Resolved {
            chosen: self.chosen,
            text,
            messages,
            system_prompt,
            missing_variables: self.missing_variables,
        }
    }
}

impl BoundText<'_> {
    fn render(&self) -> String {
        let mut text = String::new();
        self.binding.write_to(&mut text);
        text
    }
}

/// What is served, and why: the caller's choice before an experiment's, an experiment's before the pointer's.
fn choose(prepared: &Prepared, request: &Request<'_>) -> Choice {
    match &prepared.arms {
        _ if prepared.release.pinned => Choice::without_experiment(Assignment::Pinned),
        Some(arms) => arms.choose(request.user_id.unwrap_or_default()),
        None => Choice::without_experiment(Assignment::Pointer),
    }
}

/// Binds several templates to the same values.
struct Binder<'a> {
    variables: Variables<'a>,
    missing: Vec<String>,
    /// How long they all are, filled in.
    bytes: usize,
}

impl<'a> Binder<'a> {
    fn bind(&mut self, source: &'a Source) -> Result<BoundText<'a>, Error> {
        let mut rounded = None;
        let binding = source.template.bind(|name| {
            let map = match self.variables {
                Variables::Map(map) => map,
                Variables::Texts(texts) => return texts.get(name).map(Cow::Borrowed),
            };
            let value = lookup(map, name)?;
            if is_rounded(value) {
                rounded = Some(name);
            }
            Some(value_to_text(value))
        });
        if let Some(name) = rounded {
            let detail = "a whole number beyond 64 bits is not exact in JSON: send a string";
            return Err(Error::field(format!("variables.{name}"), "out_of_range", detail));
        }
        self.bytes = self.bytes.saturating_add(binding.rendered_len());
        if self.bytes > LARGEST_RENDERING_BYTES {
            let detail = format!("the resolved prompt would be longer than {LARGEST_RENDERING_BYTES} bytes");
            return Err(Error::Validation(vec![FieldError::new("variables", "too_large", detail)]));
        }
        for name in binding.missing() {
            if !self.missing.iter().any(|known| known == name) {
                self.missing.push(name.to_owned());
            }
        }
        Ok(BoundText { binding, notation: &source.json })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn release(content: Value) -> Arc<Prepared> {
        let mut version = json!({
            "version_id": "ver_01h2xcejqtf2nbrexx3vqjhp41", "version_number": 3, "content_hash": "c0ffee",
            "variables": [], "type": "text", "template_text": null, "messages": null, "system_prompt": null,
            "few_shot_examples": [{"input": "{{ a }}", "output": "b"}], "model_id": "gpt-4.1",
            "temperature": 0.5, "max_tokens": 100, "config": {"seed": 7},
        });
        version.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
        let document = json!({
            "prompt_id": "prm_01h2xcejqtf2nbrexx3vqjhp41", "name": "team/greeting",
            "environment": "production", "revision": 42, "archived": false, "version": version,
        });
        Arc::new(Prepared::parse(&document.to_string()).unwrap().0)
    }

    fn resolved(prepared: &Arc<Prepared>, variables: &Value) -> Result<Value, Error> {
        let request = Request { user_id: None, variables: variables.as_object().unwrap().into() };
        bind(prepared, &request).map(|bound| serde_json::from_slice(&bound.to_json()).unwrap())
    }

    #[test]
    fn a_text_is_filled_in_and_everything_else_is_as_stored() {
        let prepared = release(json!({
            "template_text": "Hello {{ name }}, {{greeting}} {{{{ raw }}", "system_prompt": "For {{ name }} {{ other }}",
        }));
        let answer = resolved(&prepared, &json!({"name": "Zoë {{ greeting }}", "greeting": 7})).unwrap();
        let expected = json!({
            "prompt_id": "prm_01h2xcejqtf2nbrexx3vqjhp41", "name": "team/greeting",
            "version_id": "ver_01h2xcejqtf2nbrexx3vqjhp41", "version_number": 3,
            "environment": "production", "revision": 42, "type": "text",
            "resolved_text": "Hello Zoë {{ greeting }}, 7 {{ raw }}",
            "system_prompt": "For Zoë {{ greeting }} {{ other }}",
            "few_shot_examples": [{"input": "{{ a }}", "output": "b"}], "model_id": "gpt-4.1",
            "temperature": 0.5, "max_tokens": 100, "config": {"seed": 7}, "content_hash": "c0ffee",
            "experiment_id": null, "variant": null, "assignment": "pointer", "missing_variables": ["other"],
        });
        assert_eq!(answer, expected);
    }

    #[test]
    fn a_chat_is_filled_in_message_by_message() {
        let messages =
            json!([{"role": "system", "content": "{{ a }}"}, {"role": "user", "content": "{{ b }}{{ c }}"}]);
        let prepared = release(json!({"type": "chat", "messages": messages}));
        let answer = resolved(&prepared, &json!({"a": "1", "b": true})).unwrap();
        let expected =
            json!([{"role": "system", "content": "1"}, {"role": "user", "content": "true{{ c }}"}]);
        assert_eq!(answer["messages"], expected);
        assert_eq!(answer["missing_variables"], json!(["c"]));
        assert_eq!(answer.get("resolved_text"), None);
    }

    #[test]
    fn what_is_written_as_json_is_what_is_rendered() {
        let texts = [
            "",
            "{{ a }}",
            "\"{{ a }}\"\\",
            "{{{{ a }}\n{{{{{{ b }}\t",
            "{{\t b }}\u{1}é🦀{{ a }}{{ a }}",
            "{{ a",
        ];
        let variables = json!({"a": "\"\u{0}\\ {{ b }} 日本\n"});
        for text in texts {
            let messages = json!([{"role": "user", "content": text}, {"role": "assistant", "content": ""}]);
            for content in [
                json!({"template_text": text, "system_prompt": text}),
                json!({"type": "chat", "messages": messages, "system_prompt": text}),
            ] {
                let prepared = release(content);
                let request = Request { user_id: None, variables: variables.as_object().unwrap().into() };
                let rendered = resolve(&prepared, &request).unwrap();
                let answer = resolved(&prepared, &variables).unwrap();
                assert_eq!(answer["resolved_text"].as_str(), rendered.text.as_deref());
                assert_eq!(answer["system_prompt"].as_str(), rendered.system_prompt.as_deref());
                let messages = rendered.messages.map(|messages| serde_json::to_value(messages).unwrap());
                assert_eq!(answer.get("messages"), messages.as_ref());
                assert_eq!(answer["missing_variables"], json!(rendered.missing_variables));
            }
        }
    }

    #[test]
    fn texts_fill_in_like_a_map() {
        let prepared =
            release(json!({"template_text": "{{ a }}{{ b.c }}{{ d }}", "system_prompt": "{{ d }}"}));
        let json = r#"{"a": "Zoë", "b.c": "{{ a }}", "d.e": "x"}"#;
        let texts = Texts::read(json.to_owned()).unwrap();
        let request = Request { user_id: None, variables: Variables::Texts(&texts) };
        let answer: Value = serde_json::from_slice(&bind(&prepared, &request).unwrap().to_json()).unwrap();
        assert_eq!(answer, resolved(&prepared, &serde_json::from_str(json).unwrap()).unwrap());
        assert_eq!(answer["resolved_text"], "Zoë{{ a }}{{ d }}");
    }

    #[test]
    fn every_missing_variable_is_listed_once() {
        let prepared = release(json!({"template_text": "{{ a }}{{ b }}{{ a }}", "system_prompt": "{{ b }}"}));
        let answer = resolved(&prepared, &json!({})).unwrap();
        assert_eq!(answer["missing_variables"], json!(["b", "a"]));
    }

    #[test]
    fn a_prompt_may_not_grow_without_bound() {
        let prepared = release(json!({"template_text": "{{ a }}".repeat(100_000)}));
        let error = resolved(&prepared, &json!({"a": "x".repeat(64_000)})).unwrap_err();
        assert!(matches!(error, Error::Validation(_)));
    }

    #[test]
    fn a_number_is_itself_or_refused() {
        let prepared = release(json!({"template_text": "{{ a }}"}));
        let fill = |json: &str| resolved(&prepared, &serde_json::from_str(json).unwrap());
        assert_eq!(fill(r#"{"a": 1234567890123456789}"#).unwrap()["resolved_text"], "1234567890123456789");
        assert!(fill(r#"{"b": 123456789012345678901234567890}"#).is_ok(), "it is not used");
        let Err(Error::Validation(errors)) = fill(r#"{"a": [123456789012345678901234567890]}"#) else {
            panic!("it has been rounded")
        };
        assert_eq!((errors[0].field.as_str(), errors[0].code), ("variables.a", "out_of_range"));
    }

    #[test]
    fn nothing_live_and_archived_are_not_found() {
        let document = json!({
            "prompt_id": "prm_01h2xcejqtf2nbrexx3vqjhp41", "name": "a", "environment": "staging",
            "revision": 1, "archived": false, "version": null,
        });
        let prepared = Arc::new(Prepared::parse(&document.to_string()).unwrap().0);
        assert!(matches!(resolved(&prepared, &json!({})), Err(Error::NotFound(_))));
    }
}
