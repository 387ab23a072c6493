//! Compares two texts line by line.

use std::ops::Range;

use serde::Serialize;
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use crate::lines::{Ending, SourceLine, split};
use crate::words::{Budget, Segment, compare_words};
use crate::{Kind, Status};

/// Lines of context around a change.
const CONTEXT_LINES: usize = 3;
/// Lines on one side, between the common start and the common end, up to which they are compared.
const MAX_COMPARED_LINES: usize = 20_000;
/// Lines of one side that a single change lists. A million of them would not fit an isolate's memory.
const MAX_LISTED_LINES: usize = MAX_COMPARED_LINES;

/// The difference of two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextDiff<'text> {
    /// What became of the text as a whole.
    pub status: Status,
    /// Whether the texts were too large to be compared line by line.
    pub coarse: bool,
    /// The changes with their context, from top to bottom; empty when nothing changed.
    pub hunks: Vec<Hunk<'text>>,
}

/// Changes that lie close together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hunk<'text> {
    /// First line on the first side, from 1.
    pub from_line: usize,
    /// Lines on the first side.
    pub from_count: usize,
    /// First line on the second side, from 1.
    pub to_line: usize,
    /// Lines on the second side.
    pub to_count: usize,
    /// All lines of both sides; what was deleted stands before what was inserted in its place.
    pub lines: Vec<Line<'text>>,
    /// Deleted and inserted lines that are not in `lines`, because there are too many; left out of JSON when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub omitted_lines: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line<'text> {
    /// The side or sides it is on.
    pub kind: Kind,
    /// The line without its ending.
    pub text: &'text str,
    /// Its number on the first side, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_line: Option<usize>,
    /// Its number on the second side, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_line: Option<usize>,
    /// How it ends; left out of JSON for `\n`.
    #[serde(skip_serializing_if = "Ending::is_lf")]
    pub ending: Ending,
    /// Its words by what became of them; joined they are `text`. Empty, and left out of JSON, where words were
    /// not compared or next to none is left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Segment<'text>>,
}

/// Compares two texts; `None` is a text that is absent, which an empty one is not.
///
/// ```
/// use textdiff::{Status, diff_text};
///
/// assert_eq!(diff_text("a", "a").status, Status::Unchanged);
/// assert_eq!(diff_text(None, "a").status, Status::Added);
/// assert_eq!(diff_text("", "a").status, Status::Changed);
/// ```
pub fn diff_text<'text>(
    from: impl Into<Option<&'text str>>,
    to: impl Into<Option<&'text str>>,
) -> TextDiff<'text> {
    let (from, to) = (from.into(), to.into());
    let status = Status::of(from, to, |from, to| from == to);
    if status == Status::Unchanged {
        return TextDiff { status, coarse: false, hunks: Vec::new() };
    }
    let sides = Sides { from: split(from.unwrap_or_default()), to: split(to.unwrap_or_default()) };
    let (operations, coarse) = compare_lines(&sides);
    let mut budget = if coarse { Budget::EMPTY } else { Budget::FULL };
    let groups = group_diff_ops(operations, CONTEXT_LINES);
    let hunks = groups.iter().map(|group| sides.hunk(group, &mut budget)).collect();
    TextDiff { status, coarse, hunks }
}

/// The operations that turn one side into the other, and whether they are coarse.
fn compare_lines(sides: &Sides<'_>) -> (Vec<DiffOp>, bool) {
    let (from, to) = (sides.from.as_slice(), sides.to.as_slice());
    let start = common_length(from.iter(), to.iter());
    let shorter = from.len().min(to.len());
    let end = common_length(from.iter().rev(), to.iter().rev()).min(shorter - start);
    let middle = from.len().max(to.len()) - start - end;
    if middle <= MAX_COMPARED_LINES {
        return (capture_diff_slices(Algorithm::Myers, from, to), false);
    }
    let replaced = DiffOp::Replace {
        old_index: start,
        old_len: from.len() - start - end,
        new_index: start,
        new_len: to.len() - start - end,
    };
    let before = DiffOp::Equal { old_index: 0, new_index: 0, len: start };
    let after = DiffOp::Equal { old_index: from.len() - end, new_index: to.len() - end, len: end };
    (vec![before, replaced, after], true)
}

