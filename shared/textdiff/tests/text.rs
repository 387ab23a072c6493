//! Differences of texts: shapes, bounds and properties.

use proptest::prelude::*;
use serde_json::{Value, json};
use textdiff::{Ending, Kind, Line, Status, TextDiff, diff_text};
use unicode_segmentation::UnicodeSegmentation;

fn hunks(from: &str, to: &str) -> Value {
    json!(diff_text(from, to).hunks)
}

/// The words of each changed line, deleted ones as `[-x-]`, inserted ones as `{+x+}`.
fn marked_words(from: &str, to: &str) -> Vec<String> {
    let diff = diff_text(from, to);
    let lines = diff.hunks.iter().flat_map(|hunk| &hunk.lines);
    lines.filter(|line| line.kind != Kind::Equal).map(mark).collect()
}

fn mark(line: &Line<'_>) -> String {
    let segments = line.words.iter().map(|segment| match segment.kind {
        Kind::Equal => segment.text.to_owned(),
        Kind::Delete => format!("[-{}-]", segment.text),
        Kind::Insert => format!("{{+{}+}}", segment.text),
    });
    segments.collect()
}

#[test]
fn equal_texts_have_no_hunks() {
    for text in ["", "a", "a\r\nb\n", "😀"] {
        let expected = json!({ "status": "unchanged", "coarse": false, "hunks": [] });
        assert_eq!(json!(diff_text(text, text)), expected);
    }
    assert_eq!(diff_text(None, None).status, Status::Unchanged);
}

#[test]
fn absent_is_not_empty() {
    assert_eq!(json!(diff_text(None, "")), json!({ "status": "added", "coarse": false, "hunks": [] }));
    assert_eq!(diff_text("", None).status, Status::Removed);
    assert_eq!(diff_text("", "a").status, Status::Changed);
    let added = json!([{
        "from_line": 0, "from_count": 0, "to_line": 1, "to_count": 2,
        "lines": [
            { "kind": "insert", "text": "a", "to_line": 1 },
            { "kind": "insert", "text": "b", "to_line": 2, "ending": "none" },
        ],
    }]);
    assert_eq!(json!(diff_text(None, "a\nb").hunks), added);
    assert_eq!(hunks("", "a\nb"), added);
    let removed = json!([{
        "from_line": 1, "from_count": 1, "to_line": 0, "to_count": 0,
        "lines": [{ "kind": "delete", "text": "", "from_line": 1 }],
    }]);
    assert_eq!(json!(diff_text("\n", None).hunks), removed);
}

#[test]
fn changes_carry_three_lines_of_context_and_split_when_far_apart() {
    let from = (1..=20).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
    let to = from.replace("\n5\n", "\nfive\n").replace("\n14\n", "\n");
    let diff = diff_text(from.as_str(), to.as_str());
    let places = diff.hunks.iter().map(|hunk| (hunk.from_line, hunk.from_count, hunk.to_line, hunk.to_count));
    assert_eq!(places.collect::<Vec<_>>(), [(2, 7, 2, 7), (11, 7, 11, 6)]);
    let near = from.replace("\n5\n", "\nfive\n").replace("\n11\n", "\n");
    assert_eq!(diff_text(from.as_str(), near.as_str()).hunks.len(), 1);
}

#[test]
fn endings_differ_without_differing_words() {
    let expected = json!([{
        "from_line": 1, "from_count": 1, "to_line": 1, "to_count": 1,
        "lines": [
            { "kind": "delete", "text": "a b", "from_line": 1, "ending": "crlf",
              "words": [{ "kind": "equal", "text": "a b" }] },
            { "kind": "insert", "text": "a b", "to_line": 1,
              "words": [{ "kind": "equal", "text": "a b" }] },
        ],
    }]);
    assert_eq!(hunks("a b\r\n", "a b\n"), expected);
    let diff = diff_text("a\nb", "a\nb\n");
    let endings = diff.hunks[0].lines.iter().map(|line| line.ending).collect::<Vec<_>>();
    assert_eq!(endings, [Ending::Lf, Ending::None, Ending::Lf]);
    let diff = diff_text("a\rb\n", "a\nb\n");
    assert_eq!(diff.hunks[0].lines[0].text, "a\rb", "a lone carriage return ends no line");
}

