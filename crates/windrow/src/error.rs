//! The one error of the library: what went wrong, which of seven kinds it is, and what to do next.

use std::fmt;

/// What the caller can do about an error. Each kind has one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A bug in windrow: please report it.
    Bug,
    /// The job file or the arguments are wrong: correct them.
    Usage,
    /// The data was refused: mend the file or raise the limit.
    Data,
    /// Storage or network failed, or another run won: a retry is safe and may help.
    Storage,
    /// A person must look: state is damaged or does not match the job.
    Person,
    /// A limit was reached: disk, memory or number of groups.
    Limit,
    /// The run was stopped by SIGINT (Ctrl-C).
    Interrupted,
    /// The run was stopped by SIGTERM.
    Terminated,
}

impl Kind {
    /// The exit code of the process that ends with this kind of error.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Bug => 1,
            Kind::Usage => 2,
            Kind::Data => 3,
            Kind::Storage => 4,
            Kind::Person => 5,
            Kind::Limit => 6,
            Kind::Interrupted => 130,
            Kind::Terminated => 143,
        }
    }
}

/// An error: kind, message (what and where) and help (what to do next), with the setting of the job that mends it where one does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
    help: Option<String>,
    setting: Option<Box<(String, String)>>,
}

/// A result whose error is windrow's.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` that says what happened and where.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), help: None, setting: None }
    }

    /// The job file or the arguments are wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(Kind::Usage, message)
    }

    /// The data was refused.
    pub fn data(message: impl Into<String>) -> Self {
        Error::new(Kind::Data, message)
    }

    /// A limit was reached.
    pub fn limit(message: impl Into<String>) -> Self {
        Error::new(Kind::Limit, message)
    }

    /// windrow broke one of its own rules.
    pub fn bug(message: impl Into<String>) -> Self {
        Error::new(Kind::Bug, message)
            .help("this is a bug in windrow: please report it with the command and, if you can, the file")
    }

    /// An I/O error while reading, `doing` says what (for example `cannot read in/a.csv`). The kind follows from what the
    /// system said: no such file or a wrong kind of file is usage, no permission to read is refused data, a full disk
    /// is a limit, the rest is storage.
    pub fn io(doing: impl fmt::Display, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let (kind, help) = match error.kind() {
            Io::NotFound => (Kind::Usage, Some("check the path")),
            Io::NotADirectory | Io::IsADirectory => (Kind::Usage, Some("check the path")),
            Io::PermissionDenied => (Kind::Data, Some("check the owner and the permissions")),
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => {
                (Kind::Limit, Some("free some space or choose another place, then run again"))
            }
            Io::ReadOnlyFilesystem => (Kind::Storage, Some("choose a place that can be written")),
            _ => (Kind::Storage, Some("a retry is safe")),
        };
        let mut made = Error::new(kind, format!("{doing}: {}", plain(error)));
        made.help = help.map(str::to_owned);
        made
    }

    /// The same for what windrow itself writes and reads back, outputs and state: no permission is a fault of the storage,
    /// not of the data.
    pub fn output(doing: impl fmt::Display, error: &std::io::Error) -> Self {
        let made = Error::io(doing, error);
        let is_denied = error.kind() == std::io::ErrorKind::PermissionDenied;
        if is_denied { made.with_kind(Kind::Storage) } else { made }
    }

    /// Adds what to do next.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a setting that mends it: its key in a job file, and the value as TOML. Who asks by flags is told the flag.
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.setting = Some(Box::new((key.into(), value.into())));
        self
    }

    /// The setting of the job that mends it: key and value.
    pub fn setting(&self) -> Option<(&str, &str)> {
        self.setting.as_deref().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The same error with another kind.
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Puts `context: ` before the message.
    pub fn within(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What happened and where, without the help.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next.
    pub fn next(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// The system's words without Rust's ` (os error 13)`.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Writes the command (or the lines of the job file) that was given, with these flags and values changed.
pub type Corrected<'a> = &'a dyn Fn(&[(&str, &str)]) -> String;
