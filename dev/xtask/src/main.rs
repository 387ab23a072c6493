//! `cargo xtask build [--release] [--wasi] [--out folder] [function…]` builds what is deployed, `cargo xtask pages` the
//! pages alone, `cargo xtask openapi` their OpenAPI document alone.

mod components;
mod openapi;
mod pages;
mod wasm;
mod workers;

use anyhow::{Context, Result, bail};

const USAGE: &str =
    "usage: cargo xtask build [--release] [--wasi] [--out folder] [function…] | pages | openapi";

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("build") => build(arguments),
        Some("pages") => pages::build(wasm::Profile::Development),
        Some("openapi") => pages::write_document(),
        _ => bail!(USAGE),
    }
}

fn build(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let mut profile = wasm::Profile::Development;
    let mut target = wasm::Target::Workers;
    let mut names = Vec::new();
    let mut bundles = wasm::target_folder().join("functions");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--out" => bundles = arguments.next().context(USAGE)?.into(),
            "--release" => profile = wasm::Profile::Release,
            "--wasi" => target = wasm::Target::Wasi,
            flag if flag.starts_with('-') => bail!("unknown option {flag}\n{USAGE}"),
            name => names.push(name.to_owned()),
        }
    }
    if names.is_empty() {
        names = wasm::functions()?;
        pages::build(profile)?;
    }
    let modules = wasm::compile(target, profile, &names)?;
    for (name, module) in names.iter().zip(&modules) {
        match target {
            wasm::Target::Workers => workers::bundle(name, module, &bundles, profile)?,
            wasm::Target::Wasi => _ = components::adapt(name, module)?,
        }
    }
    Ok(())
}