#[test]
fn words_are_compared_in_every_script() {
    for (from, to, expected) in [
        ("Be brief.", "Be very brief.", ["Be brief.", "Be {+very +}brief."]),
        ("Hi {{ name }}!", "Hi {{ user.name }}!", ["Hi {{ [-name-] }}!", "Hi {{ {+user.name+} }}!"]),
        ("keep one two keep", "keep uno due keep", ["keep [-one two-] keep", "keep {+uno due+} keep"]),
        ("naïve café", "naïve cafés", ["naïve [-café-]", "naïve {+cafés+}"]),
        ("回答要简短", "回答要详细", ["回答要[-简短-]", "回答要{+详细+}"]),
        ("שלום עולם", "שלום חבר", ["שלום [-עולם-]", "שלום {+חבר+}"]),
        ("hello 👩‍💻 x", "hello 👩🏽‍💻 x", ["hello [-👩‍💻-] x", "hello {+👩🏽‍💻+} x"]),
        ("flag 🇦🇹 x", "flag 🇦🇱 x", ["flag [-🇦🇹-] x", "flag {+🇦🇱+} x"]),
        ("trailing  ", "trailing", ["trailing[-  -]", "trailing"]),
    ] {
        assert_eq!(marked_words(from, to), expected);
    }
}

#[test]
fn a_text_wrapped_anew_keeps_its_words() {
    let marked = marked_words("one two three four five\n", "one two three\nfour five\n");
    assert_eq!(marked, ["one two three[- -]four five", "one two three", "four five"]);
}

#[test]
fn rewritten_lines_have_no_words() {
    let marked = marked_words("The quick brown fox jumps\n", "The meeting begins tomorrow morning\n");
    assert_eq!(marked, ["", ""]);
}

#[test]
fn words_never_split_a_grapheme() {
    // Annex 29 has a word boundary between U+0E01 and U+0E33, and no grapheme boundary.
    assert_eq!(
        marked_words("x y \u{e01}\u{e33}", "x y \u{e01}"),
        ["x y [-\u{e01}\u{e33}-]", "x y {+\u{e01}+}"]
    );
}

/// Unbounded comparisons of these would take minutes.
#[test]
fn two_megabytes_are_compared_in_bounded_time() {
    for (from, to, coarse) in hostile_pairs() {
        let diff = diff_text(from.as_str(), to.as_str());
        assert_eq!(diff.coarse, coarse, "{:?}", &from[..20]);
        if !coarse {
            assert_eq!(rebuild(&diff, &from, &to), (from, to));
        }
    }
}

#[test]
fn a_coarse_change_lists_what_memory_holds() {
    let text = |letter: &str| format!("start\n{}end\n", format!("{letter}\n").repeat(30_000));
    let (from, to) = (text("a"), text("b"));
    let diff = diff_text(from.as_str(), to.as_str()).hunks.remove(0);
    assert_eq!((diff.from_line, diff.from_count, diff.to_line, diff.to_count), (1, 30_002, 1, 30_002));
    assert_eq!((diff.lines.len(), diff.omitted_lines), (40_002, 20_000));
    let last = diff.lines.last().map(|line| (line.kind, line.from_line));
    assert_eq!(last, Some((Kind::Equal, Some(30_002))));
}

/// Pairs of texts, and whether their difference is coarse.
fn hostile_pairs() -> Vec<(String, String, bool)> {
    let lines = |seed, length| pseudo_random_lines(seed, 1 << 20, length);
    let few_lines = |seed| pseudo_random_lines(seed, 40_000, 1);
    let words = |seed, size| pseudo_random_lines(seed, size, 1).replace('\n', " ");
    vec![
        // With two letters, nearly every line or word has thousands of partners.
        (lines(1, 1), lines(2, 1), true),
        (few_lines(1), few_lines(2), false),
        (words(1, 60_000), words(2, 60_000), false),
        (words(1, 1 << 20), words(2, 1 << 20), false),
        (lines(1, 60), lines(2, 60), false),
        (lines(1, 60), lines(1, 60).replace("\n1", "\n0"), false),
        (lines(1, 60), lines(1, 60).replace('\n', "\r\n"), false),
        // One change among many lines stays exact.
        (lines(1, 1), format!("{}x\n", lines(1, 1)), false),
    ]
}

