//! RFC 4180: lines end with CRLF, and what holds a comma, a quote or a line's end stands in quotes.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use serde_json::Value;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8; header=present");

/// What spreadsheets know UTF-8 by: without it Excel takes a file for one in the code page of its machine. Programs that
/// read CSV take it for a part of the first column's name.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Adds a line.
pub(crate) fn line<'a>(csv: &mut String, cells: impl IntoIterator<Item = Cell<'a>>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            csv.push(',');
        }
        match cell {
            Cell::Text(text) => push_text(csv, text),
            Cell::Number(number) => csv.push_str(&number),
            Cell::Empty => {}
        }
    }
    csv.push_str("\r\n");
}

/// What stands in a column of a line.
pub(crate) enum Cell<'a> {
    Text(&'a str),
    /// A number or a truth value, which no spreadsheet takes for a formula.
    Number(String),
    Empty,
}

impl<'a> From<Option<&'a Value>> for Cell<'a> {
    fn from(value: Option<&'a Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Empty,
            Some(Value::String(text)) => Self::Text(text),
            Some(other) => Self::Number(other.to_string()),
        }
    }
}

impl From<Option<f64>> for Cell<'_> {
    fn from(number: Option<f64>) -> Self {
        number
            .filter(|number| number.is_finite())
            .map_or(Self::Empty, |number| Self::Number(number.to_string()))
    }
}

/// A spreadsheet takes a cell that begins so for a formula, which may send what is in the sheet elsewhere. An
/// apostrophe makes it a text (OWASP, CSV injection); quotes alone do not.
fn is_formula(text: &str) -> bool {
    matches!(
        text.chars().next(),
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
    )
}

fn push_text(csv: &mut String, text: &str) {
    let is_formula = is_formula(text);
    let is_plain =
        !is_formula && !text.contains([',', '"', '\r', '\n', ';', '\t']) && text.trim().len() == text.len();
    if is_plain {
        csv.push_str(text);
        return;
    }
    csv.push('"');
    if is_formula {
        csv.push('\'');
    }
    for part in text.split_inclusive('"') {
        csv.push_str(part);
        if part.ends_with('"') {
            csv.push('"');
        }
    }
    csv.push('"');
}

/// A response that a browser saves under this name.
pub(crate) fn response(name: &str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, MEDIA_TYPE);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut csv = String::new();
        line(&mut csv, [Cell::Text(text)]);
        assert_eq!(csv, format!("{expected}\r\n"), "{text:?}");
    }

    #[test]
    fn what_needs_quotes_has_them() {
        check("plain text", "plain text");
        check("", "");
        check("a,b", "\"a,b\"");
        check("say \"hi\"", "\"say \"\"hi\"\"\"");
        check("\"", "\"\"\"\"");
        check("two\nlines", "\"two\nlines\"");
        check(" spaced", "\" spaced\"");
        check("grüße 👋", "grüße 👋");
    }

    #[test]
    fn formulas_are_texts() {
        check("=1+2", "\"'=1+2\"");
        check("+49", "\"'+49\"");
        check("-1", "\"'-1\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check("\t=1", "\"'\t=1\"");
        check("＝1", "\"'＝1\"");
        check("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"");
    }

    #[test]
    fn numbers_stay_numbers() {
        let mut csv = String::new();
        let values = [serde_json::json!(-1.5), serde_json::json!(true), Value::Null, serde_json::json!("x")];
        line(&mut csv, values.iter().map(|value| Cell::from(Some(value))));
        assert_eq!(csv, "-1.5,true,,x\r\n");
    }
}
