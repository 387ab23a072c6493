//! How many tokens a model makes of a text whose vocabulary nobody has published: learnt from what its provider has
//! reported. An estimate stays an estimate, and gets better with every answer.
//!
//! The sums are a team's own, and a provider's: what answers for a model's name is the team's to say. All isolates share them through
//! Redis, in one hash for each team; what is learnt goes there after an answer, every few seconds at most. While Redis is
//! down each isolate goes by what it knows.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use cache::{Command, Redis, Reply, Script, Step};
use domain::Id;
use llm::{Candidate, ChatRequest, Provider};
use platform::time;
use tokens::TokenCounter;

use crate::counting::Counter;

/// How many teams an isolate remembers before it starts anew.
const MOST_TEAMS: usize = 256;
/// The same for a team's models, here and in Redis.
const MOST_MODELS: usize = 64;
/// The longest name of a model, its provider's included, that is worth remembering.
const LONGEST_NAME: usize = 164;
/// Fewer tokens than this tell more about what frames a message than about the text.
const FEWEST_TOKENS: u64 = 50;
/// From then on what is old counts half, so that a provider's new vocabulary is noticed.
const MANY_TOKENS: u64 = 1_000_000;
/// How long an isolate goes by what it has read, in milliseconds.
const READ_AGAIN_MS: i64 = 30_000;
/// How long what it has learnt waits to be told, in milliseconds.
const TELL_AGAIN_MS: i64 = 5_000;
/// How long Redis keeps what nobody adds to, in milliseconds: 30 days.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;

static LEARN: Script = Script::new(include_str!("calibration.lua"));

/// What was counted of a model's questions with our own vocabulary, and what its provider reported of the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    counted: u64,
    reported: u64,
}

impl Sums {
    fn plus(self, other: Self) -> Self {
        let Self { counted, reported } = if self.counted > MANY_TOKENS {
            Self { counted: self.counted / 2, reported: self.reported / 2 }
        } else {
            self
        };
        Self {
            counted: counted.saturating_add(other.counted),
            reported: reported.saturating_add(other.reported),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (counted, reported) = text.split_once(' ')?;
        Some(Self { counted: counted.parse().ok()?, reported: reported.parse().ok()? })
    }
}

type Models = HashMap<String, Sums>;

/// What an isolate knows of a team's models.
#[derive(Default)]
struct Team {
    /// What Redis knew when it was asked.
    shared: Models,
    /// What Redis has not been told.
    own: Models,
    read_at_ms: Option<i64>,
    told_at_ms: Option<i64>,
}

static TEAMS: LazyLock<Mutex<HashMap<Id, Team>>> = LazyLock::new(Mutex::default);

/// How to count for a team's model, by all that is known by now.
pub(crate) fn counter(team_id: &Id, candidate: &Candidate) -> TokenCounter {
    let counter = tokens::for_model(&candidate.model);
    if counter.exact {
        return counter;
    }
    let teams = teams();
    let Some(team) = teams.get(team_id) else { return counter };
    let name = name(candidate);
    let known = |models: &Models| models.get(&name).copied().unwrap_or_default();
    let Sums { counted, reported } = known(&team.shared).plus(known(&team.own));
    counter.calibrated(counted, reported)
}

/// Reads what other isolates have learnt, if that was long ago.
pub(crate) async fn read(team_id: &Id, redis: Option<&Redis>) {
    let Some(redis) = redis else { return };
    let now_ms = time::now_ms();
    let is_due = with_team(team_id, |team| {
        let is_due = team.read_at_ms.is_none_or(|read_at_ms| now_ms - read_at_ms >= READ_AGAIN_MS);
        if is_due {
            team.read_at_ms = Some(now_ms);
        }
        is_due
    });
    if !is_due {
        return;
    }
    match redis.run(&Command::idempotent("HGETALL").arg(place(team_id))).await {
        Ok(reply) => with_team(team_id, |team| team.shared = models_of(&reply)),
        Err(error) => platform::warn!("calibration not read", error = error.to_string(), team_id = team_id),
    }
}

/// Learns from an answer: its provider has read `tokens_in` tokens. Questions with tools or with anything but text
/// have tokens that are not counted here, and teach nothing.
pub(crate) fn learn(team_id: &Id, candidate: &Candidate, request: &ChatRequest, tokens_in: u64) {
    let known = tokens::for_model(&candidate.model);
    let name = name(candidate);
    let is_text = |message: &llm::Message| {
        matches!(message.content, llm::Content::Text(_)) && message.tool_calls.is_none()
    };
    let teaches = request.tools.is_none() && request.messages.iter().all(is_text);
    let is_of_no_use = known.exact || candidate.provider == Provider::Offline || name.len() > LONGEST_NAME;
    if is_of_no_use || tokens_in < FEWEST_TOKENS || !teaches {
        return;
    }
    let counted = Counter::Tokens(TokenCounter { factor: 1.0, ..known }).request(request);
    if counted < FEWEST_TOKENS {
        return;
    }
    with_team(team_id, |team| add(&mut team.own, &name, Sums { counted, reported: tokens_in }));
}

/// Tells the other isolates what this one has learnt, unless it did so a moment ago.
pub(crate) async fn tell(team_id: &Id, redis: Option<&Redis>) {
    let Some(redis) = redis else { return };
    let now_ms = time::now_ms();
    let lessons = with_team(team_id, |team| {
        let is_due = team.told_at_ms.is_none_or(|told_at_ms| now_ms - told_at_ms >= TELL_AGAIN_MS);
        if !is_due || team.own.is_empty() {
            return Models::new();
        }
        team.told_at_ms = Some(now_ms);
        let lessons = std::mem::take(&mut team.own);
        // They count here while they are on their way.
        for (model, sums) in &lessons {
            add(&mut team.shared, model, *sums);
        }
        lessons
    });
    if lessons.is_empty() {
        return;
    }
    let steps: Vec<Step<'_>> = lessons.iter().map(|(model, sums)| step(team_id, model, *sums)).collect();
    match redis.steps(&steps).await {
        Ok(replies) => with_team(team_id, |team| {
            for (model, reply) in lessons.into_keys().zip(replies) {
                if let Some(sums) = reply.ok().as_ref().and_then(Reply::as_str).and_then(Sums::parse) {
                    team.shared.insert(model, sums);
                }
            }
        }),
        // Whether it was heard is not known; twice would be worse than not at all.
        Err(error) => platform::warn!("calibration not told", error = error.to_string(), team_id = team_id),
    }
}

/// What a team's model is remembered by: `a/llama` and `b/llama` are two.
fn name(candidate: &Candidate) -> String {
    format!("{}/{}", candidate.provider_name, candidate.model)
}

fn step(team_id: &Id, model: &str, sums: Sums) -> Step<'static> {
    let numbers = [sums.counted, sums.reported, MANY_TOKENS, MOST_MODELS as u64, KEPT_MS.unsigned_abs()];
    let arguments = std::iter::once(model.to_owned()).chain(numbers.map(|number| number.to_string()));
    Step::Script(&LEARN, vec![place(team_id)], arguments.collect())
}

