//! Takes personal data and secrets out of texts, leaving typed placeholders such as `[email]`.
//!
//! Pure: no I/O, no clock, no randomness. Every scan is linear in the length of the text.
