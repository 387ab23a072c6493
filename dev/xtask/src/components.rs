//! Making a wasm module into what WASI hosts load: `target/components/<name>.component.wasm`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::ComponentEncoder;

use crate::wasm::target_folder;

/// Writes the component of the function `name` from its compiled `module` and returns where.
///
/// Rust's std still speaks WASI's first preview; the adapter turns those calls into today's interfaces.
pub(crate) fn adapt(name: &str, module: &Path) -> Result<PathBuf> {
    let folder = target_folder().join("components");
    fs::create_dir_all(&folder)?;
    let component = folder.join(format!("{name}.component.wasm"));
    let bytes = fs::read(module).with_context(|| format!("{} is missing", module.display()))?;
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|encoder| {
            encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)
        })
        .and_then(|mut encoder| encoder.encode())
        .with_context(|| format!("{name} cannot be made into a component"))?;
    fs::write(&component, encoded)?;
    Ok(component)
}
