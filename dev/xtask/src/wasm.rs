//! Compiling the functions to wasm.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// How much the compiler optimises.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Development,
    /// What is deployed and measured.
    Release,
}

/// What the functions are built for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// `wasm32-unknown-unknown`.
    Workers,
    /// `wasm32-wasip1`; adapting it to a component is the host tool's work.
    Wasi,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Development => "wasm-dev",
            Self::Release => "wasm-release",
        }
    }
}

impl Target {
    fn triple(self) -> &'static str {
        match self {
            Self::Workers => "wasm32-unknown-unknown",
            Self::Wasi => "wasm32-wasip1",
        }
    }
}

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_owned()
}

/// The target folder: `CARGO_TARGET_DIR` or `target`.
pub(crate) fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Every deployable function: the crates in `functions/`.
pub(crate) fn functions() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("functions"))? {
        let folder = entry?.path();
        if folder.join("Cargo.toml").exists()
            && let Some(name) = folder.file_name().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Compiles the functions `names` and returns the path of each one's module, in the same order.
pub(crate) fn compile(target: Target, profile: Profile, names: &[String]) -> Result<Vec<PathBuf>> {
    match profile {
        Profile::Development => build(target, profile, names)?,
        // Compiled together, each function would carry the features of dependencies that any other asks for.
        Profile::Release => {
            names.iter().try_for_each(|name| build(target, profile, std::slice::from_ref(name)))?;
        }
    }
    let folder = target_folder().join(target.triple()).join(profile.name());
    Ok(names.iter().map(|name| folder.join(format!("{}.wasm", name.replace('-', "_")))).collect())
}

fn build(target: Target, profile: Profile, names: &[String]) -> Result<()> {
    let mut command = Command::new("cargo");
    command.current_dir(root());
    // What `cargo xtask` was started with speaks of the native toolchain.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG") || name == "RUSTC") {
        command.env_remove(name);
    }
    command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTFLAGS");
    for (name, value) in toolchain()? {
        command.env(name, value);
    }
    command.args(["build", "--lib", "--target", target.triple(), "--profile", profile.name()]);
    for name in names {
        command.args(["--package", name]);
    }
    let status = command.status().context("cargo did not start")?;
    ensure!(status.success(), "the wasm build failed");
    Ok(())
}

/// The environment that `make setup` found the wasm toolchain to need: `.tools/wasm.env`.
fn toolchain() -> Result<Vec<(String, String)>> {
    let file = root().join(".tools/wasm.env");
    let text = std::fs::read_to_string(&file).context(".tools/wasm.env is missing: run `make setup`")?;
    let path = std::env::var("PATH").unwrap_or_default();
    let variables = text.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| match name {
        "PATH_PREFIX" => ("PATH".to_owned(), format!("{value}:{path}")),
        name => (name.to_owned(), value.to_owned()),
    });
    Ok(variables.collect())
}
