//! Byte pair encoding of a piece of any length, in linear time and fixed memory.
//!
//! It rests on this: a sequence of tokens is the encoding of its bytes if every two neighbours are the encoding
//! of theirs. For consider the first merge, in the encoding of all the bytes, that crosses a border between two
//! of those tokens. Up to then nothing crossed the borders of these two, so within them the same merges were
//! done in the same order as in the encoding of the two alone, where the merge would then be done too; but
//! there the border stays. So no merge crosses a border, and each token's bytes become that token. Conversely,
//! neighbours in an encoding are the encoding of their bytes.
//!
//! So a window at the beginning is encoded, its last tokens are given up, as they would be others if more of
//! the piece were seen, and the next window begins where they did, if its first token goes with the last
//! one kept. That it does is all but certain; if no border will do, the rest of the piece is merged as a whole.

use crate::hash::LONGEST_SPAN;
use crate::heap;
use crate::merge::{Merger, Tokens};
use crate::table::Token;

/// Bytes of a window: as many as are merged in fixed arrays.
const WINDOW: usize = LONGEST_SPAN;

/// Tokens at the end of a window that are given up at first.
const GIVEN_UP: usize = 2;

/// Borders before these tokens that are tried next, before the piece is merged as a whole.
const ATTEMPTS: usize = 6;

/// Adds the tokens of a piece in order.
pub(crate) fn encode(merger: &mut Merger<'_>, piece: &[u8], tokens: &mut impl Tokens) {
    let before = tokens.count();
    if encode_by_windows(merger, piece, tokens).is_none() {
        tokens.truncate(before);
        heap::encode(merger.table(), piece, tokens);
    }
}

/// Adds the tokens of a piece, or some of them and `None` if a window has no border that will do.
fn encode_by_windows(merger: &mut Merger<'_>, piece: &[u8], tokens: &mut impl Tokens) -> Option<()> {
    let table = merger.table();
    let mut rest = piece;
    let mut window = Window::at(merger, rest)?;
    let mut neighbours = None;
    while window.end()? < rest.len() {
        let borders = (1..=window.count).rev();
        let mut borders = borders.clone().skip(GIVEN_UP).take(ATTEMPTS).chain(borders.take(GIVEN_UP));
        let (kept, next) = borders.find_map(|kept| {
            let next = window.followed_by(merger, rest, kept, &mut neighbours)?;
            Some((window.parts().get(..kept)?, next))
        })?;
        for part in kept {
            tokens.push(part.token, table);
        }
        rest = rest.get(kept.last()?.end..)?;
        window = next;
    }
    for part in window.parts() {
        tokens.push(part.token, table);
    }
    Some(())
}

/// Two tokens that are known to be the encoding of their bytes.
type Neighbours = Option<(Token, Token)>;

/// A token of a window.
#[derive(Clone, Copy, Default)]
struct Part {
    /// Where it ends, from the beginning of the window.
    end: usize,
    token: Token,
}

/// The encoding of what a piece, or the rest of one, begins with.
#[derive(Clone)]
struct Window {
    parts: [Part; WINDOW],
    count: usize,
}

impl Window {
    /// Encodes the beginning of the rest of a piece.
    fn at(merger: &mut Merger<'_>, rest: &[u8]) -> Option<Self> {
        let bytes = rest.get(..WINDOW).unwrap_or(rest);
        let mut window = Self { parts: [Part::default(); WINDOW], count: 0 };
        for ((end, token), part) in merger.encode_span(bytes).zip(&mut window.parts) {
            *part = Part { end, token };
            window.count += 1;
        }
        (window.count > 0).then_some(window)
    }

    fn parts(&self) -> &[Part] {
        self.parts.get(..self.count).unwrap_or_default()
    }

    fn end(&self) -> Option<usize> {
        self.parts().last().map(|part| part.end)
    }

    /// The window after the first tokens of this one, if its first token goes with the last of those.
    fn followed_by(
        &self,
        merger: &mut Merger<'_>,
        rest: &[u8],
        kept: usize,
        neighbours: &mut Neighbours,
    ) -> Option<Self> {
        let (last, others) = self.parts().get(..kept)?.split_last()?;
        let following = rest.get(last.end..)?;
        // Long pieces are often runs of one thing.
        let is_same = following.get(..WINDOW) == rest.get(..WINDOW);
        let next = if is_same { self.clone() } else { Self::at(merger, following)? };
        let first = next.parts().first()?;
        if *neighbours != Some((last.token, first.token)) {
            let start = others.last().map_or(0, |part| part.end);
            let pair = rest.get(start..last.end + first.end)?;
            debug_assert!(pair.len() <= LONGEST_SPAN, "two tokens are no longer than a span");
            let mut ends = merger.encode_span(pair).map(|(end, _)| end);
            if ends.next() != Some(last.end - start) || ends.next() != Some(pair.len()) {
                return None;
            }
            *neighbours = Some((last.token, first.token));
        }
        Some(next)
    }
}
