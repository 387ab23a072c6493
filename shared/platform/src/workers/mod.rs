//! The platform of Cloudflare Workers: `workerd`, locally and in production.

pub(crate) mod database;
pub(crate) mod http;
pub(crate) mod log;
#[expect(unreachable_pub, reason = "`entry` exports what is in it")]
pub mod serve;
pub(crate) mod task;
pub(crate) mod time;

use wasm_bindgen::JsValue;

/// What JavaScript threw, as text.
fn message(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}

use wasm_bindgen::JsCast;
