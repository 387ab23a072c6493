//! Work after the response, through the request's `waitUntil`.

use std::pin::Pin;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;
use worker::send::SendWrapper;

/// Work that goes on after the response, for at most 30 s.
#[derive(Clone)]
pub struct Tasks(std::sync::Arc<SendWrapper<JsValue>>);

impl Tasks {
    pub(crate) fn new(execution_context: JsValue) -> Self {
        Self(std::sync::Arc::new(SendWrapper(execution_context)))
    }

    /// Goes on with `future` after the response.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        // Boxed, so that what makes a promise of it is there once and not for each kind of work.
        let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(crate::log::carried(future));
        let promise = future_to_promise(async move {
            future.await;
            Ok(JsValue::UNDEFINED)
        });
        if let Err(error) = self.wait_until(&promise) {
            crate::error!("waitUntil failed", error = super::message(&error));
        }
    }

    fn wait_until(&self, promise: &Promise) -> Result<(), JsValue> {
        let method: Function = Reflect::get(&self.0.0, &JsValue::from_str("waitUntil"))?.unchecked_into();
        method.call1(&self.0.0, promise)?;
        Ok(())
    }
}
