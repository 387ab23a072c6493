//! Cursors and pages of lists.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Error;
use serde::{Deserialize, Serialize};
use store::{Page, Position};

const DEFAULT_LIMIT: u32 = 50;
const LARGEST_LIMIT: u32 = 200;

/// A list that a cursor belongs to: its name and everything that decides its order and its members. A cursor
/// of one list is refused by every other.
pub struct CursorKey(String);

#[derive(Serialize, Deserialize)]
struct Cursor {
    list: String,
    value: String,
    id: String,
}

/// A page as the API shows it.
#[derive(Debug, Serialize)]
pub struct ListPage<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
}

impl CursorKey {
    /// The list `name`, narrowed and ordered by `parts`.
    pub fn new(name: &str, parts: &[&str]) -> Self {
        Self(format!("{name}\u{1f}{}", parts.join("\u{1f}")))
    }

    /// Where `cursor` says that the page begins.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is not a cursor, or another list's.
    pub fn position(&self, cursor: Option<&str>) -> Result<Option<Position>, Error> {
        let Some(text) = cursor else { return Ok(None) };
        let malformed = || Error::Malformed("the cursor is not one of this list".to_owned());
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed())?;
        let cursor: Cursor = serde_json::from_slice(&bytes).map_err(|_| malformed())?;
        if cursor.list != self.fingerprint() {
            return Err(malformed());
        }
        Ok(Some(Position { value: cursor.value, id: cursor.id }))
    }

    /// A page of rows with the cursor of the next.
    pub fn page<T>(&self, page: Page<T>) -> ListPage<T> {
        let next_cursor = page.next.map(|position| {
            let cursor = Cursor { list: self.fingerprint(), value: position.value, id: position.id };
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
        });
        ListPage { data: page.rows, next_cursor }
    }

    fn fingerprint(&self) -> String {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(self.0.as_bytes());
        URL_SAFE_NO_PAD.encode(digest.get(..9).unwrap_or_default())
    }

    /// The number of rows that `limit` asks for: 1 to 200, 50 by default.
    pub fn limit(limit: Option<&str>) -> Result<u32, Error> {
        let Some(text) = limit else { return Ok(DEFAULT_LIMIT) };
        text.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit)).ok_or_else(|| {
            Error::field("limit", "out_of_range", format!("a whole number from 1 to {LARGEST_LIMIT}"))
        })
    }
}
