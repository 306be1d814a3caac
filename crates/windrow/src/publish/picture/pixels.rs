//! Pixels: a picture as PNG. Its texts are set in the fonts of this machine; a character that none of them has is written out.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Family, Query};
use resvg::usvg::{FontResolver, Options, Tree};

use crate::error::{Code, Error, Result};

/// Pixels of the file for each of the picture, across and down: letters are sharp on a screen of today.
const SCALE: f32 = 2.0;
/// The most pixels of a file: they take 400 MB of memory while they are drawn.
const PIXELS_MAX: f32 = 1e8;
/// Fonts for texts without a family of their own, the ones whose letters are as wide as the picture was laid out for first.
const FAMILIES: [&str; 6] = ["Liberation Sans", "Arial", "Helvetica", "Noto Sans", "Roboto", "DejaVu Sans"];

/// The fonts of this machine.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    let has =
        |name: &&str| fonts.query(&Query { families: &[Family::Name(name)], ..Query::default() }).is_some();
    let any = || fonts.faces().find_map(|face| Some(face.families.first()?.0.clone()));
    if let Some(name) = FAMILIES.iter().find(|name| has(name)).map(|name| (*name).to_owned()).or_else(any) {
        fonts.set_sans_serif_family(&name);
        // What is used where a text names no font that there is.
        fonts.set_serif_family(&name);
    }
    Arc::new(fonts)
});

/// Refuses a picture that would have no text.
pub(in crate::publish) fn check() -> Result<()> {
    check_fonts(&FONTS)
}

fn check_fonts(fonts: &Database) -> Result<()> {
    if fonts.is_empty() {
        return Err(Error::usage("a PNG needs a font for its text, and none is installed here")
            .with_code(Code::NoFont)
            .with_help("install one, for example the package fonts-liberation, or write an .svg or .html"));
    }
    Ok(())
}

/// The picture `svg` as a PNG.
///
/// # Errors
/// Usage: no font is installed. Limit: the picture is too large.
pub(super) fn png(svg: &str) -> Result<Vec<u8>> {
    drawn(svg, &FONTS)
}

fn drawn(svg: &str, fonts: &Arc<Database>) -> Result<Vec<u8>> {
    check_fonts(fonts)?;
    let tree = laid_out(svg, fonts)?;
    let (width, height) = (tree.size().width() * SCALE, tree.size().height() * SCALE);
    if width * height > PIXELS_MAX {
        return Err(Error::limit(format!(
            "the picture has {width} × {height} pixels, more than a PNG is made of"
        ))
        .with_code(Code::Limit)
        .with_help("write an .svg, or a file for each report"));
    }
    let mut pixels = Pixmap::new(width.ceil() as u32, height.ceil() as u32)
        .ok_or_else(|| Error::bug("a picture without pixels"))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| Error::bug(format!("the picture as a PNG: {error}")))
}

/// The picture with the place of each letter. Characters that no font has are written out, as `\u{1f600}`.
fn laid_out(svg: &str, fonts: &Arc<Database>) -> Result<Tree> {
    let mut svg = svg.to_owned();
    loop {
        let missing = Mutex::new(BTreeSet::new());
        let fallback = FontResolver::default_fallback_selector();
        let options = Options {
            fontdb: Arc::clone(fonts),
            font_resolver: FontResolver {
                select_font: FontResolver::default_font_selector(),
                select_fallback: Box::new(|c, used, fonts| {
                    let found = fallback(c, used, fonts);
                    if found.is_none() {
                        missing.lock().unwrap_or_else(PoisonError::into_inner).insert(c);
                    }
                    found
                }),
            },
            ..Options::default()
        };
        let tree =
            Tree::from_str(&svg, &options).map_err(|error| Error::bug(format!("the picture: {error}")))?;
        drop(options);
        let missing = missing.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Markup is ASCII; a font without a letter of it cannot set that text at all.
        let missing: Vec<char> = missing.into_iter().filter(|c| !c.is_ascii() && svg.contains(*c)).collect();
        if missing.is_empty() {
            return Ok(tree);
        }
        for c in missing {
            svg = svg.replace(c, &format!("\\u{{{:x}}}", u32::from(c)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40" font-family="sans-serif">"#;

    /// A picture of one text.
    fn text(text: &str) -> String {
        format!(r##"{HEAD}<rect width="100%" height="100%" fill="#fff"/><text y="20">{text}</text></svg>"##)
    }

    #[test]
    fn texts_are_never_missing() {
        let none = drawn(&text("a"), &Arc::new(Database::new())).unwrap_err();
        assert_eq!((none.kind().exit_code(), none.code()), (2, Code::NoFont));
        if FONTS.is_empty() {
            return;
        }
        let empty = png(&text("")).unwrap();
        assert_eq!(empty[..4], *b"\x89PNG");
        assert_ne!(png(&text("Open")).unwrap(), empty);
        // A character of no font: it is private.
        let private = png(&text("a\u{10fffd}b")).unwrap();
        assert_eq!(private, png(&text(r"a\u{10fffd}b")).unwrap());
    }

    #[test]
    fn a_picture_that_is_too_large_is_refused() {
        if FONTS.is_empty() {
            return;
        }
        let large = text("a").replacen("height=\"40\"", "height=\"400000\"", 1);
        assert_eq!(png(&large).unwrap_err().kind().exit_code(), 6);
    }
}
