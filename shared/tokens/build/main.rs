//! Writes the tables that the crate embeds: nothing is decoded or initialised at run time.
#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "a build that goes wrong must stop, and nothing here runs in production"
)]

mod classes;
#[path = "../src/hash.rs"]
#[expect(dead_code, reason = "only reading cuts hashes out of prefixes")]
mod hash;
mod layout;
mod vocabulary;

use std::path::{Path, PathBuf};
use std::{env, fs};

use classes::Classes;
use layout::Layout;
use vocabulary::Vocabulary;

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/hash.rs");
    let directory = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let classes = Classes::new();
    write(&directory.join("class_index.bin"), &classes.index);
    write(&directory.join("class_blocks.bin"), &classes.blocks);
    if env::var_os("CARGO_FEATURE_O200K").is_some() {
        let encoder = tiktoken_rs::o200k_base().expect("the vocabulary is sound");
        write_table(&directory, "o200k", &Layout::of(&Vocabulary::of(&encoder)));
    }
    if env::var_os("CARGO_FEATURE_CL100K").is_some() {
        let encoder = tiktoken_rs::cl100k_base().expect("the vocabulary is sound");
        write_table(&directory, "cl100k", &Layout::of(&Vocabulary::of(&encoder)));
    }
}

/// Writes the sections of a table, and the expression that embeds them.
fn write_table(directory: &Path, name: &str, layout: &Layout) {
    let sections = [
        ("pilots", &layout.pilots),
        ("entries", &layout.entries),
        ("byte_pairs", &layout.byte_pairs),
        ("character_index", &layout.character_index),
        ("character_blocks", &layout.character_blocks),
        ("torn_borders", &layout.torn_borders),
    ];
    let fields = sections.map(|(section, contents)| {
        write(&directory.join(format!("{name}_{section}.bin")), contents);
        format!("{section}: include_bytes!(\"{name}_{section}.bin\"),\n")
    });
    let fields = fields.concat();
    let Layout { byte_ranks, bucket_count, slot_count, .. } = layout;
    let expression = format!(
        "Table {{
            {fields}
            byte_ranks: &{byte_ranks:?},
            bucket_count: {bucket_count},
            slot_count: {slot_count},
        }}"
    );
    write(&directory.join(format!("{name}.rs")), expression.as_bytes());
}

fn write(path: &Path, contents: &[u8]) {
    fs::write(path, contents).expect("OUT_DIR can be written to");
}
