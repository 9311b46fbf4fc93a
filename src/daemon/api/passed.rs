//! The schemas of what passed through: documents, what they came in, and where each field stands.

use serde_json::{Value, json};

use super::schema::{choice, flag, instant, list, named, open, whole, words};

pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("Document", open(document_members(), &["id", "direction", "type", "state"])),
        ("DocumentContents", document_contents()),
        (
            "Passage",
            open(
                [
                    ("arrival", named("Arrival")),
                    ("interchange", words("The control number of the interchange around it")),
                    ("repeats", list(named("Arrival"), "What brought the same interchange again")),
                    (
                        "answers",
                        list(open([("type", words("")), ("disposition", words(""))], &["type"]), "Sent for it"),
                    ),
                    ("deliveries", list(delivery(), "The files that hand it on or carry it")),
                    ("envelope", list(open([], &[]), "What was found in the envelope around it")),
                    (
                        "holds",
                        list(open([("fault", words("")), ("reason", words(""))], &["fault"]), "Why it waits or did"),
                    ),
                ],
                &["repeats", "answers", "deliveries", "holds"],
            ),
        ),
        (
            "Arrival",
            open(
                [
                    ("id", words("")),
                    ("door", words("`folder:in/acme`, `as2:acme`, ...; `replay:` before one that was read again")),
                    ("partner", words("Whose door it is, where it is one partner's")),
                    ("file", words("As the sender called it")),
                    ("bytes", json!({"type": "integer", "minimum": 0})),
                    ("state", choice(&["received", "reading", "done", "held"], "")),
                    ("received", instant("")),
                    ("counts", open([], &[])),
                ],
                &["id", "door", "file", "state", "received"],
            ),
        ),
        (
            "Trace",
            open(
                [
                    ("id", words("")),
                    (
                        "fields",
                        list(
                            open(
                                [("path", words("")), ("place", words("")), ("bytes", list(whole(""), ""))],
                                &["path"],
                            ),
                            "",
                        ),
                    ),
                    ("events", list(named("Event"), "")),
                ],
                &["id", "fields", "events"],
            ),
        ),
    ]
}

fn document_members() -> [(&'static str, Value); 11] {
    [
        ("id", words("")),
        ("direction", choice(&["in", "out"], "")),
        ("type", words("`850`, `ORDERS`, ...")),
        ("kind", words("")),
        ("partner", words("")),
        ("number", words("")),
        ("state", words("")),
        ("canonical", json!({"type": "object", "description": "What it says, as `canonical.KIND` describes it"})),
        ("findings", list(open([], &[]), "")),
        ("received", instant("")),
        ("waits", list(waits(), "What of it came before what it belongs to")),
    ]
}

/// What a document waits for.
fn waits() -> Value {
    open(
        [
            ("awaits", words("The key it waits for")),
            ("for", words("The same as people say it: `order 4503`")),
            ("received_at", instant("")),
            ("until", instant("From then on a person knows of it")),
            ("expired", flag("A person knows of it")),
            ("queue", words("The desk of that person")),
        ],
        &["awaits", "for", "until", "expired"],
    )
}

/// A document with what it says and how it passed.
fn document_contents() -> Value {
    let mut contents = open(document_members(), &["id", "direction", "type", "state"]);
    contents["properties"]["passage"] = named("Passage");
    contents
}

/// A file that is owed to an outlet, or was taken by it.
fn delivery() -> Value {
    open(
        [
            ("id", words("")),
            ("outlet", words("")),
            ("file", words("")),
            ("state", choice(&["queued", "delivered", "parked", "withdrawn"], "")),
            ("reason", words("Why it was not taken")),
        ],
        &["id", "outlet", "state"],
    )
}
