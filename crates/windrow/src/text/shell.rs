//! Words for a shell: a command in a message can be copied as it stands.

use std::ffi::OsStr;

use super::escape;

/// A word as a POSIX shell reads it back. A name with bytes that a terminal must not get is written `$'a\x1b.csv'`, as bash, zsh and
/// POSIX.1-2024 read it.
pub fn word(word: impl AsRef<OsStr>) -> String {
    let bytes = word.as_ref().as_encoded_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./:=,@+".contains(byte);
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.is_empty() && bytes.iter().all(is_plain) => text.to_owned(),
        Ok(text) if !escape::is_hidden_in(text) => format!("'{}'", text.replace('\'', r"'\''")),
        // In `$'…'` the backslashes that stand for themselves are doubled.
        _ => format!("$'{}'", escape::exact(bytes).replace('\'', r"\'")),
    }
}

/// The name of standard input in messages.
pub const STDIN: &str = "standard input";

/// A file of this name as a word of a command.
pub fn input(name: &str) -> String {
    if name == STDIN { "-".to_owned() } else { word(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (given, quoted) in [
            ("a-b_c/d.csv", "a-b_c/d.csv"),
            ("", "''"),
            ("my log.csv", "'my log.csv'"),
            ("it's", r"'it'\''s'"),
            ("Öl.csv", "'Öl.csv'"),
            ("a\x1b[2J'\\.csv", r"$'a\x1b[2J\'\\.csv'"),
            ("a\nb", r"$'a\x0ab'"),
        ] {
            assert_eq!(word(given), quoted);
        }
    }

    #[test]
    fn a_shell_reads_back_every_word() {
        use std::os::unix::ffi::OsStrExt;
        for given in
            [&b"a\xff b"[..], b"\x1b[31m'\"$HOME`\\", "e\u{301}\u{202e}\u{200b}1".as_bytes(), b"\n\t\r", b"'"]
        {
            let command = format!("printf %s {}", word(OsStr::from_bytes(given)));
            let read = std::process::Command::new("bash").args(["-c", &command]).output().unwrap();
            assert_eq!(read.stdout, given, "{command}");
        }
    }
}
