//! `static/dist`: what the front door serves as files. The application that Vite builds, the API's documentation with
//! its OpenAPI document, and `engine/`, our own crates for the browser.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::openapi;
use crate::wasm::{self, Profile, Target, root, target_folder};
use crate::workers::optimise;

/// The crate that runs in the browser.
const ENGINE: &str = "browser";

/// The API's description, which the documentation shows.
const DOCUMENT: &str = "openapi.json";

/// What the application is built from, in `static/`.
const SOURCES: [&str; 6] =
    ["src", "public", "index.html", "package-lock.json", "tsconfig.json", "vite.config.ts"];

/// Files by their path in the folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Makes `static/dist` what it should be. Files that are right already are left alone: a development server that
/// watches them has nothing to do then.
pub(crate) fn build(profile: Profile) -> Result<()> {
    let mut files = Files::new();
    collect(&application()?, Path::new(""), &mut files)?;
    // Where each file and module went is the build's own business.
    for name in ["manifest.json", "modules.json"] {
        files.remove(Path::new(name));
    }
    collect(&engine(profile)?, Path::new("engine"), &mut files)?;
    let folder = dist();
    let mut present = Files::new();
    if folder.exists() {
        collect(&folder, Path::new(""), &mut present)?;
    }
    for (path, content) in files.iter().filter(|(path, content)| present.get(*path) != Some(content)) {
        write(&folder.join(path), content)?;
    }
    write_document()?;
    let is_stale = |path: &&PathBuf| !files.contains_key(*path) && *path != Path::new(DOCUMENT);
    for stale in present.keys().filter(is_stale) {
        fs::remove_file(folder.join(stale))?;
    }
    Ok(())
}

/// Writes the OpenAPI document alone, which the application's types are made from.
pub(crate) fn write_document() -> Result<()> {
    let file = dist().join(DOCUMENT);
    let document = openapi::document()?;
    if fs::read_to_string(&file).is_ok_and(|present| present == document) {
        return Ok(());
    }
    write(&file, document.as_bytes())
}

fn dist() -> PathBuf {
    root().join("static/dist")
}

fn write(file: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, content).with_context(|| format!("{} cannot be written", file.display()))
}

/// Builds the application, unless nothing has changed, and answers where it is.
fn application() -> Result<PathBuf> {
    let folder = root().join("static");
    let built = target_folder().join("pages");
    install(&folder)?;
    let mut sources = Files::new();
    for name in SOURCES {
        let path = folder.join(name);
        if path.is_dir() {
            collect(&path, Path::new(name), &mut sources)?;
        } else {
            sources.insert(name.into(), fs::read(&path)?);
        }
    }
    let state = fingerprint(&sources);
    let stamp = target_folder().join("pages-built-from");
    if fs::read_to_string(&stamp).is_ok_and(|kept| kept == state) && built.join("index.html").exists() {
        return Ok(built);
    }
    let mut command = Command::new(node());
    command.current_dir(&folder).args(["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"]);
    command.arg("--outDir").arg(&built);
    run(&mut command, "the pages could not be built")?;
    fs::write(stamp, state)?;
    Ok(built)
}

/// Brings the packages of `static/package-lock.json`, unless they are there.
fn install(folder: &Path) -> Result<()> {
    let lockfile = fs::read_to_string(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed-from");
    if fs::read_to_string(&stamp).is_ok_and(|kept| kept == lockfile) {
        return Ok(());
    }
    println!("  npm packages of the pages: installing (about half a minute)");
    let mut command = Command::new("npm");
    command.current_dir(folder).args(["ci", "--no-progress", "--no-audit", "--no-fund", "--loglevel=error"]);
    run(&mut command, "npm ci failed in static/")?;
    fs::write(stamp, lockfile)?;
    Ok(())
}

/// The Node that the project pins, or the system's where npm has none for it.
fn node() -> PathBuf {
    let pinned = root().join("node_modules/.bin/node");
    if pinned.exists() { pinned } else { "node".into() }
}

fn fingerprint(files: &Files) -> String {
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Builds our crates for the browser and answers the folder with `browser.js` and `browser_bg.wasm`.
fn engine(profile: Profile) -> Result<PathBuf> {
    let modules = wasm::compile(Target::Workers, profile, &[ENGINE.to_owned()])?;
    let module = modules.first().context("the compiler named no module")?;
    let folder = target_folder().join("engine");
    let state = format!("{}\n{:?}", module.display(), fs::metadata(module)?.modified()?);
    let stamp = target_folder().join("engine-built-from");
    if fs::read_to_string(&stamp).is_ok_and(|built| built == state) && folder.exists() {
        return Ok(folder);
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(ENGINE).typescript(false).web(true)?;
    bindgen.remove_name_section(profile == Profile::Release);
    bindgen.generate(&folder).context("wasm-bindgen failed on the browser's crate")?;
    if profile == Profile::Release {
        optimise(&folder.join(format!("{ENGINE}_bg.wasm")))?;
    }
    fs::write(stamp, state)?;
    Ok(folder)
}

fn run(command: &mut Command, failure: &'static str) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} did not start: run `make setup`"))?;
    ensure!(status.success(), failure);
    Ok(())
}

fn collect(folder: &Path, inside: &Path, files: &mut Files) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = inside.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &path, files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}
