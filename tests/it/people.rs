//! People from the command line beside a running daemon: roles, keys, duties, four eyes and the trail.

use std::process::{Command, Output};

use serde_json::Value;

use crate::house::House;

const ORBIT: &str = "name = \"Orbit\"\n[x12]\nid = \"ZZ:ORBIT\"\n";

#[test]
fn people_act_by_name_and_the_trail_tells() {
    let house = House::new(None);
    house.write("catalogue/partners/orbit.toml", ORBIT);
    let running = house.start();
    // Nobody has been added: the machine's operator does everything, and it is in the trail.
    assert!(said(&house, &["users", "list"]).contains("Nobody has been added"));
    assert!(refused(&house, &["users", "add", "anna", "--roles", "arr"]).contains("did you mean ar?"));
    assert!(refused(&house, &["users", "add", "anna", "--roles", "ap,treasury"]).contains("ap and treasury together"));
    said(&house, &["users", "add", "root", "--roles", "user_admin"]);

    // From now on everybody says who they are.
    assert!(refused(&house, &["users", "add", "anna", "--roles", "ar"]).contains("--by NAME"));
    assert!(refused(&house, &["users", "add", "anna", "--roles", "ar", "--by", "eve"]).contains("nobody called eve"));
    for (name, roles) in [("anna", "ar"), ("ben", "service,warehouse"), ("iris", "auditor"), ("carl", "controller")] {
        said(&house, &["users", "add", name, "--roles", roles, "--by", "root"]);
    }
    assert!(refused(&house, &["users", "add", "dora", "--roles", "ar", "--by", "anna"]).contains("is for user_admin"));
    assert!(
        refused(&house, &["users", "change", "root", "--roles", "user_admin,ar", "--by", "root"]).contains("together")
    );

    // Somebody always administers the others.
    for words in [&["users", "remove", "root"][..], &["users", "change", "root", "--roles", "service"]] {
        let words = [words, &["--by", "root"]].concat();
        assert!(refused(&house, &words).contains("root is the last one with the role user_admin"));
    }
    said(&house, &["users", "add", "rita", "--roles", "user_admin", "--by", "root"]);
    said(&house, &["users", "remove", "rita", "--by", "root"]);

    // Reading asks for no name, and who gives one is somebody.
    assert!(said(&house, &["users"]).contains("root"));
    for list in ["cash", "payments", "match", "approvals", "users", "events", "open-items", "deductions"] {
        said(&house, &[list]);
        said(&house, &[list, "--by", "anna"]);
        assert!(refused(&house, &[list, "--by", "nobody"]).contains("there is nobody called nobody"));
    }
    for list in ["open-items", "deductions"] {
        said(&house, &[list, "orbit"]);
        assert!(refused(&house, &[list, "orbi"]).contains("; did you mean orbit?"));
    }
    assert!(
        said(&house, &["journal", "close", "2026-01", "--dry-run", "--by", "carl"]).contains("would close through")
    );

    // Money is applied by those whose desk it is.
    house.write("bank.txt", STATEMENT);
    let file = house.root.path().join("bank.txt").display().to_string();
    assert!(refused(&house, &["cash", "take", &file, "--by", "ben"]).contains("apply_cash is for ar"));
    assert!(said(&house, &["cash", "take", &file, "--dry-run", "--by", "anna"]).contains("would post"));
    assert!(said(&house, &["cash", "take", &file, "--by", "anna"]).contains("posted"));

    let trail = said(&house, &["audit", "list"]);
    assert_eq!(
        trail.lines().count(),
        8,
        "six people, one of them gone again, and one bank file; what was refused or tried did nothing: {trail}"
    );
    assert!(trail.lines().last().is_some_and(|last| last.contains("anna") && last.contains("apply_cash")), "{trail}");
    assert!(said(&house, &["audit", "verify"]).contains("8 entries"));

    // Keys are shown once, act for their owner, and go with them.
    let secret = said(&house, &["users", "key", "add", "anna", "--label", "bank robot", "--by", "root"]);
    let secret = secret.trim();
    assert!(secret.starts_with("ek_") && secret.len() == 67, "{secret}");
    let keys = said(&house, &["users", "keys"]);
    assert!(keys.contains("bank robot") && !keys.contains(secret), "{keys}");
    let id = &secret[..11];
    said(&house, &["users", "key", "revoke", id, "--by", "root"]);
    assert!(refused(&house, &["users", "key", "revoke", id, "--by", "root"]).contains("no valid key"));
    said(&house, &["users", "remove", "anna", "--by", "root"]);
    assert!(refused(&house, &["cash", "take", &file, "--by", "anna"]).contains("nobody called anna"));
    drop(running);
}

