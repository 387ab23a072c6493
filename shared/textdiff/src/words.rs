//! Compares the words of lines that were replaced.

use std::ops::Range;

use serde::Serialize;
use similar::{Algorithm, DiffTag, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation;

use crate::Kind;
use crate::lines::SourceLine;

/// Bytes of replaced lines, both sides and all hunks together, whose words are compared.
const MAX_COMPARED_BYTES: usize = 128 * 1024;
/// A line keeps its segments when at least one in this many of its bytes, spaces aside, is equal.
const MIN_EQUAL_SHARE: usize = 4;
/// Stands for the end of a line among the words; no word is one.
const LINE_END: &str = "\n";

/// A run of words of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment<'text> {
    /// Whether the other side has it too.
    pub kind: Kind,
    /// The words and the spaces between them.
    pub text: &'text str,
}

/// What may still be compared.
pub(crate) struct Budget {
    remaining_bytes: usize,
}

impl Budget {
    pub(crate) const FULL: Self = Self { remaining_bytes: MAX_COMPARED_BYTES };
    pub(crate) const EMPTY: Self = Self { remaining_bytes: 0 };

    /// Takes the cost of comparing two runs of lines, unless too little is left.
    fn take(&mut self, from: &[SourceLine<'_>], to: &[SourceLine<'_>]) -> Option<()> {
        let cost = from.iter().chain(to).map(|line| line.text.len() + 1).sum();
        self.remaining_bytes = self.remaining_bytes.checked_sub(cost)?;
        Some(())
    }
}

/// The segments of each line on both sides.
pub(crate) struct Words<'text> {
    pub(crate) from: Vec<Vec<Segment<'text>>>,
    pub(crate) to: Vec<Vec<Segment<'text>>>,
}

/// Compares the words of lines that took each other's place.
///
/// The lines are compared as one run of words, so that a text wrapped anew still finds its words.
pub(crate) fn compare_words<'text>(
    from: &[SourceLine<'text>],
    to: &[SourceLine<'text>],
    budget: &mut Budget,
) -> Words<'text> {
    if from.is_empty() || to.is_empty() || budget.take(from, to).is_none() {
        return Words { from: vec![Vec::new(); from.len()], to: vec![Vec::new(); to.len()] };
    }
    let (from_words, to_words) = (words_of(from), words_of(to));
    let runs = compare(&from_words, &to_words);
    let deleted = runs.iter().map(|run| (run.kind(Kind::Delete), run.from.clone()));
    let inserted = runs.iter().map(|run| (run.kind(Kind::Insert), run.to.clone()));
    Words { from: segments(from, &from_words, deleted), to: segments(to, &to_words, inserted) }
}

/// The words of all lines, each line closed by [`LINE_END`].
fn words_of<'text>(lines: &[SourceLine<'text>]) -> Vec<&'text str> {
    lines.iter().flat_map(|line| words(line.text).chain([LINE_END])).collect()
}

/// The words of a text and what lies between them, by Unicode Annex 29.
///
/// Word boundaries inside a grapheme are skipped: the annex has some, such as before Thai SARA AM.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let grapheme_starts = text.grapheme_indices(true).map(|(start, _)| start);
    let mut boundaries = grapheme_starts.chain([text.len()]).peekable();
    let mut start = 0;
    text.split_word_bound_indices().filter_map(move |(index, word)| {
        let end = index + word.len();
        while boundaries.next_if(|boundary| *boundary < end).is_some() {}
        boundaries.next_if_eq(&end)?;
        let whole = text.get(start..end);
        start = end;
        whole
    })
}

/// Words that both sides share, or that took each other's place.
struct Run {
    is_equal: bool,
    from: Range<usize>,
    to: Range<usize>,
}

impl Run {
    fn kind(&self, changed: Kind) -> Kind {
        if self.is_equal { Kind::Equal } else { changed }
    }
}

fn compare(from: &[&str], to: &[&str]) -> Vec<Run> {
    let operations = capture_diff_slices(Algorithm::Myers, from, to);
    let tags = operations.iter().map(|operation| operation.tag()).collect::<Vec<_>>();
    let is_replaced = |index: Option<usize>| index.and_then(|at| tags.get(at)) == Some(&DiffTag::Replace);
    let runs = operations.iter().enumerate().map(|(index, operation)| {
        let (from_range, to_range) = (operation.old_range(), operation.new_range());
        // The space between two replaced words is equal, yet two words read better as one change.
        let is_gap = is_replaced(index.checked_sub(1)) && is_replaced(Some(index + 1));
        let is_equal = operation.tag() == DiffTag::Equal
            && !(is_gap && is_space(from.get(from_range.clone()).unwrap_or_default()));
        Run { is_equal, from: from_range, to: to_range }
    });
    runs.collect()
}

fn is_space(words: &[&str]) -> bool {
    words.iter().all(|word| *word != LINE_END && word.trim().is_empty())
}

/// Joins the words of each line into segments.
fn segments<'text>(
    lines: &[SourceLine<'text>],
    words: &[&str],
    runs: impl Iterator<Item = (Kind, Range<usize>)>,
) -> Vec<Vec<Segment<'text>>> {
    let mut lengths = Vec::<(Kind, usize)>::new();
    let mut lines = lines.iter();
    let mut finished = Vec::with_capacity(lines.len());
    for (kind, range) in runs {
        for word in words.get(range).unwrap_or_default() {
            if *word == LINE_END {
                let text = lines.next().map_or("", |line| line.text);
                finished.push(cut(text, lengths.drain(..)));
                continue;
            }
            match lengths.last_mut() {
                Some((last, length)) if *last == kind => *length += word.len(),
                _ => lengths.push((kind, word.len())),
            }
        }
    }
    finished
}

/// Cuts a line into segments; into none when too little of it is equal.
fn cut(line: &str, lengths: impl Iterator<Item = (Kind, usize)>) -> Vec<Segment<'_>> {
    let mut rest = line;
    let mut segments = Vec::new();
    for (kind, length) in lengths {
        let Some((text, tail)) = rest.split_at_checked(length) else { break };
        segments.push(Segment { kind, text });
        rest = tail;
    }
    if is_rewritten(line, &segments) { Vec::new() } else { segments }
}

fn is_rewritten(line: &str, segments: &[Segment<'_>]) -> bool {
    let mut equal = segments.iter().filter(|segment| segment.kind == Kind::Equal).peekable();
    if equal.peek().is_none() {
        return true;
    }
    let equal_bytes = equal.map(|segment| visible_bytes(segment.text)).sum::<usize>();
    equal_bytes * MIN_EQUAL_SHARE < visible_bytes(line)
}

fn visible_bytes(text: &str) -> usize {
    text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count()
}