fn place(team_id: &Id) -> String {
    format!("calibration:{team_id}")
}

/// What `HGETALL` answers: names and values in turn.
fn models_of(reply: &Reply) -> Models {
    let words = reply.as_array().map(Vec::as_slice).unwrap_or_default();
    let pairs = words.chunks_exact(2).filter_map(|pair| {
        let [model, sums] = pair else { return None };
        Some((model.as_str()?.to_owned(), Sums::parse(sums.as_str()?)?))
    });
    pairs.take(MOST_MODELS).collect()
}

fn add(models: &mut Models, model: &str, sums: Sums) {
    if models.len() >= MOST_MODELS && !models.contains_key(model) {
        models.clear();
    }
    let held = models.entry(model.to_owned()).or_default();
    *held = held.plus(sums);
}

fn with_team<T>(team_id: &Id, act: impl FnOnce(&mut Team) -> T) -> T {
    let mut teams = teams();
    if teams.len() >= MOST_TEAMS && !teams.contains_key(team_id) {
        teams.clear();
    }
    act(teams.entry(team_id.clone()).or_default())
}

fn teams() -> MutexGuard<'static, HashMap<Id, Team>> {
    TEAMS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models;
    use domain::Kind;
    use llm::Message;
    use serde_json::json;

    const TEXT: &str = "one two three four five six seven eight nine ten";

    fn of(provider: &str, model: &str) -> Candidate {
        Candidate { provider_name: provider.to_owned(), ..models::unasked(model) }
    }

    fn question(words: usize) -> ChatRequest {
        ChatRequest { messages: vec![Message::user("word ".repeat(words))], ..ChatRequest::default() }
    }

    fn team(number: u8) -> Id {
        Id::new(Kind::Team, 1, [number; 10])
    }

    #[test]
    fn an_estimate_follows_what_is_reported_to_its_team() {
        let model = "llama-of-the-calibration-test";
        let (ours, others) = (of("a", model), of("b", model));
        let before = counter(&team(1), &ours).count(TEXT);
        learn(&team(1), &ours, &question(1_000), 1_500);
        let after = counter(&team(1), &ours).count(TEXT);
        assert!(!counter(&team(1), &ours).exact);
        assert!(after > before, "{before} {after}");
        let untaught = tokens::for_model(model);
        assert_eq!(counter(&team(2), &ours), untaught, "another team's is another's");
        assert_eq!(counter(&team(1), &others), untaught, "another provider's is another's");
    }

    #[test]
    fn what_is_exact_or_says_little_teaches_nothing() {
        let exact = of("openai", "gpt-4o");
        learn(&team(3), &exact, &question(1_000), 5_000);
        assert_eq!(counter(&team(3), &exact).count("one two three"), 3);
        let model = "gemini-of-the-calibration-test";
        let gemini = of("gemini", model);
        learn(&team(3), &gemini, &question(3), 5_000);
        learn(&team(3), &gemini, &ChatRequest { tools: Some(json!([])), ..question(1_000) }, 5_000);
        assert_eq!(counter(&team(3), &gemini), tokens::for_model(model));
    }

    #[test]
    fn what_others_have_learnt_counts_with_what_is_learnt_here() {
        let model = of("anthropic", "claude-of-others");
        let reply = json!(["anthropic/claude-of-others", "3000 6000", "broken", "x", "half"]);
        with_team(&team(4), |team| team.shared = models_of(&reply));
        assert_eq!(counter(&team(4), &model).count(TEXT), 20);
        learn(&team(4), &model, &question(1_000), 1_000);
        assert!(counter(&team(4), &model).count(TEXT) < 20);
        assert!(with_team(&team(4), |team| !team.shared.contains_key("broken")));
    }

    #[test]
    fn models_and_teams_are_bounded_and_the_old_counts_half() {
        let mut models = Models::new();
        for number in 0..=MOST_MODELS {
            add(&mut models, &number.to_string(), Sums { counted: 1, reported: 1 });
        }
        assert_eq!(models.len(), 1);
        let old = Sums { counted: MANY_TOKENS + 2, reported: 2 * MANY_TOKENS };
        let sums = old.plus(Sums { counted: 10, reported: 20 });
        assert_eq!(sums, Sums { counted: MANY_TOKENS / 2 + 11, reported: MANY_TOKENS + 20 });
    }
}
