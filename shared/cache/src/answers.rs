//! Answers in the making: their events, for whoever comes back to them from any isolate, and the wish to stop them.
//!
//! The one who writes an answer appends what has come a few times a second, never for each token. In a Redis stream
//! the entry's id is the id of its last event, so that an append whose answer was lost may be repeated. All of it is
//! gone five minutes after the last event.

use domain::Id;

use crate::{Command, Error, Redis, Reply, Script};

/// How long events can be read after the last one, in milliseconds.
pub const ANSWER_KEPT_MS: i64 = 300_000;
/// How long a writer is believed to be alive after it was last heard of, in milliseconds.
pub const WRITER_ALIVE_MS: i64 = 5_000;

// KEYS: events, sign of life, wish to stop. ARGV: id of the last event ('' when there is none), events, '1' at the
// end, milliseconds to keep them, milliseconds of life. Answers whether somebody wishes it to stop.
static APPEND: Script = Script::idempotent(
    r"
if ARGV[1] ~= '' then
  local added = redis.pcall('XADD', KEYS[1], ARGV[1] .. '-0', 'events', ARGV[2], 'end', ARGV[3])
  if type(added) == 'table' and added.err and not string.find(added.err, 'equal or smaller') then
    return added
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if ARGV[3] == '1' then
  redis.call('DEL', KEYS[2])
else
  redis.call('SET', KEYS[2], '1', 'PX', ARGV[5])
end
return redis.call('EXISTS', KEYS[3])
",
);

// KEYS: events, sign of life. ARGV: the first id that is wanted. Answers {events, whether there are any, whether the
// last one is among them, whether the writer lives}.
static READ: Script = Script::idempotent(
    r"
local pages = redis.call('XRANGE', KEYS[1], ARGV[1] .. '-0', '+')
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local texts = {}
for index, page in ipairs(pages) do
  texts[index] = page[2][2]
end
local is_over = last and last[2][4] == '1'
return {texts, last and 1 or 0, is_over and 1 or 0, redis.call('EXISTS', KEYS[2])}
",
);

/// An answer's events in Redis.
#[derive(Clone)]
pub struct AnswerLog {
    redis: Redis,
    keys: [String; 3],
}

/// Some of an answer's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The id of the last of them.
    pub last_id: u64,
    /// The events as they are sent to clients.
    pub events: String,
    /// Whether nothing comes after them.
    pub is_over: bool,
}

/// What Redis has of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// Texts of events, in order. The first text may begin with events that were not asked for, and an event may be
    /// in two texts, when an append was repeated: go by their ids.
    pub texts: Vec<String>,
    /// Whether there is anything of the answer, asked for or not.
    pub exists: bool,
    /// Whether the answer has ended.
    pub is_over: bool,
    /// Whether somebody is writing it.
    pub is_alive: bool,
}

impl AnswerLog {
    /// The events of a team's answer.
    pub fn new(redis: &Redis, team_id: &Id, message_id: &str) -> Self {
        let events = format!("answer:{team_id}:{message_id}");
        let keys = [events.clone(), format!("{events}:alive"), format!("{events}:stop")];
        Self { redis: redis.clone(), keys }
    }

    /// Appends events, or says that there are none yet. Answers whether somebody wishes the answer to stop.
    pub async fn append(&self, page: Option<&Page>) -> Result<bool, Error> {
        let arguments = [
            page.map(|page| page.last_id.to_string()).unwrap_or_default(),
            page.map(|page| page.events.clone()).unwrap_or_default(),
            u8::from(page.is_some_and(|page| page.is_over)).to_string(),
            ANSWER_KEPT_MS.to_string(),
            WRITER_ALIVE_MS.to_string(),
        ];
        let reply = self.redis.script(&APPEND, &self.keys, &arguments).await?;
        Ok(reply.as_i64() == Some(1))
    }

    /// What there is after the event with the id `after`.
    pub async fn read(&self, after: u64) -> Result<Recording, Error> {
        let [events, alive, _] = &self.keys;
        let arguments = [after.saturating_add(1).to_string()];
        let reply = self.redis.script(&READ, &[events.clone(), alive.clone()], &arguments).await?;
        recording(&reply).ok_or_else(|| Error::Unavailable("no recording".to_owned()))
    }

    /// Wishes the answer to stop. Its writer hears of it with its next append.
    pub async fn ask_to_stop(&self) -> Result<(), Error> {
        let [_, _, stop] = &self.keys;
        let command = Command::idempotent("SET").arg(stop).arg(1).arg("PX").arg(ANSWER_KEPT_MS);
        self.redis.run(&command).await.map(|_| ())
    }
}

fn recording(reply: &Reply) -> Option<Recording> {
    let [texts, exists, is_over, is_alive] = reply.as_array()?.as_slice() else { return None };
    let is_set = |flag: &Reply| flag.as_i64() == Some(1);
    Some(Recording {
        texts: texts.as_array()?.iter().filter_map(Reply::as_str).map(str::to_owned).collect(),
        exists: is_set(exists),
        is_over: is_set(is_over),
        is_alive: is_set(is_alive),
    })
}
