//! `static/dist`: what the front door serves as files, from `static/public` and what is generated.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::openapi;
use crate::wasm::root;

/// Files by their path in the folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Makes `static/dist` what it should be. Files that are right already are left alone: a development server that
/// watches them has nothing to do then.
pub(crate) fn build() -> Result<()> {
    let mut files = Files::new();
    collect(&root().join("static/public"), Path::new(""), &mut files)?;
    files.insert("openapi.json".into(), openapi::document()?.into_bytes());
    let folder = root().join("static/dist");
    let mut present = Files::new();
    if folder.exists() {
        collect(&folder, Path::new(""), &mut present)?;
    }
    for stale in present.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(folder.join(stale))?;
    }
    for (path, content) in files.iter().filter(|(path, content)| present.get(*path) != Some(content)) {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(&folder))?;
        fs::write(&file, content).with_context(|| format!("{} cannot be written", file.display()))?;
    }
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
