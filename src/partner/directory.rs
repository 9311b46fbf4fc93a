//! All partners in force: found by the identities on the wire, and checked against one another.

use rustc_hash::FxHashMap;

use super::agreement::Reference;
use super::file::{Partner, PartnerFile, Us};
use super::identity::{Realm, covers};
use crate::mistake::Mistake;
use crate::process::Policy;
use crate::wire::Identity;

/// The partners, and ourselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directory {
    pub us: Us,
    /// In the order of their ids.
    pub partners: Vec<Partner>,
    /// Interchange id to the partners that have it, in any qualifier.
    by_id: FxHashMap<(Realm, String), Vec<usize>>,
}

/// A directory as read, with the names that must exist elsewhere.
#[derive(Debug, Default)]
pub struct DirectoryFiles {
    pub directory: Directory,
    pub references: Vec<Reference>,
    pub mistakes: Vec<Mistake>,
}

impl Directory {
    /// Reads partner files, each a name (`acme.toml`) and its text; `us.toml` is ourselves.
    pub fn read<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> DirectoryFiles {
        let mut files: Vec<(&str, &str)> = files.into_iter().collect();
        files.sort_unstable();
        let mut out = DirectoryFiles::default();
        if let Some((name, text)) = files.iter().find(|(name, _)| stem(name) == "us") {
            let (us, told) = Us::read(name, text);
            out.directory.us = us;
            out.mistakes.extend(told.mistakes);
        }
        let mut read = Vec::new();
        for (name, text) in files.iter().filter(|(name, _)| stem(name) != "us") {
            let (mut file, told) = PartnerFile::read(stem(name), name, text, &out.directory.us);
            out.mistakes.extend(told.mistakes);
            out.references.append(&mut file.references);
            read.push((*name, file));
        }
        out.mistakes.extend(claimed_twice(&read));
        out.mistakes.extend(as2_claimed_twice(&read));
        out.mistakes.extend(proved_twice(&read));
        out.mistakes.extend(share_mailboxes(&mut read));
        out.directory.partners = read.into_iter().map(|(_, file)| file.partner).collect();
        out.directory.index();
        out
    }

    /// How trades with a partner run; with somebody whom nobody knows as with everybody.
    pub fn trade(&self, partner: &str) -> &Policy {
        self.partner(partner).map_or(&self.us.trade, |partner| &partner.trade)
    }

    /// The partner of that id (its file's name).
    pub fn partner(&self, id: &str) -> Option<&Partner> {
        self.partners.iter().find(|partner| partner.id == id)
    }

    /// The partner that sent an interchange: by its interchange identity, then, where several share a mailbox, by the
    /// group's. Without a group the first of them that claims no groups, else the first.
    pub fn find(&self, realm: Realm, interchange: &Identity, group: Option<&str>) -> Option<&Partner> {
        let ids = self.by_id.get(&(realm, interchange.id.clone()))?;
        let candidates =
            || ids.iter().map(|&at| &self.partners[at]).filter(|partner| partner.theirs.of(realm).has(interchange));
        let open = || candidates().find(|partner| partner.theirs.of(realm).group.is_empty());
        match group {
            Some(group) => {
                let named = candidates().find(|partner| partner.theirs.of(realm).group.iter().any(|own| own == group));
                named.or_else(open)
            }
            None => open().or_else(|| candidates().next()),
        }
    }

    /// Whether an interchange is for us. Where we named no identity, everything is.
    pub fn is_for_us(&self, realm: Realm, receiver: &Identity, partner: Option<&Partner>) -> bool {
        let own = self.us.party.of(realm);
        let special = partner.map(|partner| partner.ours.of(realm)).filter(|ours| !ours.interchange.is_empty());
        let known = special.is_some_and(|ours| ours.has(receiver));
        known || own.has(receiver) || (own.interchange.is_empty() && special.is_none())
    }

    /// The identities a document to a partner travels under: ours, then theirs, at interchange level.
    pub fn sender_and_receiver(&self, realm: Realm, partner: &Partner) -> (Identity, Identity) {
        let first = |identities: &[Identity]| identities.first().cloned();
        let ours = first(&partner.ours.of(realm).interchange).or_else(|| first(&self.us.party.of(realm).interchange));
        (ours.unwrap_or_default(), first(&partner.theirs.of(realm).interchange).unwrap_or_default())
    }

