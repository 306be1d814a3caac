//! Profiles in the files of AWS's tools.

use std::env;
use std::path::PathBuf;

use super::wrong;
use crate::error::Result;
use crate::text::escape::visible;

/// The settings of the profile that `AWS_PROFILE` names, or else of `default`, in the AWS profile files.
#[derive(Debug, Default)]
pub(super) struct Profile(Vec<(String, String)>);

impl Profile {
    /// # Errors
    /// Usage: `AWS_PROFILE` names a profile that is in neither file.
    pub(super) fn read() -> Result<Self> {
        let named = env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        let name = named.as_deref().unwrap_or("default");
        let (mut profile, mut is_there) = (Profile::default(), false);
        for (variable, file) in
            [("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config")]
        {
            let place = env::var_os(variable)
                .map(PathBuf::from)
                .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".aws").join(file)));
            // The file is optional.
            if let Some(text) = place.and_then(|place| std::fs::read_to_string(place).ok()) {
                is_there |= profile.take(&text, name);
            }
        }
        match named {
            Some(name) if !is_there => {
                Err(wrong(format!("AWS_PROFILE names `{}`, and no profile file has it", visible(&name)))
                    .with_help("check the name in ~/.aws/config and ~/.aws/credentials"))
            }
            _ => Ok(profile),
        }
    }

    /// Takes the lines of one profile, and returns whether the file has it. Settings from an earlier file take precedence.
    fn take(&mut self, text: &str, name: &str) -> bool {
        let (mut is_wanted, mut is_there) = (false, false);
        for line in text.lines() {
            let trimmed = line.trim();
            if let Some(section) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let section = section.trim();
                is_wanted = section.strip_prefix("profile ").unwrap_or(section).trim() == name;
                is_there |= is_wanted;
            } else if let (true, false, Some((key, value))) =
                // Indented lines are settings of a single service.
                (is_wanted, line.starts_with([' ', '\t', '#', ';']), trimmed.split_once('='))
            {
                self.0.push((key.trim().to_owned(), value.trim().to_owned()));
            }
        }
        is_there
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_by_its_name() {
        let text = "[default]\nregion = eu-west-1\n# a comment\n[profile logs]\nregion=eu-central-1\n\
                    s3 =\n  addressing_style = path\naws_access_key_id = AKIA\n[other]\nregion = x\n";
        let of = |name: &str| {
            let mut profile = Profile::default();
            profile.take(text, name);
            profile
        };
        assert_eq!(of("default").get("region"), Some("eu-west-1"));
        assert_eq!(of("logs").get("region"), Some("eu-central-1"));
        assert_eq!(of("logs").get("aws_access_key_id"), Some("AKIA"));
        assert_eq!(of("logs").get("addressing_style"), None);
        assert_eq!(of("none").get("region"), None);
        assert!(Profile::default().take(text, "other") && !Profile::default().take(text, "none"));
    }
}
