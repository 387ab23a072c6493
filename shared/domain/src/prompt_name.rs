//! What callers call a prompt.

/// The longest name of a prompt, in characters, which are bytes.
pub const LONGEST_PROMPT_NAME: usize = 200;

/// Whether a text, however long, is made of a name's characters: a to z and 0 to 9, after the first character also
/// `.`, `_`, `/` and `-`. It is what a path can hold and nobody misreads.
pub fn has_name_characters(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.bytes().next().is_some_and(plain) && text.bytes().all(|byte| plain(byte) || b"._/-".contains(&byte))
}

/// Whether a prompt may be called so: by its name, or by its id, which has no other characters.
///
/// ```
/// assert!(domain::may_name_prompt("support/greeting"));
/// assert!(domain::may_name_prompt("prm_01h2xcejqtf2nbrexx3vqjhp41"));
/// assert!(!domain::may_name_prompt("support/greeting@3") && !domain::may_name_prompt(""));
/// ```
pub fn may_name_prompt(reference: &str) -> bool {
    reference.len() <= LONGEST_PROMPT_NAME && has_name_characters(reference)
}