    /// The same at group level: GS02 and GS03, which are the interchange ids where nothing else was agreed.
    pub fn group_sender_and_receiver(&self, realm: Realm, partner: &Partner) -> (String, String) {
        let (sender, receiver) = self.sender_and_receiver(realm, partner);
        let first = |names: &[String]| names.first().cloned();
        let ours = first(&partner.ours.of(realm).group).or_else(|| first(&self.us.party.of(realm).group));
        (ours.unwrap_or(sender.id), first(&partner.theirs.of(realm).group).unwrap_or(receiver.id))
    }

    fn index(&mut self) {
        self.by_id.clear();
        for (at, partner) in self.partners.iter().enumerate() {
            for realm in [Realm::X12, Realm::Edifact, Realm::Xml] {
                for identity in &partner.theirs.of(realm).interchange {
                    let ids = self.by_id.entry((realm, identity.id.clone())).or_default();
                    if ids.last() != Some(&at) {
                        ids.push(at);
                    }
                }
            }
        }
    }
}

fn stem(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.strip_suffix(".toml").unwrap_or(name)
}

/// Two partners of one AS2 name towards the same name of ours could not be told apart.
fn as2_claimed_twice(files: &[(&str, PartnerFile)]) -> Vec<Mistake> {
    let mut claims: FxHashMap<(&str, &str), &str> = FxHashMap::default();
    let mut mistakes = Vec::new();
    for (name, file) in files {
        let Some(as2) = &file.partner.as2 else { continue };
        if let Some(other) = claims.insert((&as2.id, &as2.our_id), name) {
            let message = format!("the AS2 name \"{}\" is claimed by {other} too", as2.id);
            mistakes.push(Mistake::new("identity-claimed-twice", name, 0..0, message));
        }
    }
    mistakes
}

/// Two partners may share a mailbox only where their groups tell them apart.
fn claimed_twice(files: &[(&str, PartnerFile)]) -> Vec<Mistake> {
    let mut claims: FxHashMap<(Realm, &str), Vec<(usize, &Identity)>> = FxHashMap::default();
    let mut mistakes = Vec::new();
    for (at, (name, file)) in files.iter().enumerate() {
        for realm in [Realm::X12, Realm::Edifact, Realm::Xml] {
            let mine = file.partner.theirs.of(realm);
            for identity in &mine.interchange {
                let earlier = claims.entry((realm, identity.id.as_str())).or_default();
                for (other, claimed) in earlier.iter().filter(|(other, _)| *other != at) {
                    let (other_name, other_file) = &files[*other];
                    let theirs = other_file.partner.theirs.of(realm);
                    let meets = covers(claimed, identity) || covers(identity, claimed);
                    let groups_meet = mine.group.iter().any(|group| theirs.group.contains(group))
                        || (mine.group.is_empty() && theirs.group.is_empty());
                    if meets && groups_meet {
                        let span = file.identity_spans.iter().find(|(of, _)| *of == realm);
                        let span = span.map_or(0..0, |(_, span)| span.clone());
                        let message = format!("\"{}\" is claimed by {other_name} too", identity.id);
                        let help = "partners on one mailbox need different `group` identities";
                        mistakes.push(Mistake::new("identity-claimed-twice", name, span, message).help(help));
                    }
                }
                earlier.push((at, identity));
            }
        }
    }
    mistakes
}

/// Partners that travel through another's mailbox get its outlet.
fn share_mailboxes(files: &mut [(&str, PartnerFile)]) -> Vec<Mistake> {
    let outlets: FxHashMap<String, Option<String>> = files
        .iter()
        .map(|(_, file)| (file.partner.id.clone(), file.partner.via.is_none().then(|| file.partner.outlet())))
        .collect();
    let mut mistakes = Vec::new();
    for (name, file) in files {
        let Some(via) = &file.partner.via else { continue };
        match outlets.get(via) {
            Some(Some(outlet)) => file.partner.mailbox = Some(outlet.clone()),
            Some(None) => {
                let message = format!("{via} travels through another mailbox itself: name that one");
                mistakes.push(Mistake::new("value", name, file.via_span.clone(), message));
            }
            None => {
                let message = format!("there is no partner {via}, whose mailbox this one shares");
                mistakes.push(Mistake::new("partner-unknown", name, file.via_span.clone(), message));
            }
        }
    }
    mistakes
}

