//! The schemas of what is answered.

use serde_json::{Value, json};

use super::problem::Code;
use super::schema::{
    RULINGS, SIDES, choice, date, decimal, flag, instant, list, named, object, open, product, whole, words,
};
use super::taken::{agreed_members, credit_members, item_members};

/// What is answered.
pub fn schemas() -> Vec<(&'static str, Value)> {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let [gtin, customer, price, unit, pack, multiple, class, discontinued] = item_members();
    let [limit, past_due, exposure] = credit_members();
    let [agreed, unit_of, from, until] = agreed_members();
    vec![
        (
            "Problem",
            open(
                [
                    ("type", words("A name for the code")),
                    ("title", words("")),
                    ("status", whole("")),
                    ("code", choice(&codes, "Stable: programs may act on it")),
                    ("detail", words("What is the matter this time")),
                    ("next", words("What to do")),
                    (
                        "errors",
                        list(
                            object(
                                [
                                    ("pointer", words("RFC 6901, into the body; of a parameter `?NAME`")),
                                    ("code", words("")),
                                    ("detail", words("")),
                                ],
                                &["pointer", "code", "detail"],
                            ),
                            "",
                        ),
                    ),
                ],
                &["type", "title", "status", "code", "detail", "next"],
            ),
        ),
        (
            "Effects",
            object(
                [
                    (
                        "outcome",
                        choice(
                            &["applied", "waits", "duplicate", "in_part"],
                            "What became of it; `in_part`: the rest is under `refused`, or a case that it opens",
                        ),
                    ),
                    ("awaits", words("What it waits for")),
                    ("dry_run", flag("Nothing was kept")),
                    ("orders", list(named("Order"), "As they stand then")),
                    ("documents", list(named("DocumentContents"), "What leaves")),
                    ("exceptions", list(named("Exception"), "What it opens")),
                    ("settled", list(whole(""), "Numbers of exceptions that it settles")),
                    ("entries", list(named("Entry"), "What it posts")),
                    ("warnings", list(words(""), "What whoever does it should know")),
                    ("refused", list(open([], &[]), "What of a file was not taken: where and why, as in a problem")),
                    ("readings", named("Readings")),
                ],
                &["outcome", "dry_run", "orders", "documents", "exceptions", "settled", "entries"],
            ),
        ),
        (
            "Readings",
            open(
                [
                    ("documents", whole("Stored documents that were read in both ways")),
                    ("differing", whole("Of them those that would read otherwise")),
                    ("paths", list(open([], &[]), "What differs, by path, with examples")),
                    ("dispositions", list(open([], &[]), "Documents that would be answered otherwise")),
                    ("left", list(words(""), "What could not be read again")),
                ],
                &["documents", "differing", "paths", "dispositions", "left"],
            ),
        ),
        (
            "PartnerFile",
            open(
                [
                    ("partner", words("")),
                    ("file", words("The partner file in force, as TOML; missing where there is none yet")),
                    ("sha256", words("Of that text")),
                    ("agreed", open([], &[])),
                    (
                        "draft",
                        open(
                            [
                                ("file", words("What waits for its approval")),
                                ("sha256", words("")),
                                ("by", words("")),
                                ("approved", list(words(""), "")),
                            ],
                            &["file", "sha256", "by", "approved"],
                        ),
                    ),
                ],
                &["partner"],
            ),
        ),
        (
            "MapFile",
            open(
                [
                    ("map", words("")),
                    ("file", words("The map in force; missing where there is none yet")),
                    ("sha256", words("Of that text")),
                    (
                        "draft",
                        open(
                            [
                                ("file", words("What waits for its approval")),
                                ("sha256", words("")),
                                ("by", words("")),
                                ("approved", list(words(""), "")),
                            ],
                            &["file", "sha256", "by", "approved"],
                        ),
                    ),
                ],
                &["map"],
            ),
        ),
        (
            "Validated",
            open(
                [
                    ("file", words("")),
                    ("interchanges", list(open([], &[]), "As `entrepot inspect --format json` tells them")),
                ],
                &["file", "interchanges"],
            ),
        ),
        (
            "Translated",
            open(
                [
                    (
                        "documents",
                        list(
                            open(
                                [
                                    ("type", words("850, ORDERS, Invoice")),
                                    ("control_number", words("")),
                                    ("disposition", words("What its sender would be told")),
                                    (
                                        "document",
                                        json!({"description": "The canonical document; not there where no map reads it"}),
                                    ),
                                    ("findings", list(words(""), "What is wrong with it")),
                                ],
                                &["type", "disposition", "findings"],
                            ),
                            "In the order of the file",
                        ),
                    ),
                    ("left", list(words(""), "What was not read, and why")),
                ],
                &["documents", "left"],
            ),
        ),
        (
            "Order",
            open(
                [
                    ("id", words("")),
                    ("order", words("The order's number")),
                    ("partner", words("")),
                    ("side", choice(SIDES, "")),
                    ("test", flag("")),
                    ("state", words("")),
                    ("version", whole("0 is the original, n the change with sequence n")),
                    ("amounts", open([], &[])),
                    (
                        "lines",
                        list(
                            open(
                                [("number", words("")), ("state", words("")), ("counters", open([], &[]))],
                                &["number"],
                            ),
                            "",
                        ),
                    ),
                    (
                        "bills",
                        list(
                            open(
                                [("number", words("")), ("total", decimal("")), ("standing", words(""))],
                                &["number", "total", "standing"],
                            ),
                            "Invoices and credit notes; of a supplier's, what they are held for",
                        ),
                    ),
                    ("holds", list(words(""), "What it waits for, in words")),
                    ("updated_at", instant("")),
                ],
                &["id", "order", "partner", "side", "state", "lines"],
            ),
        ),
        (
            "Timeline",
            open(
                [
                    ("order", named("Order")),
                    (
                        "events",
                        list(
                            open(
                                [
                                    ("at", instant("")),
                                    ("what", words("")),
                                    ("number", words("Of the shipment, receipt or invoice it is about")),
                                    ("by", words("A document, a person or key, a deadline")),
                                    ("verdict", choice(&["applied", "refused", "conflict"], "")),
                                    ("why", words("")),
                                ],
                                &["at", "what", "by", "verdict"],
                            ),
                            "",
                        ),
                    ),
                    ("exceptions", list(named("Exception"), "")),
                ],
                &["order", "events", "exceptions"],
            ),
        ),
        ("Exception", case(("number", whole("")))),
        ("Work", case(("id", words("What a ruling takes")))),
        (
            "Approval",
            open(
                [
                    ("key", words("What it is agreed to by: an exception's number, or what was proposed")),
                    ("words", words("What is agreed to")),
                    ("exception", named("Exception")),
                    ("proposed_by", words("Who proposed it, where somebody did")),
                    ("amount", decimal("")),
                    ("role", words("One of them must have it, or may do as much")),
                    ("approvers", whole("So many must agree")),
                    ("agreed", list(words(""), "Who has")),
                ],
                &["key", "words", "role", "approvers", "agreed"],
            ),
        ),
        (
            "Deadline",
            open(
                [
                    ("order", words("")),
                    ("partner", words("")),
                    ("kind", words("")),
                    ("queue", words("")),
                    ("words", words("")),
                    ("since", instant("")),
                    ("due", instant("")),
                    ("percent", whole("The last share of its time that was told: 0, 50, 80, 100")),
                ],
                &["partner", "kind", "queue", "words", "since", "due", "percent"],
            ),
        ),
        (
            "OpenItem",
            open(
                [
                    ("number", words("")),
                    ("party", words("")),
                    ("currency", words("")),
                    ("amount", decimal("")),
                    ("open", decimal("")),
                    ("date", date("")),
                    ("due", date("")),
                ],
                &["number", "party", "currency", "amount", "open", "date", "due"],
            ),
        ),
        (
            "Payment",
            open(
                [
                    (
                        "fact",
                        open(
                            [("id", words("")), ("amount", decimal("")), ("date", date(""))],
                            &["id", "amount", "date"],
                        ),
                    ),
                    ("advice", words("The advice that speaks of it")),
                    ("postings", list(open([], &[]), "Decisions and the entries they made, the latest last")),
                    ("unapplied", decimal("What is on no item")),
                    ("is_returned", flag("")),
                ],
                &["fact", "postings", "unapplied", "is_returned"],
            ),
        ),
        (
            "Advice",
            open(
                [
                    ("payer", words("")),
                    ("number", words("")),
                    ("trace", words("Joins it with the money")),
                    ("date", date("")),
                    ("currency", words("")),
                    ("amount", decimal("")),
                    (
                        "items",
                        list(
                            open(
                                [("reference", words("As the payer wrote it")), ("paid", decimal(""))],
                                &["reference"],
                            ),
                            "",
                        ),
                    ),
                ],
                &["payer", "number", "currency", "amount", "items"],
            ),
        ),
        (
            "PayerName",
            open(
                [
                    ("name", words("As the bank told it")),
                    ("customers", list(words(""), "One is known by it; of several nobody is")),
                    ("payments", list(words(""), "Those that people decided on")),
                ],
                &["name", "customers", "payments"],
            ),
        ),
        (
            "MatchResult",
            open(
                [
                    ("number", words("")),
                    ("partner", words("Whose document it is")),
                    ("order", words("")),
                    ("credit", flag("")),
                    ("standing", choice(&["issued", "waiting", "held", "approval", "matched", "refused"], "")),
                    ("total", decimal("")),
                    ("currency", words("")),
                    ("owed", decimal("")),
                    ("disputed", decimal("")),
                    ("open", decimal("")),
                    ("holds", list(open([], &[]), "For what it is held, with the money and in words")),
                    ("lines", list(open([], &[]), "Each with the order's line, what is billed and what was agreed")),
                    ("approver", words("Who may agree to what was held")),
                ],
                &["number", "partner", "order", "credit", "standing", "total", "currency", "holds", "lines"],
            ),
        ),
        (
            "Uninvoiced",
            open(
                [
                    ("order", words("")),
                    ("line", words("Of the order; or what brought the goods: freight, duty")),
                    ("partner", words("")),
                    ("open", decimal("")),
                    ("currency", words("")),
                    ("since", instant("")),
                    ("days", whole("")),
                    ("owner", words("The desk that asks for it")),
                ],
                &["order", "line", "partner", "open", "currency", "since", "days", "owner"],
            ),
        ),
        (
            "Unfinished",
            open(
                [
                    ("what", words("open item, unapplied cash, deduction, payable, ...")),
                    ("name", words("")),
                    ("party", words("")),
                    ("currency", words("")),
                    ("amount", decimal("")),
                    ("since", date("The day from which it is old")),
                    ("owner", words("The desk it waits at")),
                ],
                &["what", "name", "party", "currency", "amount", "since", "owner"],
            ),
        ),
        (
            "Ageing",
            open(
                [
                    ("party", words("")),
                    ("currency", words("")),
                    ("count", whole("Open items")),
                    ("total", decimal("")),
                    ("by_age", open([], &[])),
                ],
                &["party", "currency", "count", "total", "by_age"],
            ),
        ),
        (
            "Ranking",
            open(
                [
                    ("is_on", flag("")),
                    ("lessons", whole("Decisions that there were, those held back among them")),
                    ("trained_by", words("")),
                    ("switched_by", words("Who switched it on or off last")),
                    ("weights", open([], &[])),
                    ("model", open([], &[])),
                    (
                        "comparison",
                        open(
                            [
                                ("decisions", whole("Held back from both")),
                                ("rules_right", whole("")),
                                ("rules_wrong", whole("")),
                                ("model_right", whole("")),
                                ("model_wrong", whole("")),
                            ],
                            &["decisions", "rules_right", "rules_wrong", "model_right", "model_wrong"],
                        ),
                    ),
                ],
                &["is_on", "lessons", "trained_by", "weights", "model", "comparison"],
            ),
        ),
        (
            "PaymentRun",
            open(
                [
                    ("id", words("")),
                    ("day", date("When the bank is to pay")),
                    ("currency", words("")),
                    ("created_by", words("")),
                    ("released_by", words("")),
                    ("undone_by", words("")),
                    ("undone_because", words("Why, as whoever took it back said it")),
                    ("file", words("The document that the bank gets")),
                    (
                        "payments",
                        list(
                            open(
                                [("supplier", words("")), ("trace", words("")), ("amount", decimal(""))],
                                &["supplier", "trace", "amount"],
                            ),
                            "",
                        ),
                    ),
                    (
                        "left_out",
                        list(
                            open(
                                [
                                    ("supplier", words("")),
                                    ("number", words("")),
                                    ("amount", decimal("")),
                                    ("why", words("")),
                                ],
                                &["supplier", "number", "amount", "why"],
                            ),
                            "",
                        ),
                    ),
                ],
                &["id", "day", "currency", "created_by", "payments", "left_out"],
            ),
        ),
        (
            "Deduction",
            open(
                [
                    ("id", words("")),
                    ("party", words("")),
                    ("reason", words("")),
                    ("desk", words("")),
                    ("amount", decimal("")),
                    ("dispute_until", date("")),
                ],
                &["id", "party", "reason", "desk", "amount", "dispute_until"],
            ),
        ),
        (
            "Entry",
            open(
                [
                    ("position", whole("Its place in the journal")),
                    ("id", words("")),
                    ("date", date("")),
                    ("source", words("")),
                    ("words", words("")),
                    ("reverses", words("")),
                    (
                        "legs",
                        list(
                            open(
                                [
                                    ("side", words("")),
                                    ("number", words("")),
                                    ("account", words("")),
                                    ("amount", decimal("")),
                                    ("currency", words("")),
                                ],
                                &["side", "number", "account", "amount", "currency"],
                            ),
                            "",
                        ),
                    ),
                ],
                &["id", "date", "source", "words", "legs"],
            ),
        ),
        (
            "Event",
            open(
                [
                    ("specversion", choice(&["1.0"], "CloudEvents")),
                    ("id", words("")),
                    ("source", words("Whose document or trade it is about: /partners/ID, or /house")),
                    ("type", words("entrepot.order.received, ...")),
                    ("subject", words("The business key: events of one are in order wherever they go")),
                    ("time", instant("")),
                    ("datacontenttype", choice(&["application/json"], "")),
                    ("dataschema", words("`entrepot schema` prints it")),
                    ("sequence", words("Its place among all events, digits of one length")),
                    ("traceparent", words("What it belongs to (W3C Trace Context), where its door was told")),
                    ("data", open([("id", words("")), ("actor", words("")), ("partner", words(""))], &["id", "actor"])),
                ],
                &[
                    "specversion",
                    "id",
                    "source",
                    "type",
                    "subject",
                    "time",
                    "datacontenttype",
                    "dataschema",
                    "sequence",
                    "data",
                ],
            ),
        ),
        (
            "FailedEvent",
            open(
                [
                    ("endpoint", words("")),
                    ("sequence", whole("")),
                    ("id", words("")),
                    ("type", words("")),
                    ("subject", words("The business key: later events of it wait")),
                    ("time", instant("")),
                    ("tries", whole("")),
                    ("since", instant("")),
                    ("reason", words("The last answer")),
                ],
                &["endpoint", "sequence", "subject", "tries", "since"],
            ),
        ),
        (
            "Endpoint",
            open(
                [
                    ("name", words("")),
                    (
                        "state",
                        choice(&["open", "disabled"], "Disabled: it answered 410, and a person has to enable it"),
                    ),
                    ("cursor", whole("Events up to this one have arrived, or are counted below")),
                    ("lag", whole("Events behind the cursor")),
                    ("waiting", whole("Events that are tried again, and those behind them")),
                    ("failed", whole("Events that wait for a person")),
                    ("delivered", whole("How many have arrived")),
                    ("answer", words("The last one")),
                    ("answered_at", instant("")),
                ],
                &["name", "state", "cursor", "lag", "waiting", "failed", "delivered"],
            ),
        ),
        (
            "Figures",
            object(
                [(
                    "figures",
                    list(
                        open(
                            [
                                ("name", words("")),
                                ("formula", words("")),
                                ("numerator", words("")),
                                ("denominator", words("")),
                                ("value", words("Not there where there is nothing to reckon it from")),
                                ("unit", words("")),
                                ("currency", words("Of amounts; each currency has figures of its own")),
                                ("against", list(words(""), "Orders, lines, invoices that stand against it")),
                            ],
                            &["name", "formula", "unit", "against"],
                        ),
                        "",
                    ),
                )],
                &["figures"],
            ),
        ),
        (
            "KnownItem",
            open(
                [("item", words("Our number")), gtin, customer, price, unit, pack, multiple, class, discontinued],
                &["item"],
            ),
        ),
        ("KnownPrice", open([("item", words("Our number")), agreed, unit_of, from, until], &["item", "price"])),
        ("KnownPlace", open([("place", words("The partner's number for it")), ("name", words(""))], &["place"])),
        ("KnownCredit", open([("partner", words("")), limit, past_due, exposure], &["partner"])),
        (
            "Stock",
            open(
                [
                    ("item", words("")),
                    ("place", words("")),
                    ("on_hand", decimal("")),
                    ("safety", decimal("")),
                    ("promised", decimal("")),
                    ("available", decimal("")),
                    ("counted_at", instant("")),
                ],
                &["item", "place", "on_hand", "available"],
            ),
        ),
    ]
}

/// What waits for a person, by what it goes by.
fn case(by: (&'static str, Value)) -> Value {
    let name = by.0;
    open(
        [
            by,
            ("queue", words("The desk")),
            ("kind", words("")),
            ("state", choice(&["open", "resolved"], "")),
            ("words", words("")),
            ("money", product("At stake")),
            ("opened_at", instant("")),
            ("due", instant("By when somebody should have dealt with it")),
            ("breached", flag("It was told that nobody has")),
            (
                "suggested",
                list(
                    open(
                        [
                            ("words", words("")),
                            ("ruling", choice(RULINGS, "The ruling that does it")),
                            ("how", words("The command, or the operation of this API, that does it")),
                        ],
                        &["words"],
                    ),
                    "What can be done, most usual first; a trial of the ruling says what it would do",
                ),
            ),
        ],
        &[name, "queue", "kind", "state", "words", "opened_at"],
    )
}
