//! `SASLprep` (RFC 4013) of ASCII passwords, in place of the crate of this name.
//!
//! The PostgreSQL client prepares the password of a SCRAM log-in with it. For ASCII that changes nothing, but the
//! crate brings the normalisation tables of all of Unicode: 70 kB, compressed, in every function that talks to a
//! database, which is a sixth of the hot path's whole size.
//!
//! A password that is not ASCII is refused here, and the client then sends it as it is, as the RFC of SCRAM tells it
//! to. That is what preparing gives for every such password that is in normal form already, so only a password with
//! decomposed or compatibility characters would fail to log in.

use std::borrow::Cow;

/// The password cannot be prepared: it is not ASCII, or holds a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error;

impl std::fmt::Display for Error {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("only printable ASCII is prepared")
    }
}

impl std::error::Error for Error {}

/// Prepares a password: printable ASCII stays as it is.
///
/// # Errors
/// [`Error`] for anything else.
pub fn saslprep(password: &str) -> Result<Cow<'_, str>, Error> {
    if password.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        Ok(Cow::Borrowed(password))
    } else {
        Err(Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_ascii_stays_as_it_is() {
        assert_eq!(saslprep("aZ 09~!"), Ok(Cow::Borrowed("aZ 09~!")));
        assert_eq!(saslprep("naïve"), Err(Error));
        assert_eq!(saslprep("a\u{7}"), Err(Error));
    }
}
