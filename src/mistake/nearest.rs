//! "Did you mean": the candidate that looks most like a misspelt name.

/// The candidate nearest to a misspelt name, if one is near.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().max(name.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The candidate that a name misspells by a letter or two, if any: near enough to refuse the name, not just to suggest
/// another. What differs in digits alone is a name of its own.
pub fn slip<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let edits_max = if name.len() < 8 { 1 } else { 2 };
    let near = nearest(name, candidates)?;
    (name.len() > 3 && distance(name, near) <= edits_max && letters(name) != letters(near)).then_some(near)
}

/// Edits (insert, delete, change, swap neighbours) between two short names.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            rows[i][j] = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                rows[i][j] = rows[i][j].min(rows[i - 2][j - 2] + 1);
            }
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_are_near() {
        assert_eq!(nearest("departmnet", ["number", "department", "date"]), Some("department"));
        assert_eq!(nearest("N104", ["N102", "N103", "PO1"]), Some("N102"));
        assert_eq!(slip("sellr", ["buyer", "seller"]), Some("seller"));
        assert_eq!(slip("store2", ["store1"]), None);
        assert_eq!(slip("ship_by", ["ship_to"]), None);
        assert_eq!(nearest("zzz", ["number", "department"]), None);
    }
}
