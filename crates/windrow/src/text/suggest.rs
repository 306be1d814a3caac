//! Suggestions: the known name that a wrong one probably means.

/// The known name that is nearest to `name`, whatever the case, if the two differ by at most a third of their letters, rounded up.
/// Of several, the first in the alphabet.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let name = name.trim().to_lowercase();
    let known = known.into_iter().filter(|known| !known.is_empty());
    let (differ, nearest) =
        known.map(|known| (distance(&name, &known.trim().to_lowercase()), known)).min()?;
    let letters = name.chars().count().max(nearest.chars().count());
    (differ <= letters.div_ceil(3) && differ < letters).then_some(nearest)
}

/// How many letters two texts differ by.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(one, other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_name_is_found_unless_it_is_far() {
        let known = ["action", "time", "user", "", "zone"];
        for (name, expected) in [
            ("actoin", Some("action")),
            ("Tiem", Some("time")),
            ("acton ", Some("action")),
            ("actn", Some("action")),
            ("users", Some("user")),
            ("used", Some("user")),
            ("ti", Some("time")),
            ("t", None),
            ("akt", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
        assert_eq!(nearest("b", ["a"]), None, "nothing of it is alike");
        assert_eq!(nearest("zome", ["zone", "zode"]), Some("zode"));
    }
}
