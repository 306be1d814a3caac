use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use proptest::prelude::*;

use super::*;

#[test]
fn a_file_below_the_root_is_known_by_what_follows_it() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for name in ["data/in", "linked"] {
        fs::create_dir_all(here.join(name)).unwrap();
    }
    File::create(here.join("data/in/a.csv")).unwrap();
    symlink(here.join("data"), here.join("linked/data")).unwrap();
    let root = Root::new(&here.join("data"));
    for path in ["data/in/a.csv", "data/./in//a.csv", "data/in/../in/a.csv", "linked/data/in/a.csv"] {
        assert_eq!(root.identity(&here.join(path)), "in/a.csv", "{path}");
    }
    for other in [here.join("linked/data"), here.join("linked/../data"), here.join("data/")] {
        assert_eq!(Root::new(&other).identity(&here.join("data/in/a.csv")), "in/a.csv", "{other:?}");
    }
    let outside = root.identity(&here.join("b.csv"));
    assert_eq!(outside, format!("file://{}/b.csv", here.display()));
    assert_eq!(root.identity(&here.join("data/../b.csv")), outside);
    assert_eq!(root.path("in/a.csv"), Some(here.join("data/in/a.csv")));
    let sources = std::path::absolute("src").unwrap();
    assert_eq!(Root::new(Path::new("")).identity(Path::new("src/lib.rs")), "src/lib.rs");
    assert_eq!(Root::new(Path::new("src")).identity(&sources.join("lib.rs")), "lib.rs");
    assert_eq!(Root::new(Path::new("..")).identity(Path::new("src/lib.rs")), "windrow/src/lib.rs");
}

#[test]
fn the_folder_of_one_file_is_not_taken_for_that_of_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for name in ["root/in", "other"] {
        fs::create_dir_all(here.join(name)).unwrap();
    }
    symlink(here.join("root"), here.join("link")).unwrap();
    let root = Root::new(&here.join("root"));
    for path in ["link/in/a.csv", "other/a.csv", "link/in/b.csv", "link/a.csv", "gone/a.csv", "link/in/a.csv"]
    {
        let path = here.join(path);
        assert_eq!(root.identity(&path), Root::new(&here.join("root")).identity(&path), "{path:?}");
    }
}

#[test]
fn a_folder_that_is_moved_is_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| {
        let root = folder.path().join(name);
        Root::new(&root).identity(&root.join("in/a.csv"))
    };
    assert_eq!(of("here"), of("there/deep"));
}

proptest! {
    #[test]
    fn every_name_leads_back_to_its_file(
        names in prop::collection::vec(prop::collection::vec(prop_oneof![
            4 => prop::sample::select(b"a%F25 =\n\xff\xc3\xa4#".to_vec()), 1 => 1..=255u8,
        ], 1..8), 1..4),
        below in any::<bool>(),
    ) {
        let named: PathBuf = names.iter().map(|name| std::ffi::OsStr::from_bytes(name)).collect();
        // Not what leads elsewhere, or is more than one name.
        prop_assume!(names.iter().all(|name| !name.contains(&b'/') && name != b"." && name != b".."));
        let root = Root::new(Path::new("/no/such folder"));
        let path = if below { Path::new("/no/such folder").join(&named) } else { Path::new("/").join(&named) };
        let identity = root.identity(&path);
        prop_assert!(!identity.chars().any(char::is_control));
        prop_assert_eq!(identity.starts_with("file:///"), !below);
        prop_assert_eq!(root.path(&identity), Some(path), "{}", identity);
    }
}
