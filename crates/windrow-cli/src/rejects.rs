//! Rejects: the format of the file that they are written to as they are found.

use std::path::Path;

use windrow::publish::Format;
use windrow::text::escape;
use windrow::{Error, Result};

/// The format that the ending of `path` names.
pub(crate) fn format_of(path: &Path) -> Result<Format> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ok(Format::Csv),
        Some("ndjson") => Ok(Format::Ndjson),
        _ => Err(Error::usage(format!("--rejects {}: its ending names no format", escape::path(path)))
            .with_help("name it rejects.csv or rejects.ndjson")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_names_the_format() {
        assert_eq!(format_of(Path::new("r.csv")).unwrap(), Format::Csv);
        assert_eq!(format_of(Path::new("r.ndjson")).unwrap(), Format::Ndjson);
        assert!(format_of(Path::new("r")).is_err());
    }
}
