#![doc = include_str!("../README.md")]

/// When the prices were taken from their source, as year and month.
pub const TAKEN_IN: &str = "2026-11";

/// All prices, sorted by model.
#[expect(clippy::unreadable_literal, reason = "written by the build script and read by nobody")]
static TABLE: &[Price] = include!(concat!(env!("OUT_DIR"), "/table.rs"));

/// Who offers a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// OpenAI.
    OpenAi,
    /// Anthropic.
    Anthropic,
    /// Google, by the Gemini API.
    Gemini,
}

impl Provider {
    /// The name in the HTTP contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
        }
    }
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It answers messages.
    Chat,
    /// It turns text into vectors.
    Embedding,
}

/// What a model's tokens cost, in USD per million, and how many fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// The model's id at its provider.
    pub model: &'static str,
    /// Who offers it.
    pub provider: Provider,
    /// What it is for.
    pub mode: Mode,
    /// A million tokens of input that were neither read from a cache nor written to one.
    pub input_usd_per_mtok: f64,
    /// A million tokens of output.
    pub output_usd_per_mtok: f64,
    /// A million tokens of input read from a cache, if that has a price of its own.
    pub cached_input_usd_per_mtok: Option<f64>,
    /// A million tokens of input written to a cache, if that has a price of its own.
    pub cache_write_usd_per_mtok: Option<f64>,
    /// The tokens that fit into a request.
    pub max_input_tokens: Option<u32>,
    /// The tokens that fit into an answer.
    pub max_output_tokens: Option<u32>,
    /// The day on which the provider withdraws the model, as `YYYY-MM-DD`, if it has named one.
    pub deprecation_date: Option<&'static str>,
}

/// The tokens of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All tokens of input, the two below included.
    pub input: u64,
    /// Those of them that were read from a cache.
    pub cached_input: u64,
    /// Those of them that were written to a cache.
    pub cache_write: u64,
    /// The tokens of output, reasoning included.
    pub output: u64,
}

/// What may stand before a model's name. A reseller's name may not, since its prices are its own.
const PREFIXES: [&str; 5] = ["openai/", "anthropic/", "gemini/", "google/", "models/"];

/// The price of a model, by its id. The provider before a slash, as in `openai/gpt-4o` or `models/gemini-2.5-pro`, is
/// seen through.
pub fn lookup(model: &str) -> Option<&'static Price> {
    let name = PREFIXES.iter().find_map(|prefix| model.strip_prefix(prefix)).unwrap_or(model);
    TABLE.binary_search_by(|price| price.model.cmp(name)).ok().and_then(|place| TABLE.get(place))
}

/// All prices, sorted by model.
pub fn all() -> &'static [Price] {
    TABLE
}

/// What a call has cost in USD; `None` if the model's price is unknown, which is not the same as nothing.
///
/// ```
/// let usage = prices::Usage { input: 1_000_000, output: 100_000, ..Default::default() };
/// assert_eq!(prices::cost_usd("gpt-4o", usage), Some(3.5));
/// assert_eq!(prices::cost_usd("a-model-of-our-own", usage), None);
/// ```
pub fn cost_usd(model: &str, usage: Usage) -> Option<f64> {
    lookup(model).map(|price| price.cost_usd(usage))
}

impl Price {
    /// What a call has cost in USD. Tokens read from a cache or written to one cost as much as others if the table has
    /// no price for that.
    ///
    /// Nothing is rounded: that is for who shows the figure. Added up in millionths of a dollar, in which prices are a
    /// few digits long, the sum of a call is exact to the last digits of a `f64`.
    pub fn cost_usd(&self, usage: Usage) -> f64 {
        let fresh = usage.input.saturating_sub(usage.cached_input).saturating_sub(usage.cache_write);
        let cached = self.cached_input_usd_per_mtok.unwrap_or(self.input_usd_per_mtok);
        let written = self.cache_write_usd_per_mtok.unwrap_or(self.input_usd_per_mtok);
        let lines = [
            (fresh, self.input_usd_per_mtok),
            (usage.cached_input, cached),
            (usage.cache_write, written),
            (usage.output, self.output_usd_per_mtok),
        ];
        lines.into_iter().map(|(tokens, usd_per_mtok)| micro_usd(tokens, usd_per_mtok)).sum::<f64>() / 1e6
    }
}

/// A price in USD per million is one in millionths of a dollar per token.
#[expect(clippy::cast_precision_loss, reason = "a call has far less than 2^52 tokens")]
fn micro_usd(tokens: u64, usd_per_mtok: f64) -> f64 {
    tokens as f64 * usd_per_mtok
}
