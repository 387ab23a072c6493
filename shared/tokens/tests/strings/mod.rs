//! Strings of seven kinds, the same in every run: made of the oracle's own vocabulary where words are needed, so
//! that they are long and short, frequent and rare, as in real text.
#![expect(
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::format_push_string,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "shared by a test and an example, and never in production"
)]

use tiktoken_rs::CoreBPE;

/// A kind of text.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Words, contractions, capitals, numbers, punctuation.
    English,
    /// Indented lines of identifiers, operators and literals.
    Code,
    /// Sentences without spaces.
    Chinese,
    /// Emoji with skin tones, joiners and variation selectors.
    Emoji,
    /// Runs of spaces of all kinds, tabs and line ends, with a word here and there.
    Whitespace,
    /// Base64 as in a data URL.
    Base64,
    /// Characters of any script and class, in no order.
    Unicode,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::English,
        Self::Code,
        Self::Chinese,
        Self::Emoji,
        Self::Whitespace,
        Self::Base64,
        Self::Unicode,
    ];
}

/// Where the two regular expressions decide most: case folding, titlecase, marks, numbers and spaces of all kinds.
const DECISIVE: &str = "'’ſKİıßǅǈᾈʰªº\u{301}\u{e31}\u{94d}\u{200d}\u{20e3}٣½Ⅷ々〇\u{85}\u{a0}\u{2003}\u{2028}\u{3000}\u{feff}\u{200b}\r\n\t /<|>sStTmMdDlLvVrReEaAzZ09";

const SPACES: [&str; 12] =
    [" ", "  ", "    ", "\n", "\r\n", "\t", "\t\t", "\u{a0}", "\u{3000}", "\u{2009}", "\u{b}", "\n\n"];

const MARKS: [&str; 16] =
    [". ", ", ", "; ", ": ", "! ", "? ", " - ", "...", " (", ") ", "\"", "'", ".\n", "\n\n", " — ", " & "];

const CONTRACTIONS: [&str; 9] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'LL"];

const OPERATORS: [&str; 16] =
    [" = ", " == ", "(", ")", ");\n", " {\n", "}\n", "[", "]", ".", "::", " => ", " && ", "// ", "/* ", "_"];

const CHINESE_MARKS: [&str; 6] = ["，", "。", "、", "？", "：\n", "”"];

/// A source of strings.
pub struct Strings {
    state: u64,
    words: Vec<String>,
    chinese: Vec<String>,
}

impl Strings {
    /// Takes the words out of the oracle's vocabulary.
    pub fn new(seed: u64, oracle: &CoreBPE) -> Self {
        let tokens = (0..).map_while(|rank| oracle.decode_bytes(&[rank]).ok());
        let tokens: Vec<String> = tokens.filter_map(|bytes| String::from_utf8(bytes).ok()).collect();
        let is_word = |token: &&String| token.trim_start().chars().all(|letter| letter.is_ascii_alphabetic());
        let is_chinese =
            |token: &&String| token.chars().all(|letter| ('\u{4e00}'..'\u{a000}').contains(&letter));
        Self {
            state: seed,
            words: tokens.iter().filter(is_word).cloned().collect(),
            chinese: tokens.iter().filter(is_chinese).cloned().collect(),
        }
    }

    /// A string of about as many bytes, at least.
    pub fn string(&mut self, kind: Kind, length: usize) -> String {
        let mut text = String::with_capacity(length + 16);
        while text.len() < length {
            match kind {
                Kind::English => self.english(&mut text),
                Kind::Code => self.code(&mut text),
                Kind::Chinese => self.chinese(&mut text),
                Kind::Emoji => self.emoji(&mut text),
                Kind::Whitespace => self.whitespace(&mut text),
                Kind::Base64 => self.base64(&mut text),
                Kind::Unicode => self.unicode(&mut text),
            }
        }
        text
    }

    /// A number below `limit`, by splitmix64.
    pub fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ word >> 31) % limit as u64) as usize
    }

    /// A number below `limit`, small ones more often, as ranks are in real text.
    fn rank_below(&mut self, limit: usize) -> usize {
        let fraction = self.below(1 << 20) as f64 / f64::from(1 << 20);
        ((limit as f64).powf(fraction) as usize).min(limit) - 1
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn word(&mut self) -> String {
        let rank = self.rank_below(self.words.len());
        self.words[rank].clone()
    }

    fn english(&mut self, text: &mut String) {
        let word = self.word();
        match self.below(24) {
            0 => text.push_str(&word.to_uppercase()),
            1 => text.push_str(&self.below(100_000).to_string()),
            2 => text.push_str(self.pick(&CONTRACTIONS)),
            3..6 => text.push_str(self.pick(&MARKS)),
            6..9 => text.push_str(word.trim()),
            _ => {
                text.push(' ');
                text.push_str(word.trim());
            }
        }
    }

    fn code(&mut self, text: &mut String) {
        let word = self.word();
        match self.below(12) {
            0 => text.push_str(&format!("\n{}", "    ".repeat(self.below(6)))),
            1 => text.push_str(&self.below(1000).to_string()),
            2 => text.push_str(&word.trim().to_uppercase()),
            3 => text.push_str(&format!("\"{word}\"")),
            4..8 => text.push_str(self.pick(&OPERATORS)),
            _ => text.push_str(&word),
        }
    }

    fn chinese(&mut self, text: &mut String) {
        match self.below(40) {
            0 => text.push_str(&self.word()),
            1 => text.push_str(&self.below(3000).to_string()),
            2..4 => text.push_str(self.pick(&CHINESE_MARKS)),
            4..8 => text.extend(char::from_u32(0x4e00 + self.below(0x5000) as u32)),
            _ => {
                let rank = self.rank_below(self.chinese.len());
                text.push_str(&self.chinese[rank]);
            }
        }
    }

    fn emoji(&mut self, text: &mut String) {
        let code_point = match self.below(6) {
            0 => 0x2600 + self.below(0x1c0),
            1 => 0x1f1e6 + self.below(26),
            2 => 0x1f900 + self.below(0x100),
            _ => 0x1f300 + self.below(0x350),
        };
        text.extend(char::from_u32(code_point as u32));
        match self.below(8) {
            0 => text.extend(char::from_u32(0x1f3fb + self.below(5) as u32)),
            1 => text.push('\u{200d}'),
            2 => text.push('\u{fe0f}'),
            3 => text.push_str(self.pick(&SPACES)),
            _ => {}
        }
    }

    fn whitespace(&mut self, text: &mut String) {
        match self.below(8) {
            0 => text.push_str(&" ".repeat(self.rank_below(200))),
            1 => text.push_str(&"\n".repeat(self.rank_below(20))),
            2..6 => text.push_str(self.pick(&SPACES)),
            _ => text.push_str(&self.word()),
        }
    }

    fn base64(&mut self, text: &mut String) {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        text.push(char::from(DIGITS[self.below(64)]));
    }

    fn unicode(&mut self, text: &mut String) {
        match self.below(8) {
            0..4 => text.extend(DECISIVE.chars().nth(self.below(DECISIVE.chars().count()))),
            4 => text.extend(char::from_u32(self.below(0x600) as u32)),
            5 => text.extend(char::from_u32(self.below(0x1_0000) as u32)),
            6 => text.extend(char::from_u32(self.below(0x11_0000) as u32)),
            _ => text.extend(char::from_u32(0x1_0000 + self.below(0x1_f000) as u32)),
        }
    }
}
