//! Answering from memory, before the handler.

use std::borrow::Cow;

use bytes::Bytes;
use edge::CallerLookup;
use percent_encoding::percent_decode_str;
use platform::serve::{Answer, Head};
use platform::{Context, time};

use crate::input::Input;
use crate::{PREFIX, reply};

/// The answer, if memory alone gives one. Whatever is unusual (an error, a browser's cross-origin request, a value
/// that must be fetched) is left to the handler.
pub(crate) fn immediate(head: &Head<'_>, body: &Bytes, context: &Context) -> Option<Answer> {
    let (path, query) = head.target.split_once('?').unwrap_or((head.target, ""));
    let prompt = path.strip_prefix(PREFIX).filter(|prompt| !prompt.is_empty() && !prompt.contains('/'))?;
    let prompt = percent_decode_str(prompt).decode_utf8().ok()?;
    let headers = Headers::read(head)?;
    let stores = || edge::stores(context);
    let now_ms = time::now_ms();
    let CallerLookup::Known(caller) =
        edge::caller_from_memory(headers.authorization, headers.x_api_key, context, now_ms, stores)
    else {
        return None;
    };
    let (input, text) = match head.method {
        "GET" => (Input::from_query(query).ok()?, query.as_bytes()),
        "POST" if query.is_empty() => (headers.read_body(body)?, body.as_ref()),
        _ => return None,
    };
    let place = input.place(caller.key.team_id.clone(), prompt.into_owned());
    let found = resolution::find_in_memory(&place, now_ms, stores)?;
    let request = input.request();
    let bound = resolution::bind(&found.value, &request).ok()?;
    if input.is_strict() && !bound.missing_variables.is_empty() {
        return None;
    }
    let mut answer = reply::answer(&bound, found.age_ms, found.stale, text, headers.if_none_match);
    let request_id = edge::request_id(headers.request_id).to_string();
    resolution::expose(context, &place.team_id, &bound.chosen, now_ms);
    answer.headers.push(("x-request-id", Cow::Owned(request_id)));
    Some(answer)
}

/// The headers that matter here, found in one pass.
#[derive(Default)]
struct Headers<'a> {
    authorization: Option<&'a str>,
    x_api_key: Option<&'a str>,
    if_none_match: Option<&'a str>,
    request_id: Option<&'a str>,
    content_type: Option<&'a str>,
}

impl<'a> Headers<'a> {
    /// `None` when one asks for what only the router does.
    fn read(head: &Head<'a>) -> Option<Self> {
        let mut headers = Self::default();
        for (name, value) in head.headers() {
            match name {
                "authorization" => headers.authorization = Some(value),
                "x-api-key" => headers.x_api_key = Some(value),
                "if-none-match" => headers.if_none_match = Some(value),
                "x-request-id" => headers.request_id = Some(value),
                "content-type" => headers.content_type = Some(value),
                "origin" => return None,
                _ => {}
            }
        }
        Some(headers)
    }

    fn read_body(&self, body: &Bytes) -> Option<Input> {
        if self.content_type.is_some_and(|media_type| media_type != "application/json") {
            return None;
        }
        let bytes: &[u8] = if body.is_empty() { b"{}" } else { body };
        Input::from_body(bytes).ok()
    }
}
