//! Which legal word did the user mean?

/// Returns the help for an unknown word: the nearest legal one, and all of them when there are few.
///
/// Near is a Damerau–Levenshtein distance of at most a third of the word's length (and at least one), or the same word in another case, with
/// other separators, or in the plural.
pub fn help<'a>(word: &str, legal: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let legal: Vec<&str> = legal.into_iter().collect();
    let near = nearest(word, legal.iter().copied());
    match (near, legal.len()) {
        (_, 0) => None,
        (Some(near), _) => Some(format!("did you mean `{near}`?")),
        (None, 1..=8) => Some(format!("write one of {}", quoted(&legal))),
        (None, _) => None,
    }
}

/// Returns the nearest legal word, if one is near.
pub fn nearest<'a>(word: &str, legal: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = fold(word);
    let limit = (word.chars().count() / 3).max(1);
    legal
        .into_iter()
        .map(|candidate| {
            let distance = if fold(candidate) == plain { 0 } else { distance(word, candidate) };
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the words in backticks, joined by commas.
pub fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Folds case, separators and a plural's `s`.
fn fold(word: &str) -> String {
    let mut plain: String =
        word.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect();
    if plain.len() > 1 && plain.ends_with('s') {
        plain.pop();
    }
    plain
}

/// Counts the insertions, deletions, replacements and swaps of neighbours from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut rows = vec![vec![0; to.len() + 1]; from.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=from.len() {
        for j in 1..=to.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, help, nearest};

    #[test]
    fn swapped_neighbours_are_one_step() {
        assert_eq!(distance("detial", "detail"), 1);
        assert_eq!(distance("", "ab"), 2);
    }

    #[test]
    fn nearest_word_folds_case_separators_and_plural() {
        assert_eq!(nearest("staleTime", ["gc_time", "stale_time"]), Some("stale_time"));
        assert_eq!(nearest("user", ["users", "posts"]), Some("users"));
        assert_eq!(nearest("zzz", ["users", "posts"]), None);
    }

    #[test]
    fn few_legal_words_are_listed_when_none_is_near() {
        assert_eq!(help("zzz", ["a1", "b2"]).as_deref(), Some("write one of `a1`, `b2`"));
        assert_eq!(help("x", []), None);
    }
}