/// What goes on the trail is the hash of what was put in force; what the folder holds beyond that waits for a person.
#[test]
fn maps_and_partner_files_are_put_in_force_by_those_who_may() {
    let house = House::new(None);
    house.write("catalogue/partners/orbit.toml", ORBIT);
    house.write("new/orbit.toml", &format!("{ORBIT}[account]\nnumber = \"DE02120300000000202051\"\n"));
    house.write("new/acme.map", "map acme extends x12/004010/850\n");
    let running = house.start();
    said(&house, &["users", "add", "root", "--roles", "user_admin"]);
    for (name, roles) in
        [("olga", "onboarding"), ("tom", "treasury"), ("ed", "map_editor"), ("ada", "map_approver"), ("sue", "support")]
    {
        said(&house, &["users", "add", name, "--roles", roles, "--by", "root"]);
    }
    let new = |name: &str| house.root.path().join("new").join(name).display().to_string();
    let in_folder = || std::fs::read_to_string(house.root.path().join("catalogue/partners/orbit.toml")).unwrap();

    let tried = said(&house, &["partner", "put", &new("orbit.toml"), "--dry-run", "--by", "olga"]);
    assert!(
        tried.contains("approve_bank_details by somebody else") && tried.contains("nothing was written"),
        "{tried}"
    );
    assert!(said(&house, &["partner", "put", &new("orbit.toml"), "--by", "olga"]).contains("waits"));
    assert_eq!(in_folder(), ORBIT, "what nobody has approved is nowhere");
    assert!(said(&house, &["approvals", "list"]).contains("partners/orbit.toml"));
    assert!(refused(&house, &["approvals", "approve", "partners/orbit.toml", "--by", "olga"]).contains("treasury"));
    assert!(said(&house, &["approvals", "approve", "partners/orbit.toml", "--by", "tom"]).contains("in force"));
    assert!(in_folder().contains("DE02120300000000202051"));

    assert!(refused(&house, &["map", "draft", &new("acme.map"), "--by", "ada"]).contains("is for map_editor"));
    said(&house, &["map", "draft", &new("acme.map"), "--by", "ed"]);
    assert!(refused(&house, &["map", "activate", "mappings/acme.map", "--by", "sue"]).contains("not been approved"));
    assert!(refused(&house, &["map", "approve", "acne", "--by", "ada"]).contains("waiting: mappings/acme.map"));
    said(&house, &["map", "approve", "acme", "--by", "ada"]);
    assert!(refused(&house, &["map", "activate", "mappings/acme.map", "--by", "ada"]).contains("is for support"));
    assert!(said(&house, &["map", "activate", "mappings/acme.map", "--by", "sue"]).contains("in force"));
    assert!(!said(&house, &["approvals", "list"]).contains("acme"));

    let trail = said(&house, &["audit", "list"]);
    let activated = trail.lines().last().unwrap_or_default();
    assert!(activated.contains("activate_map") && activated.contains("\"sha256\""), "{trail}");
    assert!(trail.contains("propose_bank_details") && trail.contains("approve_bank_details"), "{trail}");
    assert!(
        refused(&house, &["replay", "0198c7a0-0000-7000-8000-000000000000", "--by", "sue"]).contains("there is no")
    );
    drop(running);

    // What was cut off the end is missed by the anchor of its day.
    let all = said(&house, &["audit", "list", "--format", "json"]);
    let last: Value = serde_json::from_str(all.lines().last().expect("a trail")).expect("an entry");
    let (position, hash) = (last["position"].as_u64().expect("a position"), last["hash"].as_str().expect("a hash"));
    let anchors = house.data().join("audit-anchors");
    std::fs::write(&anchors, format!("2026-11-27 {position} {hash}\n")).expect("anchors");
    assert!(said(&house, &["audit", "verify"]).contains("1 day of audit-anchors"));
    std::fs::write(&anchors, format!("2026-11-27 {position} {hash}\n2026-11-28 {} {hash}\n", position + 1))
        .expect("anchors");
    let broken = entrepot(&house, &["audit", "verify"]);
    assert!(
        !broken.status.success() && String::from_utf8_lossy(&broken.stdout).contains("it is missing"),
        "{broken:?}"
    );
}

/// A credit of 1,000.00.
const STATEMENT: &str = "01,BANK,US,260305,0800,1,80,,2/\n02,US,021000021,1,260304,,USD,2/\n03,4711,USD,010,0,,,015,100000,,/\n\
    16,142,100000,Z,B1,T1,ACME PAYMENT/\n49,200000,3/\n98,200000,1,5/\n99,200000,1,7/\n";

fn entrepot(house: &House, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    command.args(args).arg("--config").arg(house.settings()).output().expect("the program runs")
}

fn said(house: &House, args: &[&str]) -> String {
    let output = entrepot(house, args);
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(house: &House, args: &[&str]) -> String {
    let output = entrepot(house, args);
    assert!(!output.status.success(), "{args:?}: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}
