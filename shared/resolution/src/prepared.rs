//! A release, with everything done that does not depend on the request.

use serde::Serialize;
use serde_json::{Map, Value};
use store::releases::{Release, ReleasedVersion};
use store::versions::FewShotExample;
use templates::{Notation, Template};

use crate::arms::Arms;
use crate::json;

/// A release whose templates are parsed and whose fixed part of the answer is written already.
#[derive(Debug)]
pub struct Prepared {
    /// The release.
    pub release: Release,
    /// What is live; none before the first promotion.
    pub live: Option<Live>,
    /// What the running experiment or canary serves.
    pub(crate) arms: Option<Arms>,
}

/// A version that is live, or that an arm serves.
#[derive(Debug)]
pub struct Live {
    /// The version.
    pub version: ReleasedVersion,
    /// Revision and version: another one whenever the answer to the same input may be another.
    pub tag: String,
    pub(crate) body: Body,
    pub(crate) system_prompt: Option<Source>,
    /// The members of the answer that are the same for every request: JSON without the braces.
    pub(crate) fixed_members: String,
}

/// What is filled in.
#[derive(Debug)]
pub(crate) enum Body {
    Text(Source),
    Messages(Vec<(String, Source)>),
}

/// A template, and its texts as JSON writes them: nothing of it is read again for an answer. Chat has no use for the
/// second, which costs it the length of the texts.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) template: Template,
    pub(crate) json: Notation,
}

impl Source {
    fn new(text: &str) -> Self {
        let template = Template::parse(text);
        let json = Notation::new(&template, json::write_characters);
        Self { template, json }
    }
}

/// The fixed part of an answer, under the API's names.
#[derive(Serialize)]
struct FixedMembers<'a> {
    prompt_id: &'a str,
    name: &'a str,
    version_id: &'a str,
    version_number: i64,
    environment: &'a str,
    revision: i64,
    r#type: store::versions::VersionKind,
    few_shot_examples: &'a [FewShotExample],
    model_id: &'a str,
    temperature: Option<f64>,
    max_tokens: Option<i64>,
    config: &'a Map<String, Value>,
    content_hash: &'a str,
}

impl Prepared {
    /// Prepares the release in this JSON text, and says how many bytes it takes in memory.
    pub fn parse(json: &str) -> Result<(Self, usize), serde_json::Error> {
        let mut release: Release = serde_json::from_str(json)?;
        let live = release.version.take().map(|version| Live::new(&release, version)).transpose()?;
        let arms = Arms::take(&mut release)?;
        // Source, parsed templates, their texts in JSON and fixed members: each about as long as the text.
        Ok((Self { release, live, arms }, json.len() * 4))
    }
}

impl Live {
    pub(crate) fn new(release: &Release, version: ReleasedVersion) -> Result<Self, serde_json::Error> {
        let content = &version.content;
        let fixed = serde_json::to_string(&FixedMembers {
            prompt_id: release.prompt_id.as_str(),
            name: &release.name,
            version_id: version.version_id.as_str(),
            version_number: version.version_number,
            environment: release.environment.name(),
            revision: release.revision,
            r#type: content.kind,
            few_shot_examples: &content.few_shot_examples,
            model_id: &content.model_id,
            temperature: content.temperature,
            max_tokens: content.max_tokens,
            config: &content.config,
            content_hash: &version.content_hash,
        })?;
        let fixed_members = fixed.trim_start_matches('{').strip_suffix('}').unwrap_or_default().to_owned();
        let body = match (&content.messages, &content.template_text) {
            (Some(messages), _) => Body::Messages(
                messages
                    .iter()
                    .map(|message| (message.role.clone(), Source::new(&message.content)))
                    .collect(),
            ),
            (None, text) => Body::Text(Source::new(text.as_deref().unwrap_or_default())),
        };
        let system_prompt = content.system_prompt.as_deref().map(Source::new);
        let tag = format!("{}-{}", release.revision, version.version_number);
        Ok(Self { version, tag, body, system_prompt, fixed_members })
    }
}