/// What proves who somebody is at a door proves it of one partner.
fn proved_twice(files: &[(&str, PartnerFile)]) -> Vec<Mistake> {
    let mut proofs: FxHashMap<(&str, String), &str> = FxHashMap::default();
    let mut mistakes = Vec::new();
    for (name, file) in files {
        let (mail, http) = (&file.partner.mail, &file.partner.http);
        let senders = mail.from.iter().map(|pattern| ("mail.from", pattern.to_string()));
        let secrets = mail.token_sha256.iter().map(|digest| ("mail.token_sha256", digest.0.clone()));
        let tokens = http.token_sha256.iter().map(|digest| ("http.token_sha256", digest.0.clone()));
        let users = http.user.iter().map(|user| ("http.user", user.clone()));
        for proof in senders.chain(secrets).chain(tokens).chain(users) {
            match proofs.get(&proof).filter(|other| *other != name) {
                Some(other) => {
                    let message = format!("`{}` \"{}\" is claimed by {other} too", proof.0, proof.1);
                    let help = "it proves who a sender is: it can be one partner's only";
                    mistakes.push(Mistake::new("identity-claimed-twice", name, 0..0, message).help(help));
                }
                None => {
                    proofs.insert(proof, name);
                }
            }
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partner::{Direction, Functional, Ta1};

    const US: (&str, &str) =
        ("us.toml", "name = \"Our House\"\n[x12]\nid = \"ZZ:OURHOUSE\"\n[edifact]\nid = \"4000001000005:14\"\n");
    const ACME: (&str, &str) =
        ("acme.toml", "name = \"Acme Stores\"\n[x12]\nid = \"ZZ:ACME\"\n[inbound.850]\n[outbound.810]\n");

    #[test]
    fn a_mailbox_serves_many() {
        let van = ("van.toml", "name = \"The VAN\"\ndeliver_by = \"mail\"\n[mail]\nto = \"us@van.example\"\n");
        let acme = format!("via = \"van\"\n{}", ACME.1);
        let read = Directory::read([US, van, ("acme.toml", acme.as_str())]);
        assert_eq!(read.mistakes, []);
        let (acme, van) = (read.directory.partner("acme").unwrap(), read.directory.partner("van").unwrap());
        assert_eq!((acme.outlet(), van.outlet()), ("mail:van".to_owned(), "mail:van".to_owned()));
        assert!(acme.comes_through(van) && !van.comes_through(acme));
        for (via, words) in [("nobody", "there is no partner nobody"), ("bolt", "travels through another mailbox")] {
            let acme = format!("via = \"{via}\"\n{}", ACME.1);
            let read =
                Directory::read([US, ("acme.toml", acme.as_str()), ("bolt.toml", "name = \"B\"\nvia = \"acme\"")]);
            assert!(read.mistakes.iter().any(|mistake| mistake.message.contains(words)), "{:?}", read.mistakes);
        }
    }

    #[test]
    fn a_new_partner_needs_five_lines() {
        let read = Directory::read([US, ACME]);
        assert_eq!(read.mistakes, []);
        let acme = read.directory.partner("acme").expect("it was read");
        assert_eq!((acme.name.as_str(), acme.outlet().as_str()), ("Acme Stores", "folder:acme"));
        let orders = acme.agreement(Direction::Inbound, "850").expect("it was agreed");
        assert_eq!((orders.terms.functional, orders.terms.ta1), (Functional::Auto, Ta1::OnRequest));
        assert_eq!(acme.agreement(Direction::Outbound, "810").expect("agreed").address(), "x12/004010/810");
        assert_eq!(acme.agreement(Direction::Inbound, "860"), None);
        let (ours, theirs) = read.directory.group_sender_and_receiver(Realm::X12, acme);
        assert_eq!((ours.as_str(), theirs.as_str()), ("OURHOUSE", "ACME"));
        let names: Vec<&str> = read.references.iter().map(|reference| reference.name.as_str()).collect();
        assert_eq!(names, ["850", "x12/004010/810", "x12/004010/810"], "a kind we read, a grammar and a map we write");
    }

    #[test]
    fn partners_are_found_by_identity() {
        let bravo = ("bravo.toml", "name = \"Bravo\"\n[x12]\nid = \"01:MAILBOX\"\ngroup = [\"BRAVO\", \"B2\"]\n");
        let carol = ("carol.toml", "name = \"Carol\"\n[x12]\nid = \"01:MAILBOX\"\ngroup = \"CAROL\"\n");
        let delta =
            ("delta.toml", "name = \"Delta\"\n[edifact]\nid = \"4012345000009\"\n[xml]\nid = \"0088:4012345000009\"\n");
        let read = Directory::read([US, ACME, bravo, carol, delta]);
        assert_eq!(read.mistakes, []);
        for (realm, qualifier, id, group, expected) in [
            (Realm::X12, "ZZ", "ACME", Some("WHATEVER"), Some("acme")),
            (Realm::X12, "12", "ACME", None, None),
            (Realm::X12, "01", "MAILBOX", Some("CAROL"), Some("carol")),
            (Realm::X12, "01", "MAILBOX", Some("B2"), Some("bravo")),
            (Realm::X12, "01", "MAILBOX", Some("NOBODY"), None),
            (Realm::X12, "01", "MAILBOX", None, Some("bravo")),
            (Realm::Edifact, "14", "4012345000009", None, Some("delta")),
            (Realm::Edifact, "", "4012345000009", None, Some("delta")),
            (Realm::Xml, "0088", "4012345000009", None, Some("delta")),
            (Realm::Xml, "0002", "4012345000009", None, None),
        ] {
            let identity = Identity { qualifier: qualifier.into(), id: id.into() };
            let found = read.directory.find(realm, &identity, group).map(|partner| partner.id.as_str());
            assert_eq!(found, expected, "{realm:?} {qualifier}:{id} {group:?}");
        }
        let us = |id: &str| Identity { qualifier: "ZZ".into(), id: id.into() };
        assert!(read.directory.is_for_us(Realm::X12, &us("OURHOUSE"), None));
        assert!(!read.directory.is_for_us(Realm::X12, &us("OTHER"), None));
        assert!(read.directory.is_for_us(Realm::Xml, &us("OTHER"), None), "we named no identity for XML");
    }

    #[test]
    fn mistakes_in_partner_files() {
        check("x = 1", &["`name` is missing: what the partner is called", "`x` is not a key"]);
        check("name = \"A\"\n[acknowlege]\nta1 = \"never\"", &["`acknowlege` is not a key"]);
        check(
            "name = \"A\"\n[acknowledge]\nta1 = \"newer\"",
            &[
                "`acknowledge.ta1` wants one of \"on_request\", \"on_error\", \"always\", \"never\"; did you mean \"never\"?",
            ],
        );
        check(
            "name = \"A\"\n[leniency]\ntolerate = \"count-mismach\"",
            &["`leniency.tolerate` wants the name of a fault; did you mean \"count-mismatch\"?"],
        );
        check(
            "name = \"A\"\n[x12]\nid = \"ZZ:\"",
            &["`x12.id` wants an identity like \"ZZ:ACME\" (qualifier, colon, id)"],
        );
        check("name = \"A\"\n[x12]\nelement = \"~\"", &["two delimiters are the same character"]);
        check(
            "name = \"A\"\n[x12]\nelement = \"A\"",
            &["`x12.element` wants one character that is no letter, digit or blank"],
        );
        check("name = \"A\"\n[inbound]\n850 = true", &["`inbound.850` is a table: write [inbound.850]"]);
        check("name = \"A\"\noutlet = \"../x\"", &["`outlet` is the name of a folder, not a path"]);
        check(
            "name = \"A\"\n[control_numbers]\nlast = 0",
            &["`last` must be above `start` and have at most nine digits"],
        );
        check(
            "name = \"A\"\n[acknowledge]\nfunctional = 997\nanswer_hours_max = -1",
            &["`acknowledge.answer_hours_max` wants a whole number, not negative"],
        );
        check("name = \"A\"\n[x12]\nid = \"ZZ:ACME\"", &["\"ACME\" is claimed by acme.toml too"]);
    }

    #[test]
    fn what_proves_a_partner_is_no_other_partners() {
        let text = "name = \"A\"\n[mail]\nfrom = \"@a.example\"\n";
        let read = Directory::read([("a.toml", text), ("b.toml", text)]);
        let messages: Vec<&str> = read.mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
        assert_eq!(messages, ["`mail.from` \"@a.example\" is claimed by a.toml too"]);
    }

    #[test]
    fn one_as2_name_is_one_partners() {
        let one = ("a.toml", "name = \"A\"\n[as2]\nid = \"X\"\nour_id = \"U\"");
        let read = Directory::read([US, one, ("b.toml", one.1)]);
        let told: Vec<_> = read.mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
        assert_eq!(told, ["the AS2 name \"X\" is claimed by a.toml too"]);
    }

    fn check(text: &str, expected: &[&str]) {
        let read = Directory::read([US, ACME, ("new.toml", text)]);
        let messages: Vec<&str> = read.mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
        assert_eq!(messages, expected, "{text}");
        for mistake in &read.mistakes {
            assert!(!mistake.render(text, false).is_empty());
        }
    }
}
