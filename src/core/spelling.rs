//! Which known word a misspelt one was meant to be.

/// How many letters must be put in, left out or changed to make one text of another.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, c) in a.chars().enumerate() {
        let mut before = i;
        row[0] = i + 1;
        for (j, d) in b.iter().enumerate() {
            let changed = before + usize::from(c != *d);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// The text that is nearest to another one, if it is near at all.
pub fn nearest<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    let far = |name: &&str| distance(text, name);
    let starts = |name: &&&str| name.starts_with(text) || text.starts_with(**name);
    let near = known.iter().copied().min_by_key(far).filter(|name| far(name) <= text.len().div_ceil(3));
    near.or_else(|| known.iter().find(starts).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_a_slip_away_or_begins_alike() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(nearest("colums", &["columns", "constants"]), Some("columns"));
        assert_eq!(nearest("customer", &["customer_id", "currency"]), Some("customer_id"));
        assert_eq!(nearest("zebra", &["columns", "constants"]), None);
    }
}