fn common_length<T: PartialEq>(from: impl Iterator<Item = T>, to: impl Iterator<Item = T>) -> usize {
    from.zip(to).take_while(|(from, to)| from == to).count()
}

/// The lines of both texts.
struct Sides<'text> {
    from: Vec<SourceLine<'text>>,
    to: Vec<SourceLine<'text>>,
}

impl<'text> Sides<'text> {
    fn hunk(&self, operations: &[DiffOp], budget: &mut Budget) -> Hunk<'text> {
        let from = covered(operations.iter().map(DiffOp::old_range));
        let to = covered(operations.iter().map(DiffOp::new_range));
        Hunk {
            from_line: first_line(&from),
            from_count: from.len(),
            to_line: first_line(&to),
            to_count: to.len(),
            lines: operations.iter().flat_map(|operation| self.lines(operation, budget)).collect(),
            omitted_lines: operations.iter().map(omitted_lines).sum(),
        }
    }

    fn lines(&self, operation: &DiffOp, budget: &mut Budget) -> Vec<Line<'text>> {
        let (from_range, to_range) = (operation.old_range(), operation.new_range());
        let from = self.from.get(from_range.clone()).unwrap_or_default();
        let to = self.to.get(to_range.clone()).unwrap_or_default();
        if operation.tag() == DiffTag::Equal {
            let numbers = from_range.zip(to_range);
            return from.iter().zip(numbers).map(|(line, (from, to))| equal(line, from, to)).collect();
        }
        let from = from.get(..MAX_LISTED_LINES).unwrap_or(from);
        let to = to.get(..MAX_LISTED_LINES).unwrap_or(to);
        let words = compare_words(from, to, budget);
        let deleted = from.iter().zip(from_range).zip(words.from);
        let inserted = to.iter().zip(to_range).zip(words.to);
        deleted
            .map(|((line, index), words)| deleted_line(line, index, words))
            .chain(inserted.map(|((line, index), words)| inserted_line(line, index, words)))
            .collect()
    }
}

fn omitted_lines(operation: &DiffOp) -> usize {
    if operation.tag() == DiffTag::Equal {
        return 0;
    }
    let sides = [operation.old_range(), operation.new_range()];
    sides.map(|lines| lines.len().saturating_sub(MAX_LISTED_LINES)).into_iter().sum()
}

/// From the start of the first range to the end of the last.
fn covered(mut ranges: impl Iterator<Item = Range<usize>>) -> Range<usize> {
    let first = ranges.next().unwrap_or_default();
    first.start..ranges.last().unwrap_or(first).end
}

/// The number of the first line, or of the line before when there is none.
fn first_line(range: &Range<usize>) -> usize {
    if range.is_empty() { range.start } else { range.start + 1 }
}

fn equal<'text>(line: &SourceLine<'text>, from: usize, to: usize) -> Line<'text> {
    let SourceLine { text, ending } = *line;
    let (from_line, to_line) = (Some(from + 1), Some(to + 1));
    Line { kind: Kind::Equal, text, from_line, to_line, ending, words: Vec::new() }
}

fn deleted_line<'text>(line: &SourceLine<'text>, index: usize, words: Vec<Segment<'text>>) -> Line<'text> {
    let SourceLine { text, ending } = *line;
    Line { kind: Kind::Delete, text, from_line: Some(index + 1), to_line: None, ending, words }
}

fn inserted_line<'text>(line: &SourceLine<'text>, index: usize, words: Vec<Segment<'text>>) -> Line<'text> {
    let SourceLine { text, ending } = *line;
    Line { kind: Kind::Insert, text, from_line: None, to_line: Some(index + 1), ending, words }
}
