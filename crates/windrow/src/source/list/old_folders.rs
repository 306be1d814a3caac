//! Folders that are too old to be listed. The known files in them count as unchanged.

use std::path::Path;

use super::FolderWalk;
use super::objects::Bucket;
use crate::error::Result;
use crate::source::InputFile;
use crate::source::look_back::UnlistedFolder;
use crate::storage::{FileVersion, StoredFile};

impl FolderWalk<'_> {
    /// Whether a folder of this machine is too old to be listed.
    pub(super) fn is_old(&self, path: &Path) -> bool {
        self.look_back.is_some_and(|look_back| look_back.leaves_out(&self.beginning(path)))
    }

    /// Takes the known files in a folder of this machine instead of listing it.
    pub(super) fn leave_out(&mut self, path: &Path) {
        let folder = self.beginning(path);
        self.stand_in(self.name(path), &folder, |walk, identity, version| {
            let path = walk.identities.path(identity)?;
            Some(InputFile { version: version.clone(), ..walk.input(&path) })
        });
    }

    /// The beginning of the identities of the files in a folder of this machine.
    fn beginning(&self, path: &Path) -> String {
        self.identities.identity(path) + "/"
    }

    /// The objects in `folder` whose paths from there begin with `beginning`, without those in folders that are too old.
    pub(super) fn objects_below(
        &mut self,
        bucket: &Bucket<'_>,
        folder: &str,
        beginning: &str,
    ) -> Result<Vec<StoredFile>> {
        let Some(look_back) = self.look_back else { return bucket.storage.list_beginning(folder, beginning) };
        let (mut entries, mut folders) = (Vec::new(), vec![(folder.to_owned(), beginning)]);
        while let Some((folder, beginning)) = folders.pop() {
            // A folder without folders of known days is listed whole, in as few requests as possible.
            if !look_back.leads_to_days(&bucket.beginning(&folder)) {
                entries.extend(bucket.storage.list_beginning(&folder, beginning)?);
                continue;
            }
            let level = bucket.storage.level(&folder, beginning)?;
            entries.extend(level.entries);
            for folder in level.folders {
                let in_it = bucket.beginning(&folder);
                match look_back.leaves_out(&in_it) {
                    false => folders.push((folder, "")),
                    true => self.stand_in(bucket.url.shown(&folder), &in_it, |_, identity, version| {
                        bucket.known(identity, version)
                    }),
                }
            }
        }
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(entries)
    }

    fn stand_in(
        &mut self,
        name: String,
        folder: &str,
        file: impl Fn(&Self, &str, &FileVersion) -> Option<InputFile>,
    ) {
        let Some(look_back) = self.look_back else { return };
        let mut files = 0;
        for (identity, version) in look_back.known_in(folder) {
            let Some(file) = file(self, identity, version) else { continue };
            self.stand_ins.push(file);
            files += 1;
        }
        self.unlisted.push(UnlistedFolder { folder: name + "/", files });
    }
}
