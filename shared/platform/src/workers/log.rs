//! Log lines on the runtime's console.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::log::Level;

#[wasm_bindgen]
unsafe extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = log)]
    fn console_log(line: &str);
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(line: &str);
}

pub(crate) fn write(level: Level, line: &str) {
    if level == Level::Info { console_log(line) } else { console_error(line) }
}
