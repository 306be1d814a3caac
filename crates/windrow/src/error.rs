//! The one error of the library, as data: its kind and code, what went wrong and where, what to do next, and what is behind it.

mod code;
mod help;
mod location;
mod setting;

use std::sync::Arc;
use std::{fmt, io};

pub use code::Code;
pub use help::{Help, HelpPart, lines};
pub use location::Location;
pub use setting::Setting;

/// What the caller can do about an error. Each kind has one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A bug in windrow: please report it.
    Bug,
    /// The job file or the arguments are wrong: correct them.
    Usage,
    /// The data was refused: correct the file or raise the limit.
    Data,
    /// Storage or network failed, or another run won: a retry is safe and may help.
    Storage,
    /// A person must look: state is damaged or does not match the job.
    Attention,
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
            Kind::Attention => 5,
            Kind::Limit => 6,
            Kind::Interrupted => 130,
            Kind::Terminated => 143,
        }
    }
}

/// An error: what went wrong and where, as text and as data, and what to do next.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    code: Option<Code>,
    message: String,
    location: Location,
    help: Option<Help>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// A result whose error is windrow's.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` that says what happened and where.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let (message, location) = (message.into(), Location::default());
        Error(Box::new(Inner { kind, code: None, message, location, help: None, source: None }))
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
        Error::new(Kind::Bug, message).with_help(
            "this is a bug in windrow: please report it with the command and, if you can, the file",
        )
    }

    /// A value that its key or flag cannot have.
    pub fn invalid(message: impl Into<String>) -> Self {
        Error::usage(message).with_code(Code::InvalidValue)
    }

    /// Something that is not built yet, or not into this program.
    pub fn not_built(message: impl Into<String>) -> Self {
        Error::usage(message).with_code(Code::NotBuilt)
    }

    /// What only builds with the cargo feature `feature` can do.
    pub fn without_feature(what: impl fmt::Display, feature: &str) -> Self {
        Error::not_built(format!("this windrow was built without {what}")).with_help(format!(
            "build it with cargo's feature {feature}, as the README shows, or use the Python package or the container image, which have it"
        ))
    }

    /// An I/O error while reading, `doing` says what (for example `cannot read in/a.csv`). The kind follows from what the
    /// system said: no such file or a wrong kind of file is usage, no permission to read is refused data, a full disk
    /// is a limit, the rest is storage.
    pub fn io(doing: impl fmt::Display, error: &io::Error) -> Self {
        use std::io::ErrorKind as Io;
        if let Some(error) = Error::behind(error) {
            return error.clone();
        }
        let (kind, code, help) = match error.kind() {
            Io::NotFound => (Kind::Usage, Code::NotFound, "check the path"),
            Io::NotADirectory | Io::IsADirectory => (Kind::Usage, Code::NotAFile, "check the path"),
            Io::PermissionDenied => {
                (Kind::Data, Code::PermissionDenied, "check the owner and the permissions")
            }
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => {
                (Kind::Limit, Code::NoSpace, "free some space or choose another place, then run again")
            }
            Io::ReadOnlyFilesystem => (Kind::Storage, Code::ReadOnly, "choose a place that can be written"),
            _ => (Kind::Storage, Code::StorageFailed, "a retry is safe"),
        };
        let made = Error::new(kind, format!("{doing}: {}", plain(error))).with_code(code).with_help(help);
        // An I/O error cannot be copied; what is kept of it is all that the system said.
        made.caused_by(match error.raw_os_error() {
            Some(number) => io::Error::from_raw_os_error(number),
            None => io::Error::new(error.kind(), error.to_string()),
        })
    }

    /// The error that was handed through a reader of the standard library as one of its own.
    pub(crate) fn behind(error: &io::Error) -> Option<&Error> {
        error.get_ref()?.downcast_ref()
    }

    /// The same for what windrow itself writes and reads back, outputs and state: no permission is a fault of the storage,
    /// not of the data.
    pub fn output(doing: impl fmt::Display, error: &io::Error) -> Self {
        let made = Error::io(doing, error);
        let is_denied = error.kind() == io::ErrorKind::PermissionDenied;
        if is_denied { made.with_kind(Kind::Storage) } else { made }
    }

    /// Says which thing went wrong, for programs.
    pub fn with_code(mut self, code: Code) -> Self {
        self.0.code = Some(code);
        self
    }

    /// Adds what to do next.
    pub fn with_help(mut self, help: impl Into<Help>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Adds a setting that mends it, on a line of its own after the help.
    pub fn set(self, setting: Setting, value: impl Into<String>) -> Self {
        let help = self.0.help.clone().map_or_else(Help::default, |help| help.and("\n    "));
        self.with_help(help.changed(setting, value))
    }

    /// Says where, for programs; what is known already stays.
    pub fn at(mut self, place: Location) -> Self {
        let Location { file, line, byte, column } = std::mem::take(&mut self.0.location);
        self.0.location = Location {
            file: file.or(place.file),
            line: line.or(place.line),
            byte: byte.or(place.byte),
            column: column.or(place.column),
        };
        self
    }

    /// Says which error is behind it.
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The same error with another kind.
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Puts `context: ` before the message.
    pub fn within(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// Prefixes the message with the kind of thing that it is about.
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.0.message = format!("{what} {}", self.0.message);
        self
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Which thing went wrong.
    pub fn code(&self) -> Code {
        self.0.code.unwrap_or(Code::of(self.0.kind))
    }

    /// What happened and where, without the help.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where, as far as it is known as data.
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// What to do next, in the words of a job file.
    pub fn help_text(&self) -> Option<&str> {
        self.0.help.as_ref().map(Help::text)
    }

    /// The setting that mends it: the first one that the help says to change.
    pub fn setting(&self) -> Option<&Setting> {
        self.help()?.parts().iter().find_map(|part| match part {
            HelpPart::Changed(changes) => changes.first().map(|(setting, _)| setting),
            _ => None,
        })
    }

    /// What to do next, with its settings as data.
    pub fn help(&self) -> Option<&Help> {
        self.0.help.as_ref()
    }
}

/// The system's words without Rust's ` (os error 13)`.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, help, location, source, .. } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("code", &self.code())
            .field("message", message)
            .field("help", &help.as_ref().map(Help::text))
            .field("location", location)
            .field("source", source)
            .finish()
    }
}

/// Equal are errors that say the same, whatever is behind them.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let said = |error: &Error| (error.kind(), error.code());
        let (of_one, of_other) = (&*self.0, &*other.0);
        said(self) == said(other)
            && (&of_one.message, &of_one.help, &of_one.location)
                == (&of_other.message, &of_other.help, &of_other.location)
    }
}

impl Eq for Error {}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}