/// Lines of `length` binary digits.
fn pseudo_random_lines(seed: u64, size: usize, length: usize) -> String {
    let mut state = seed;
    let mut text = String::with_capacity(size);
    while text.len() + length < size {
        for _ in 0..length {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push(if state >> 63 == 0 { '0' } else { '1' });
        }
        text.push('\n');
    }
    text
}

/// Both texts, from the hunks and from the lines between them.
fn rebuild(diff: &TextDiff<'_>, from: &str, to: &str) -> (String, String) {
    let sides = [(Kind::Delete, from), (Kind::Insert, to)].map(|(kind, text)| {
        let source = text.split_inclusive('\n').collect::<Vec<_>>();
        let mut rebuilt = String::new();
        let mut next = 0;
        for hunk in &diff.hunks {
            let (line, count) = match kind {
                Kind::Insert => (hunk.to_line, hunk.to_count),
                _ => (hunk.from_line, hunk.from_count),
            };
            let start = if count == 0 { line } else { line - 1 };
            rebuilt.extend(source.iter().take(start).skip(next).copied());
            let lines = hunk.lines.iter().filter(|line| line.kind == kind || line.kind == Kind::Equal);
            assert_eq!(lines.clone().count(), count);
            lines.for_each(|line| push_line(&mut rebuilt, line));
            next = start + count;
        }
        rebuilt.extend(source.iter().skip(next).copied());
        rebuilt
    });
    let [from, to] = sides;
    (from, to)
}

fn push_line(text: &mut String, line: &Line<'_>) {
    text.push_str(line.text);
    text.push_str(match line.ending {
        Ending::Lf => "\n",
        Ending::Crlf => "\r\n",
        Ending::None => "",
    });
}

/// Texts that share much: few words, several scripts, all endings.
fn prompt_text() -> impl Strategy<Value = String> {
    let fragments = [
        "a",
        "b",
        "Be brief",
        " ",
        ". ",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "{{ name }}",
        "é",
        "e\u{301}",
        "漢字",
        "שלום",
        "👩‍💻",
        "👩",
        "🇦🇹🇦🇱",
        "\u{e01}\u{e33}",
        "\u{200d}",
    ];
    prop::collection::vec(prop::sample::select(fragments.to_vec()), 0..40).prop_map(|parts| parts.concat())
}

fn check_words(line: &Line<'_>) {
    let joined = line.words.iter().map(|segment| segment.text).collect::<String>();
    assert!(line.words.is_empty() || joined == line.text);
    assert!(line.words.iter().all(|segment| segment.kind == Kind::Equal || segment.kind == line.kind));
    let boundaries = line.text.grapheme_indices(true).map(|(start, _)| start).chain([line.text.len()]);
    let boundaries = boundaries.collect::<Vec<_>>();
    let mut end = 0;
    for segment in &line.words {
        end += segment.text.len();
        assert!(boundaries.contains(&end), "{:?} splits a grapheme of {:?}", segment.text, line.text);
    }
}

proptest! {
    #[test]
    fn hunks_rebuild_both_texts(from in prompt_text(), to in prompt_text()) {
        let diff = diff_text(from.as_str(), to.as_str());
        prop_assert_eq!(diff.status == Status::Unchanged, from == to);
        prop_assert_eq!(diff.hunks.is_empty(), from == to);
        prop_assert_eq!(rebuild(&diff, &from, &to), (from.clone(), to.clone()));
    }

    #[test]
    fn words_rebuild_their_line(from in prompt_text(), to in prompt_text()) {
        let diff = diff_text(from.as_str(), to.as_str());
        diff.hunks.iter().flat_map(|hunk| &hunk.lines).for_each(check_words);
    }
}
