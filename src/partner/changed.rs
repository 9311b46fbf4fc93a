//! What it means when a partner goes by other identities than before: told to whoever changes its file.

use super::Partner;
use super::identity::Realm;
use crate::wire::Identity;

/// Sentences about identities that a partner loses, by realm; none where it keeps all that it had.
pub fn changed(before: &Partner, after: &Partner) -> Vec<String> {
    let mut told = Vec::new();
    for (realm, name) in [(Realm::X12, "X12"), (Realm::Edifact, "EDIFACT"), (Realm::Xml, "XML")] {
        let (old, new) = (before.theirs.of(realm), after.theirs.of(realm));
        let lost: Vec<String> = old.interchange.iter().filter(|identity| !new.has(identity)).map(said).collect();
        if lost.is_empty() {
            continue;
        }
        let gone = lost.join(" and ");
        let next = match new.interchange.first() {
            Some(first) => format!("what leaves for it is addressed to {}", said(first)),
            None => "nothing can leave for it any more".to_owned(),
        };
        told.push(format!(
            "{} goes by {gone} no more in {name}: what comes from there is a stranger's from now on, and held; {next}. Its \
             orders, its open items and what is awaited of it stay its own. While both are in use, list the old one behind the \
             new one.",
            after.id
        ));
    }
    told
}

fn said(identity: &Identity) -> String {
    match identity.qualifier.is_empty() {
        true => identity.id.clone(),
        false => format!("{}:{}", identity.qualifier, identity.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partner::Directory;

    #[test]
    fn what_a_partner_loses_is_told_and_what_it_gains_is_not() {
        check("id = \"ZZ:OLD\"", "id = \"ZZ:OLD\"", "");
        check("id = \"ZZ:OLD\"", "id = [\"ZZ:NEW\", \"ZZ:OLD\"]", "");
        check("id = \"ZZ:OLD\"", "id = \"ZZ:NEW\"", "acme goes by ZZ:OLD no more in X12");
        check("id = \"ZZ:OLD\"", "id = \"ZZ:NEW\"", "addressed to ZZ:NEW");
    }

    fn check(before: &str, after: &str, words: &str) {
        let partner = |id: &str| {
            let text = format!("name = \"A\"\n[x12]\n{id}\n");
            let read = Directory::read([("acme.toml", text.as_str())]);
            assert!(read.mistakes.is_empty());
            read.directory.partner("acme").expect("a partner").clone()
        };
        let told = changed(&partner(before), &partner(after)).join(" ");
        assert_eq!(told.is_empty(), words.is_empty(), "{told}");
        assert!(told.contains(words), "{told}");
    }
}
