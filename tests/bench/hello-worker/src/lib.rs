//! The floor: what the `worker` crate costs when there is nothing to do.
#![cfg(target_os = "unknown")]

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(_request: Request, _environment: Env, _context: Context) -> Result<Response> {
    Response::ok("Hello, world!")
}
