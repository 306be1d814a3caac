//! Style that a compiler does not check: layers, sizes, names, and the reasons for unsafe code.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The longest file, in lines; a longer one does more than one thing.
const LINES_MAX: usize = 400;

/// Names that say nothing about what is in a file.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "common", "helpers", "helper", "manager", "misc", "base"];

/// The modules of `windrow` from the pure ones up. A module may use those before it.
const LAYERS: [&str; 32] = [
    "error",
    "clock",
    "fingerprint",
    "wait",
    "text",
    "calendar",
    "settings",
    "storage",
    "delta",
    "codec",
    "reject",
    "tally",
    "measure",
    "event",
    "window",
    "pane",
    "source",
    "counts",
    "record",
    "format",
    "job",
    "sniff",
    "increment",
    "engine",
    "report",
    "ledger",
    "publish",
    "run",
    "backup",
    "inspect",
    "compare",
    "lib",
];

fn sources() -> Vec<(PathBuf, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders = vec![crates.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(crates).unwrap().to_path_buf(), text));
            }
        }
    }
    assert!(files.len() > 50, "the sources were not found");
    files
}

#[track_caller]
fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn files_are_short_and_named_after_what_is_in_them() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            found.push(format!("{}: {lines} lines", path.display()));
        }
        if path
            .components()
            .any(|part| EMPTY_NAMES.contains(&part.as_os_str().to_str().unwrap().trim_end_matches(".rs")))
        {
            found.push(format!("{}: the name says nothing", path.display()));
        }
        let is_test = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        if !is_test && !text.starts_with("//!") {
            found.push(format!("{}: does not begin by saying what it is", path.display()));
        }
    }
    none("files to mend", found);
}

#[test]
fn modules_use_only_the_layers_below() {
    let layer = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    let mut found = Vec::new();
    for (path, text) in sources() {
        let Ok(inside) = path.strip_prefix("windrow/src") else { continue };
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let Some(own) = layer(module) else {
            found.push(format!("{}: the module {module} is in no layer", path.display()));
            continue;
        };
        if path.ends_with("tests.rs") || module == "lib" {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (at, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if layer(&used).is_some_and(|layer| layer > own) {
                    found.push(format!("{}:{}: {module} uses {used}", path.display(), at + 1));
                }
            }
        }
    }
    none("steps up the layers", found);
}

/// The modules that may know CSV records: the format, the engine that reads it by SQL, and the one that explains other results.
const KNOW_CSV: [&str; 3] = ["format/csv", "engine/spark", "compare"];

#[test]
fn nothing_else_knows_csv() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        let Ok(inside) = path.strip_prefix("windrow/src") else { continue };
        let is_test = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        if !is_test
            && !KNOW_CSV.iter().any(|known| inside.starts_with(known))
            && text.contains("windrow_scan::csv::")
        {
            found.push(path.display().to_string());
        }
    }
    none("use format::csv", found);
}

#[test]
fn the_library_names_no_flag() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        let of_library =
            ["windrow/src", "windrow-generate/src"].iter().find_map(|of| path.strip_prefix(of).ok());
        let Some(inside) = of_library else { continue };
        if inside.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs") {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (at, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let is_flag =
                |(from, _): (usize, &str)| line[from + 2..].starts_with(|c: char| c.is_ascii_lowercase());
            if line.match_indices("--").any(is_flag) {
                found.push(format!("{}:{}: {}", path.display(), at + 1, line.trim()));
            }
        }
    }
    none("flags in the library, which names a setting (error::Setting) instead", found);
}

/// Phrases that are correct but unusual, and what to write instead.
const PHRASES: [(&str, &str); 26] = [
    ("nobody", "no thread, no user, it is unknown, or the passive"),
    ("everybody", "all, every command"),
    ("anybody's", "unpredictable"),
    ("whoever", "the reader, the writer, those who"),
    ("handed on", "delivered, passed to"),
    ("hands on", "delivers, passes"),
    ("what becomes of", "what happens to"),
    ("what became of", "what happened to, the result of"),
    ("makes others", "changes"),
    ("has it not", "does not have it"),
    ("otherwise than", "differently from"),
    ("begin again for", "retry for"),
    ("none of which", "and none of them, or a sentence of its own"),
    ("of which none", "and none of them"),
    ("became another", "changed"),
    ("becomes another", "changes"),
    ("became others", "changed"),
    ("become others", "change"),
    ("is told to", "must, or on demand"),
    ("are told to", "must, or on demand"),
    ("goes on with", "continues"),
    ("leads nowhere", "does not exist"),
    ("as often as needed", "may be repeated"),
    ("hence", "so"),
    ("is no ", "is not a"),
    ("are no ", "are not"),
];

/// What may follow `is no` and `are no`.
const NO_MATTER: [&str; 7] = ["longer", "larger", "worse", "other", "such", "more", "less"];

/// Where `is no` may follow.
const THERE: [&str; 3] = ["there", "that", "if"];

#[test]
fn prose_is_as_people_write_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut texts = sources();
    texts.retain(|(path, _)| !path.ends_with("tests/style.rs"));
    for folder in [".", "docs", "examples"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "md") && !path.ends_with("CHANGELOG.md") {
                texts.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    for entry in std::fs::read_dir(root.join("cases")).unwrap() {
        let path = entry.unwrap().path().join("note.md");
        if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push((path, text));
        }
    }
    let mut found = Vec::new();
    for (path, text) in &texts {
        for (at, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            for (phrase, better) in PHRASES {
                let mut places = line
                    .match_indices(phrase)
                    .map(|(place, _)| (&line[..place], &line[place + phrase.len()..]));
                if places.any(|(before, after)| is_banned(phrase, before, after)) {
                    found.push(format!("{}:{}: {phrase}: write {better}", path.display(), at + 1));
                }
            }
        }
    }
    none("phrases to reword", found);
}

