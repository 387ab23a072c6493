//! Writes the types of a statement's parameters into its text, for a host that cannot be told them.

use std::borrow::Cow;

use crate::database::Type;

/// `sql` with `::type` behind every `$n` that is a parameter: not in a string, a quoted name or a comment.
///
/// The cast binds more tightly than any operator, so the statement means what it meant with declared types.
pub(crate) fn with_types<'a>(sql: &'a str, types: &[Type]) -> Cow<'a, str> {
    if types.is_empty() {
        return Cow::Borrowed(sql);
    }
    let mut result = String::with_capacity(sql.len() + 16 * types.len());
    let mut rest = sql;
    while let Some(start) = rest.find(['$', '\'', '"', '-', '/']) {
        let (before, token) = rest.split_at(start);
        let length = length_of(token);
        let (token, after) = token.split_at(length);
        result.push_str(before);
        result.push_str(token);
        if let Some(kind) = parameter(token).and_then(|number| types.get(number.checked_sub(1)?)) {
            result.push_str(cast(*kind));
        }
        rest = after;
    }
    result.push_str(rest);
    Cow::Owned(result)
}

/// The length of the string, quoted name, comment or parameter that `text` begins with; of one character when
/// it is none of these.
fn length_of(text: &str) -> usize {
    let until = |begin: usize, end: &str| {
        text.get(begin..).and_then(|inner| inner.find(end)).map_or(text.len(), |at| begin + at + end.len())
    };
    match text.as_bytes() {
        // A doubled quote ends one string and begins the next, which comes to the same.
        [b'\'', ..] => until(1, "'"),
        [b'"', ..] => until(1, "\""),
        [b'-', b'-', ..] => until(2, "\n"),
        [b'/', b'*', ..] => until(2, "*/"),
        [b'$', ..] => {
            let name =
                text.bytes().skip(1).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            let is_quote = text.as_bytes().get(1 + name) == Some(&b'$')
                && !text.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
            let mark = name + 2;
            if is_quote { until(mark, text.get(..mark).unwrap_or("$$")) } else { 1 + name }
        }
        _ => 1,
    }
}

fn parameter(token: &str) -> Option<usize> {
    token.strip_prefix('$')?.parse().ok()
}

fn cast(kind: Type) -> &'static str {
    match kind {
        Type::Text => "::text",
        Type::Integer => "::bigint",
        Type::Float => "::double precision",
        Type::Boolean => "::boolean",
        Type::Json => "::jsonb",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_get_their_types_and_nothing_else_does() {
        let types = [Type::Json, Type::Integer, Type::Text, Type::Boolean, Type::Float];
        let check = |sql: &str, expected: &str| assert_eq!(with_types(sql, &types), expected, "{sql}");
        check("select $1 ->> 'a', -$2", "select $1::jsonb ->> 'a', -$2::bigint");
        check("f($3,$4)", "f($3::text,$4::boolean)");
        check("$1 $10 $0 $9", "$1::jsonb $10 $0 $9");
        check("'$1' 'it''s $2' $2", "'$1' 'it''s $2' $2::bigint");
        check("\"$1\" $1", "\"$1\" $1::jsonb");
        check("1 - 2 / 3 -- $1\n$2", "1 - 2 / 3 -- $1\n$2::bigint");
        check("/* $1 */$2 -- $1", "/* $1 */$2::bigint -- $1");
        check("$$ $1 $$ $2 $tag$ $1 $$ $tag$ $2", "$$ $1 $$ $2::bigint $tag$ $1 $$ $tag$ $2::bigint");
        check("'open $1", "'open $1");
        check("'ü' $3 'ü", "'ü' $3::text 'ü");
        assert_eq!(with_types("select $1", &[]), "select $1");
    }
}
