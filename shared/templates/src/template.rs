//! A parsed template.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::binding::Binding;
use crate::scan::{Piece, Scanner};
use crate::values::{lookup, value_to_text};

/// A template, parsed once: its source and the ranges of its parts.
///
/// ```
/// let template = templates::Template::parse("{{ greeting }}, {{ name }}!");
/// let mut text = String::new();
/// let missing = template.render(|name| (name == "greeting").then_some("Hello"), &mut text);
/// assert_eq!(text, "Hello, {{ name }}!");
/// assert_eq!(missing, ["name"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: Box<str>,
    parts: Vec<Part>,
    names: Vec<Name>,
    text_len: usize,
}

/// A piece of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Copied from the source.
    Text(Range<usize>),
    /// A variable: as written, and the place of its name among the distinct ones.
    Variable { written: Range<usize>, name: usize },
}

/// A distinct name, with what its uses weigh in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    range: Range<usize>,
    pub(crate) uses: usize,
    /// Bytes of all its uses as written, braces included.
    pub(crate) written_len: usize,
}

impl Template {
    /// Parses a template. Every text is one: what is not a variable or an escape is text.
    pub fn parse(source: impl Into<Box<str>>) -> Self {
        let source = source.into();
        let mut parts = Vec::new();
        let mut text_len = 0;
        let mut names = Names::new(&source);
        for piece in Scanner::new(&source) {
            parts.push(match piece {
                Piece::Text(range) => {
                    text_len += range.len();
                    Part::Text(range)
                }
                Piece::Variable { written, name } => {
                    let name = names.add(name, written.len());
                    Part::Variable { written, name }
                }
            });
        }
        let names = names.list;
        Self { source, parts, names, text_len }
    }

    /// The text that was parsed.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The distinct names, in the order of their first appearance.
    pub fn variables(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(|name| self.slice(&name.range))
    }

    /// Asks for the value of each distinct name once. Nothing is written yet: see [`Binding`].
    pub fn bind<'template, V: AsRef<str>>(
        &'template self,
        mut value_of: impl FnMut(&'template str) -> Option<V>,
    ) -> Binding<'template, V> {
        let values = self.names.iter().map(|name| value_of(self.slice(&name.range))).collect();
        Binding::new(self, values)
    }

    /// Binds to a JSON object by [`lookup`] and [`value_to_text`].
    pub fn bind_json<'binding>(
        &'binding self,
        variables: &'binding Map<String, Value>,
    ) -> Binding<'binding, Cow<'binding, str>> {
        self.bind(|name| lookup(variables, name).map(value_to_text))
    }

    /// Appends the rendered text to `out` and returns the distinct names without a value, in order.
    ///
    /// Where values come from outside, use [`Template::bind`] and look at the length first.
    pub fn render<'template, V: AsRef<str>>(
        &'template self,
        value_of: impl FnMut(&'template str) -> Option<V>,
        out: &mut String,
    ) -> Vec<&'template str> {
        let binding = self.bind(value_of);
        binding.write_to(out);
        binding.missing().collect()
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn names(&self) -> &[Name] {
        &self.names
    }

    /// Bytes of the output that come from the source itself.
    pub(crate) fn text_len(&self) -> usize {
        self.text_len
    }

    pub(crate) fn slice(&self, range: &Range<usize>) -> &str {
        self.source.get(range.clone()).unwrap_or_default()
    }
}

/// The distinct variables of a text, in the order of their first appearance.
///
/// ```
/// assert_eq!(templates::extract_variables("{{ b }} {{a}} {{b}} {{{{ c }}"), ["b", "a"]);
/// ```
pub fn extract_variables(text: &str) -> Vec<&str> {
    let mut names = Names::new(text);
    for piece in Scanner::new(text) {
        if let Piece::Variable { written, name } = piece {
            names.add(name, written.len());
        }
    }
    names.list.into_iter().filter_map(|name| text.get(name.range)).collect()
}

/// Where the variables of a text are, braces included, from left to right.
///
/// ```
/// assert_eq!(templates::places("Hi {{ a }}{{{{ b }}").collect::<Vec<_>>(), [3..10]);
/// ```
pub fn places(text: &str) -> impl Iterator<Item = Range<usize>> {
    Scanner::new(text).filter_map(|piece| match piece {
        Piece::Text(_) => None,
        Piece::Variable { written, .. } => Some(written),
    })
}

/// Distinct names in the order in which they were added.
struct Names<'source> {
    source: &'source str,
    list: Vec<Name>,
    places: HashMap<&'source str, usize>,
}

impl<'source> Names<'source> {
    fn new(source: &'source str) -> Self {
        Self { source, list: Vec::new(), places: HashMap::new() }
    }

    /// Adds one use of a name and returns the name's place.
    fn add(&mut self, range: Range<usize>, written_len: usize) -> usize {
        let name = self.source.get(range.clone()).unwrap_or_default();
        match self.places.entry(name) {
            Entry::Occupied(entry) => {
                let place = *entry.get();
                if let Some(known) = self.list.get_mut(place) {
                    known.uses += 1;
                    known.written_len += written_len;
                }
                place
            }
            Entry::Vacant(entry) => {
                let place = *entry.insert(self.list.len());
                self.list.push(Name { range, uses: 1, written_len });
                place
            }
        }
    }
}
