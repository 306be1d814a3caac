//! Help, manual and completions.

use std::fs;

use super::{contains, folder, names, run};

#[test]
fn help_manual_and_completions_come_from_the_same_words() {
    let folder = folder(&[]);
    for command in [
        "run",
        "check",
        "plan",
        "show",
        "why",
        "compare",
        "digest",
        "backup",
        "restore",
        "generate",
        "completions",
        "man",
    ] {
        let help = run(&folder, &[command, "--help"]);
        assert_eq!(help.code, 0);
        contains(&help.out, &["Usage: windrow", "Examples:\n", &format!("windrow {command}")]);
    }
    contains(&run(&folder, &["man"]).out, &[".TH windrow 1"]);
    contains(&run(&folder, &["completions", "bash"]).out, &["--source-zone"]);
    fs::create_dir(folder.path().join("man")).unwrap();
    assert_eq!(run(&folder, &["man", "--dir", "man"]).code, 0);
    assert!(names(&folder.path().join("man")).contains(&"windrow-run.1".to_owned()));
    assert_eq!(run(&folder, &[]).code, 2);
}
