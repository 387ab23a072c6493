//! Work after the response, through the request's `waitUntil`.

use std::pin::Pin;
use std::sync::Arc;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;
use worker::send::SendWrapper;

#[wasm_bindgen(raw_module = "./exchange.mjs")]
unsafe extern "C" {
    /// The execution context of the request that is being answered at once.
    #[wasm_bindgen(js_name = contextAtHand)]
    fn context_at_hand() -> JsValue;
}

/// Work that goes on after the response, for at most 30 s.
pub struct Tasks(Whose);

enum Whose {
    /// Of the request that is being answered at once, whose execution context is asked for when something needs it.
    /// A clone may outlive the answer, and has it.
    AtHand,
    Of(Arc<SendWrapper<JsValue>>),
}

impl Clone for Tasks {
    fn clone(&self) -> Self {
        Self(Whose::Of(self.execution_context()))
    }
}

impl Tasks {
    pub(crate) fn new(execution_context: JsValue) -> Self {
        Self(Whose::Of(Arc::new(SendWrapper(execution_context))))
    }

    pub(crate) fn at_hand() -> Self {
        Self(Whose::AtHand)
    }

    fn execution_context(&self) -> Arc<SendWrapper<JsValue>> {
        match &self.0 {
            Whose::AtHand => Arc::new(SendWrapper(context_at_hand())),
            Whose::Of(context) => context.clone(),
        }
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
        let context = self.execution_context();
        let method: Function = Reflect::get(&context.0, &JsValue::from_str("waitUntil"))?.unchecked_into();
        method.call1(&context.0, promise)?;
        Ok(())
    }
}
