//! Making a wasm module into what Workers load: `target/functions/<name>/{entry.mjs, exchange.mjs, respond.mjs, index.js,
//! index_bg.wasm}`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::wasm::{Profile, root};

/// JavaScript of `shared/platform` that goes with every function.
const SCRIPTS: [&str; 3] = ["entry.mjs", "exchange.mjs", "respond.mjs"];

/// Writes the bundle of the function `name` from its compiled `module` into its folder in `bundles`.
pub(crate) fn bundle(name: &str, module: &Path, bundles: &Path, profile: Profile) -> Result<()> {
    let bundle = bundles.join(name);
    // Made beside its place and moved there file by file: a development server that watches the place would else
    // load half a module.
    let folder = bundles.join(format!("{name}.new"));
    fs::create_dir_all(&folder)?;
    fs::create_dir_all(&bundle)?;
    copy_scripts(name, &folder, profile)?;
    // The module's name and time stand for its content: an unchanged one is not processed again.
    let stamp = bundle.join("built-from");
    let state = format!("{}\n{:?}", module.display(), fs::metadata(module)?.modified()?);
    if fs::read_to_string(&stamp).is_ok_and(|built| built == state) {
        move_files(&folder, &bundle)?;
        return Ok(());
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("index").typescript(false);
    bindgen.module(true)?;
    // Both are needed to begin anew after a panic.
    bindgen.reset_state_function(true).force_enable_abort_handler(true);
    // Names are a quarter of the module and say only what a stack trace in a log would.
    bindgen.remove_name_section(profile == Profile::Release);
    bindgen.generate(&folder).with_context(|| format!("wasm-bindgen failed on {name}"))?;
    import_compiled_module(&folder.join("index.js"))?;
    if profile == Profile::Release {
        optimise(&folder.join("index_bg.wasm"))?;
        minify(&folder.join("index.js"))?;
    }
    move_files(&folder, &bundle)?;
    fs::write(stamp, state)?;
    Ok(())
}

/// Moves what is in a folder into another one, and removes the folder. What is the same stays as it was.
fn move_files(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, place) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&place)?;
            move_files(&source, &place)?;
        } else if fs::read(&place).is_ok_and(|present| fs::read(&source).is_ok_and(|made| made == present)) {
            fs::remove_file(&source)?;
        } else {
            fs::rename(&source, &place)?;
        }
    }
    fs::remove_dir(from)?;
    Ok(())
}

/// The platform's JavaScript, or the entry of a benchmark's floor, which has one of its own.
fn copy_scripts(name: &str, folder: &Path, profile: Profile) -> Result<()> {
    let own_entry = root().join("tests/bench").join(name).join("entry.mjs");
    let originals = if own_entry.exists() {
        vec![own_entry]
    } else {
        SCRIPTS.map(|script| root().join("shared/platform/src/workers").join(script)).to_vec()
    };
    for original in originals {
        let script = folder.join(original.file_name().context("a script has a name")?);
        fs::copy(original, &script)?;
        // Their comments are for who reads the source.
        if profile == Profile::Release {
            minify(&script)?;
        }
    }
    Ok(())
}

/// The runtime gives a compiled module to a plain import and does not know `import source` yet.
fn import_compiled_module(script: &Path) -> Result<()> {
    let text = fs::read_to_string(script)?;
    fs::write(script, text.replacen("import source ", "import ", 1))?;
    Ok(())
}

/// What every engine has by now. `--all-features` would write what only the newest ones read.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-exception-handling",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Makes a release's module small. The lowest addresses are the far end of the stack: nothing is kept there, and so
/// offsets may be folded.
pub(crate) fn optimise(module: &Path) -> Result<()> {
    let mut command = tool("wasm-opt");
    run(command
        .args(["-Oz", "--converge", "--low-memory-unused"])
        .args(FEATURES)
        .arg(module)
        .arg("-o")
        .arg(module))
}

fn minify(script: &Path) -> Result<()> {
    let mut command = tool("esbuild");
    let output = format!("--outfile={}", script.display());
    // wasm-bindgen names a module once for each function that it imports from it as it is: the same one each time.
    let known = "--log-override:duplicate-object-key=silent";
    run(command.arg(script).args(["--minify", "--allow-overwrite", "--log-level=warning", known]).arg(output))
}

/// A program that `npm ci` brought.
fn tool(name: &str) -> Command {
    Command::new(root().join("node_modules/.bin").join(name))
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} did not start: run `make setup`"))?;
    ensure!(status.success(), "{name} failed");
    Ok(())
}