/// Parts of names that say nothing to those who do not know the project, as phrases do that are banned.
const BANNED_NAMES: [&str; 8] =
    ["hand_on", "handed_on", "HandOn", "Handing", "Telling", "VoiceArgs", "SheetArgs", "Tidy"];

#[test]
fn names_are_usual_words() {
    let mut found = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !path.ends_with("tests/style.rs")) {
        for (at, line) in text.lines().enumerate() {
            let banned = BANNED_NAMES.iter().filter(|name| line.contains(*name));
            found.extend(banned.map(|name| format!("{}:{}: {name}", path.display(), at + 1)));
        }
    }
    none("names to choose anew", found);
}

#[test]
fn the_walk_of_a_row_names_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let tables =
        text.split("\n## ").filter(|part| part.starts_with("One row") || part.starts_with("Where is it"));
    let tables: Vec<&str> = tables.collect();
    let named = tables
        .iter()
        .flat_map(|table| table.split('`'))
        .filter(|word| word.ends_with(".rs") && word.contains('/'));
    let named: Vec<&str> = named.collect();
    let below = [root.clone(), root.join("crates/windrow/src")];
    let missing = named
        .iter()
        .filter(|file| !below.iter().any(|folder| folder.join(file).is_file()))
        .map(|file| (*file).to_owned());
    none("files that are not there", missing.collect());
    assert!(tables.len() == 2 && named.len() > 30, "{} files", named.len());
}

/// Whether a phrase is banned between what is before and after it on its line.
fn is_banned(phrase: &str, before: &str, after: &str) -> bool {
    if before.ends_with(|char: char| char.is_alphanumeric()) {
        return false;
    }
    let first = |text: &str| text.split(|char: char| !char.is_alphabetic()).next().unwrap().to_owned();
    let last = before.trim_end().rsplit(|char: char| !char.is_alphabetic()).next().unwrap();
    !phrase.ends_with("no ") || !(NO_MATTER.contains(&first(after).as_str()) || THERE.contains(&last))
}

/// The end of the brackets that are open before `at`.
fn closing(code: &str, mut at: usize) -> usize {
    let (bytes, mut open) = (code.as_bytes(), 1);
    while open > 0 {
        match bytes[at] {
            b'"' => {
                at += 1;
                while bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    at
}

#[test]
fn errors_of_the_library_have_codes() {
    const MADE: [&str; 4] = ["Error::new(", "Error::usage(", "Error::data(", "Error::limit("];
    let mut found = Vec::new();
    for (path, text) in sources() {
        let Ok(inside) = path.strip_prefix("windrow/src") else { continue };
        let is_test = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        if is_test || inside.starts_with("error") || inside == Path::new("error.rs") {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (at, made) in MADE.iter().flat_map(|made| code.match_indices(made)) {
            let end = closing(code, at + made.len());
            if !code[end..].trim_start().starts_with(".with_code(") {
                let line = code[..at].matches('\n').count() + 1;
                found.push(format!("{}:{line}", path.display()));
            }
        }
    }
    none("errors without a code (error::Code)", found);
}

/// Type names that stand twice: two forms of one type, of which each build has one.
const FORMS_OF_ONE: [(&str, &str); 1] = [("Made", "without SQL no columns are computed")];

/// The name of the type that a line declares. Types of traits and of their implementations are indented.
fn declared(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub") || *word == "unsafe");
    let is_type = match words.next()? {
        "struct" | "enum" | "trait" | "union" => true,
        "type" => !line.starts_with(' '),
        _ => false,
    };
    let name = words.next().filter(|_| is_type)?;
    name.split(|char: char| !char.is_alphanumeric()).next().filter(|name| !name.is_empty())
}

#[test]
fn a_type_name_is_used_once() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in sources() {
        for (at, line) in text.lines().enumerate() {
            if let Some(name) = declared(line) {
                places.entry(name.to_owned()).or_default().push(format!("{}:{}", path.display(), at + 1));
            }
        }
    }
    assert!(places.len() > 500, "{} types", places.len());
    for (name, _) in FORMS_OF_ONE {
        assert_eq!(places.remove(name).map(|places| places.len()), Some(2), "{name}: take it off the list");
    }
    places.retain(|_, places| places.len() > 1);
    none(
        "type names used twice",
        places.iter().map(|(name, at)| format!("{name}: {}", at.join(", "))).collect(),
    );
}

#[test]
fn what_is_unsafe_says_why_it_is_not() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        if path.ends_with("tests/style.rs") {
            continue;
        }
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap();
            if !code.contains("unsafe ") {
                continue;
            }
            // Tables of other libraries reach Python through a C interface.
            if !path.starts_with("windrow-scan") && !path.ends_with("windrow-py/src/stream.rs") {
                found.push(format!("{}:{}: only windrow-scan may be unsafe", path.display(), at + 1));
            }
            let before = lines[..at]
                .iter()
                .rev()
                .take(14)
                .take_while(|line| !line.trim().is_empty() && !line.trim().ends_with('}'));
            let mut reasons = before.filter(|line| line.contains("SAFETY") || line.contains("# Safety"));
            if reasons.next().is_none() && !code.contains("unsafe fn") {
                found.push(format!("{}:{}: unsafe without SAFETY", path.display(), at + 1));
            }
        }
    }
    none("unsafe code", found);
}
