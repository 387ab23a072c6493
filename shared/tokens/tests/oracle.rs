//! Every token is that of tiktoken-rs, on strings of all kinds.
#![cfg(all(feature = "o200k", feature = "cl100k"))]

mod strings;

use proptest::prelude::*;
use strings::{Kind, Strings};
use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton};
use tokens::{Encoding, count, encode};

/// Both encodings with their oracles.
fn pairs() -> [(Encoding, &'static CoreBPE); 2] {
    [(Encoding::O200kBase, o200k_base_singleton()), (Encoding::Cl100kBase, cl100k_base_singleton())]
}

fn check(text: &str) {
    for (encoding, oracle) in pairs() {
        check_encoding(encoding, oracle, text);
    }
}

fn check_encoding(encoding: Encoding, oracle: &CoreBPE, text: &str) {
    let expected = oracle.encode_ordinary(text);
    assert!(encode(encoding, text) == expected, "{encoding} encodes {text:?} otherwise");
    assert_eq!(count(encoding, text), expected.len(), "{encoding} counts {text:?} otherwise");
}

#[test]
fn slow_a_million_varied_strings() {
    let [(o200k, o200k_oracle), (cl100k, cl100k_oracle)] = pairs();
    let mut strings = Strings::new(2026, o200k_oracle);
    for nth in 0..1_000_000 {
        let length = 1 + strings.below(30);
        let text = strings.string(Kind::ALL[nth % Kind::ALL.len()], length);
        check_encoding(o200k, o200k_oracle, &text);
        if nth % 4 == 0 {
            check_encoding(cl100k, cl100k_oracle, &text);
        }
    }
}

#[test]
fn long_strings_of_each_kind() {
    let mut strings = Strings::new(7, o200k_base_singleton());
    for nth in 0..700 {
        let length = 1 + strings.below(4000);
        check(&strings.string(Kind::ALL[nth % Kind::ALL.len()], length));
    }
}

#[test]
fn long_pieces() {
    let mut strings = Strings::new(11, o200k_base_singleton());
    for unit in [
        "a", "A", " ", "\n", "=", "-=", "ab", "Ab", "é", "的", "的一", "🎉", "\u{301}", "\u{3000}", "ſ", "'s",
    ] {
        for _ in 0..12 {
            check(&unit.repeat(1 + strings.below(700)));
        }
    }
    for _ in 0..300 {
        let letters: String =
            (0..strings.below(900)).map(|_| ['a', 'b', 'e', 'n', 't', 'é'][strings.below(6)]).collect();
        check(&letters);
    }
}

#[test]
fn every_assigned_character() {
    // The planes from 4 to 13 are empty, and those from 15 on private: one in 251 will do.
    let is_chosen = |character: &char| {
        let code_point = u32::from(*character);
        matches!(code_point >> 16, 0..4 | 14) || code_point % 251 == 0
    };
    for character in ('\0'..=char::MAX).filter(is_chosen) {
        // Alone, after a letter, before one, and amid white space.
        check(&format!("{character}x{character}X \n{character} {character}{character}"));
    }
}

#[test]
fn edges_of_the_regular_expressions() {
    let cases = [
        "",
        " ",
        "I'm don't WE'RE it's y'all'd've 'S 'ſ itſ'ſ x'S'T 'reX 'l 'LL",
        "ABCdef aBC ABC\u{301}DEF \u{301}ABC \u{301}abc ǅabc ABCʰDEF ʰ",
        "1234567 12３4 ½Ⅷ٣٤٥٦ x1y",
        "   \n\n  a\n b \t c  ",
        "\r\n\r\n  \r\n x",
        "  \u{a0}\u{3000} x \u{85} y",
        "!!!\n\n// /* */ \r\n/ ?\n/x ///\n",
        "<|endoftext|><|im_start|> <|fim_prefix|>",
        "\0\u{1}\u{7f}\u{feff}\u{200b}\u{10ffff}",
    ];
    cases.into_iter().for_each(check);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_string(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_string_of_decisive_characters(text in "[ \t\r\n\u{a0}'sStTrRvVeElLmMdDſaÀǅʰªº的\u{301}1½!/ _-]{0,40}") {
        check(&text);
    }
}
