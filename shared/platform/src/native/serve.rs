//! There is no native entry point: tests hand requests to an application themselves.

use axum::body::Body;
use bytes::Bytes;

use crate::Context;
use crate::serve::{Application, BODY_LIMIT_BYTES, BodyTooLarge, Handler, Head};

/// Answers one request as a deployed function would: from memory when it can, else through its handler.
pub async fn call(
    application: &Application,
    handler: &Handler,
    context: &Context,
    packed_head: &str,
    body: Bytes,
) -> http::Response<Body> {
    let head = Head::parse(packed_head);
    let too_large = body.len() > BODY_LIMIT_BYTES;
    let body = if too_large { Bytes::new() } else { body };
    if !too_large && let Some(answer) = application.answer_at_once(&head, &body, context) {
        let mut response = http::Response::builder().status(answer.status);
        for (name, value) in answer.headers {
            response = response.header(name, value.as_ref());
        }
        return response.body(Body::from(answer.body)).unwrap_or_default();
    }
    let mut request = head.to_request(body, context);
    if too_large {
        request.extensions_mut().insert(BodyTooLarge);
    }
    handler.answer(request).await
}
