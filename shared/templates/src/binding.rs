//! A template with its values.

use std::fmt;

use crate::Notation;
use crate::template::{Part, Template};

/// A template with a value, or none, for each of its names: its length is known, its text not yet written.
///
/// ```
/// let template = templates::Template::parse("{{ a }} and {{ a }}");
/// let binding = template.bind(|_| Some("x".repeat(1_000)));
/// assert_eq!(binding.rendered_len(), 2_005);
/// ```
#[derive(Debug, Clone)]
pub struct Binding<'template, V> {
    template: &'template Template,
    /// In the order of the template's distinct names.
    values: Vec<Option<V>>,
}

impl<'template, V: AsRef<str>> Binding<'template, V> {
    pub(crate) fn new(template: &'template Template, values: Vec<Option<V>>) -> Self {
        Self { template, values }
    }

    /// The distinct names without a value, in the order of their first appearance.
    pub fn missing(&self) -> impl Iterator<Item = &'template str> {
        let names = self.template.variables();
        names.zip(&self.values).filter_map(|(name, value)| value.is_none().then_some(name))
    }

    /// The exact length of the rendered text in bytes; `usize::MAX` for one that no memory holds.
    pub fn rendered_len(&self) -> usize {
        let names = self.template.names().iter().zip(&self.values);
        let lengths = names.map(|(name, value)| match value {
            Some(value) => value.as_ref().len().saturating_mul(name.uses),
            None => name.written_len,
        });
        lengths.fold(self.template.text_len(), usize::saturating_add)
    }

    /// Appends the rendered text to `out`, which grows at most once.
    pub fn write_to(&self, out: &mut String) {
        out.reserve(self.rendered_len());
        for text in self.texts() {
            out.push_str(text);
        }
    }

    /// Appends the text in the notation that was made of this template. `write` writes a value in it.
    ///
    /// ```
    /// use templates::{Notation, Template};
    ///
    /// let write = |text: &str, out: &mut Vec<u8>| out.extend(text.replace('"', "\\\"").bytes());
    /// let template = Template::parse("\"{{ a }}\" {{{{ {{ b }}");
    /// let notation = Notation::new(&template, write);
    ///
    /// let mut out = Vec::new();
    /// template.bind(|name| (name == "a").then_some("\"x\"")).write_in(&notation, write, &mut out);
    /// assert_eq!(out, br#"\"\"x\"\" {{ {{ b }}"#);
    /// ```
    pub fn write_in(&self, notation: &Notation, write: impl FnMut(&str, &mut Vec<u8>), out: &mut Vec<u8>) {
        notation.write(&self.values, write, out);
    }

    /// The rendered text, cut where its sources change.
    fn texts(&self) -> impl Iterator<Item = &str> {
        self.template.parts().iter().map(|part| match part {
            Part::Text(range) => self.template.slice(range),
            Part::Variable { written, name } => match self.values.get(*name) {
                Some(Some(value)) => value.as_ref(),
                _ => self.template.slice(written),
            },
        })
    }
}

impl<V: AsRef<str>> fmt::Display for Binding<'_, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.texts().try_for_each(|text| formatter.write_str(text))
    }
}
