//! Patterns for file names, as shells have them: `*` is any text, `?` any character. Case counts.

/// Whether a name fits a pattern.
pub fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut from) = (0, 0);
    // Where the last star stands, and where the name goes on behind what it took.
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == name[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((stands, took)) => {
                    star = Some((stands, took + 1));
                    at = stands + 1;
                    from = took + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&wanted| wanted == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*", "a.edi", true),
            ("*.edi", "a.edi", true),
            ("*.edi", "a.edi.tmp", false),
            ("850_*.x12", "850_1_2.x12", true),
            ("?.edi", "a.edi", true),
            ("?.edi", "ab.edi", false),
            ("a*b*c", "aXbXbc", true),
            ("a*b*c", "aXbXb", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
