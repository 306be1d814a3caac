//! Leaves out the tables of look-ups that are among the inputs. A file that is named explicitly is an input all the same.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::inode::{Inode, inode};
use super::list_present;
use crate::source::ending::{Endings, LeftOut};
use crate::source::table::is_table;
use crate::storage::{ObjectUrl, Stores};

/// The files, folders and objects to leave out.
#[derive(Debug, Default)]
pub(super) struct ExcludedLookups {
    inodes: HashSet<Inode>,
    objects: HashSet<PathBuf>,
}

impl ExcludedLookups {
    /// What to leave out of the inputs in `paths`.
    pub(super) fn of<P: AsRef<Path>>(paths: &[P], root: &Path, endings: &Endings, stores: &Stores) -> Self {
        let mut apart = ExcludedLookups::default();
        let Some(LeftOut { paths: tables, endings }) = endings.left_out() else { return apart };
        let is_object = |path: &str| matches!(ObjectUrl::parse(path), Ok(Some(_)));
        let has_objects = paths.iter().any(|path| path.as_ref().to_str().is_some_and(is_object));
        for table in tables.iter().filter(|table| has_objects || !is_object(table)) {
            let folder = root.join(table);
            if is_table(&folder) {
                apart.add(&folder);
                continue;
            }
            // Errors in a look-up are reported where it is read.
            for file in list_present(&[table], root, endings, stores).unwrap_or_default().files {
                match file.object {
                    Some(_) => drop(apart.objects.insert(file.path)),
                    None => apart.add(&file.path),
                }
            }
        }
        apart
    }

    fn add(&mut self, path: &Path) {
        self.inodes.extend(fs::metadata(path).ok().map(|metadata| inode(&metadata)));
    }

    /// Whether a file or folder is left out.
    pub(super) fn has(&self, inode: &Inode) -> bool {
        self.inodes.contains(inode)
    }

    /// Whether an object is left out.
    pub(super) fn has_object(&self, identity: &str) -> bool {
        !self.objects.is_empty() && self.objects.contains(Path::new(identity))
    }
}
