//! The schemas that operations share: what is taken, and what is shown.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::problem::Code;
use super::schema::{
    choice, date, decimal, flag, instant, list, named, object, open, quantity, some, text, units, whole, words,
};
use crate::canonical::{self, Kind};

/// Every schema by its name.
pub fn all() -> &'static Map<String, Value> {
    static ALL: OnceLock<Map<String, Value>> = OnceLock::new();
    ALL.get_or_init(|| {
        let own = taken().into_iter().chain(shown()).map(|(name, schema)| (name.to_owned(), schema));
        let documents = Kind::ALL.into_iter().map(|kind| (canonical_name(kind), canonical_schema(kind)));
        own.chain(documents).collect()
    })
}

/// `canonical.order`.
pub fn canonical_name(kind: Kind) -> String {
    format!("canonical.{kind}")
}

fn canonical_schema(kind: Kind) -> Value {
    let mut schema = canonical::schema(kind);
    // Inside the document they are found by their place in it.
    if let Some(members) = schema.as_object_mut() {
        members.remove("$schema");
        members.remove("$id");
    }
    schema
}

const SIDES: &[&str] = &["sale", "purchase"];
const OF_SALE: &str = "`sale` where nothing is said";
const OF_PURCHASE: &str = "`purchase` where nothing is said";

/// What is posted.
fn taken() -> Vec<(&'static str, Value)> {
    let line = || ("line", text("The line's number in the order"));
    let ids = || list(named("ItemId"), "Identifications of the item");
    let order = || ("order", text("The order's number"));
    let partner = || ("partner", text("The partner's id, where numbers of several may collide"));
    vec![
        ("Nothing", object([], &[])),
        (
            "NewOrder",
            object(
                [
                    ("partner", text("The partner's id: who supplies, or who orders")),
                    ("side", choice(SIDES, "`purchase`: we order; `sale`: a customer does, by another channel")),
                    ("order", named(&canonical_name(Kind::Order))),
                ],
                &["partner", "side", "order"],
            ),
        ),
        (
            "ItemId",
            object([("qualifier", text("`buyer`, `supplier`, `gtin`, ...")), ("id", text("The number"))], &["id"]),
        ),
        (
            "Decision",
            object(
                [
                    ("number", text("The number of the answer, where it has one")),
                    ("version", whole("The version of the order that is answered; the latest where nothing is said")),
                    (
                        "rest",
                        choice(&["accept", "reject", "hold"], "What goes for all lines that `lines` does not name"),
                    ),
                    ("lines", list(named("LineDecision"), "Lines that are decided one by one")),
                ],
                &[],
            ),
        ),
        (
            "LineDecision",
            object(
                [
                    line(),
                    ("accepted", quantity("So much comes")),
                    ("backordered", quantity("So much comes later")),
                    ("rejected", quantity("So much does not come")),
                    ("price", quantity("What it costs, where that is not the ordered price")),
                    ("date", date("When it comes")),
                    ("date_kind", text("What the date means; `ship_scheduled` where nothing is said")),
                    ("backorder_date", date("When the backordered quantity comes")),
                    ("substitute", list(named("ItemId"), "What comes instead")),
                    ("reason", text("Why not, by the words of the decision table: `rejected_invalid_item`, ...")),
                ],
                &["line"],
            ),
        ),
        (
            "Change",
            object(
                [
                    ("sequence", whole("Changes are applied in this order; the next one where nothing is said")),
                    ("lines", some(named("LineChange"), "What is to be different")),
                ],
                &["lines"],
            ),
        ),
        (
            "LineChange",
            object(
                [
                    line(),
                    (
                        "change",
                        choice(
                            &["add", "set", "increase", "decrease", "delete"],
                            "`set`: what is given stands from now on, what is not stays",
                        ),
                    ),
                    ("quantity", quantity("")),
                    ("unit", text("`EA`, `CA`, ...")),
                    ("price", quantity("")),
                    ("ids", ids()),
                    ("description", text("")),
                    ("delivery_requested", date("")),
                ],
                &["line", "change"],
            ),
        ),
        ("Cancellation", object([("sequence", whole("Where it counts as a change"))], &[])),
        ("Release", object([("hold", text("The hold's key, as `holds` of the order has it"))], &["hold"])),
        (
            "Shipment",
            object(
                [
                    order(),
                    partner(),
                    ("side", choice(SIDES, OF_SALE)),
                    ("number", text("Names the shipment; the notice carries it")),
                    ("lines", some(named("Portion"), "What is in it, by the lines of the order")),
                    ("packs", list(named("Pack"), "Pallets and cartons, each with what it holds")),
                    ("carrier", text("SCAC or name")),
                    ("tracking", text("")),
                    ("bill_of_lading", text("")),
                    ("shipped_at", instant("Now where nothing is said")),
                    ("expected_at", instant("When it is to arrive")),
                    ("last", flag("Nothing more will come for these lines")),
                ],
                &["order", "number", "lines"],
            ),
        ),
        (
            "Portion",
            object(
                [line(), ("quantity", quantity("")), ("unit", text("The order's where nothing is said"))],
                &["line", "quantity"],
            ),
        ),
        (
            "Pack",
            object(
                [
                    ("id", text("Names it in this shipment; its place in the list where nothing is said")),
                    ("parent", text("The pack it stands on or in")),
                    ("kind", choice(&["pallet", "carton"], "")),
                    ("sscc", text("Eighteen digits; one is allocated where nothing is said")),
                    ("items", list(named("Portion"), "")),
                ],
                &["items"],
            ),
        ),
        (
            "Receipt",
            object(
                [
                    order(),
                    partner(),
                    ("side", choice(SIDES, OF_PURCHASE)),
                    ("number", text("Names the receipt")),
                    ("shipment", text("The shipment it came with")),
                    ("received_at", instant("Now where nothing is said")),
                    ("lines", some(named("ReceiptLine"), "")),
                ],
                &["order", "number", "lines"],
            ),
        ),
        (
            "ReceiptLine",
            object(
                [
                    line(),
                    ("received", quantity("")),
                    ("accepted", quantity("Of these usable; all of them where nothing is said")),
                    ("returned", quantity("")),
                    ("conditions", list(named("Condition"), "What is not as it should be")),
                ],
                &["line"],
            ),
        ),
        (
            "Condition",
            object(
                [("code", text("`damaged`, `short`, `over`, ...")), ("quantity", quantity(""))],
                &["code", "quantity"],
            ),
        ),
        (
            "Invoice",
            object(
                [
                    order(),
                    partner(),
                    ("side", choice(SIDES, OF_SALE)),
                    ("number", text("In a sale it is numbered after the order where nothing is said")),
                    ("date", date("Today where nothing is said")),
                    ("due", date("")),
                    ("shipment", text("All of this shipment is billed, where no lines are named")),
                    ("lines", list(named("BillLine"), "")),
                    ("tax", quantity("")),
                    ("freight", quantity("")),
                    ("total", quantity("What the document says it comes to; reckoned where nothing is said")),
                    ("credits", text("Of a credit note: the invoice that it credits")),
                ],
                &["order"],
            ),
        ),
        (
            "BillLine",
            object(
                [line(), ("quantity", quantity("")), ("price", quantity("The agreed one where nothing is said"))],
                &["line", "quantity"],
            ),
        ),
        ("Inventory", object([("counts", some(named("Count"), ""))], &["counts"])),
        (
            "Count",
            object(
                [
                    ("item", text("Our number")),
                    ("place", text("`MAIN` where nothing is said")),
                    ("on_hand", quantity("")),
                    ("safety", quantity("Kept back for whatever comes; as before where nothing is said")),
                    ("at", instant("When it was counted; now where nothing is said. An older count changes nothing")),
                ],
                &["item", "on_hand"],
            ),
        ),
        ("Item", object(item_members(), &[])),
        ("Price", object([("price", quantity("For one `unit` of the item"))], &["price"])),
        ("Credit", object(credit_members(), &["limit"])),
        (
            "Ruling",
            object(
                [
                    (
                        "ruling",
                        choice(
                            &["approve", "pay_received", "reject", "resolve"],
                            "`approve`: it goes on as it is; `pay_received`: a supplier's invoice is paid as far as its \
                             goods came; `reject`: it does not go on; `resolve`: it has been dealt with",
                        ),
                    ),
                    ("role", text("The role it is done in; that of its desk where nothing is said")),
                ],
                &["ruling"],
            ),
        ),
        (
            "NewOpenItem",
            object(
                [
                    ("party", text("Who owes it: a partner's id")),
                    ("number", text("")),
                    ("amount", decimal("Below zero it is a credit memo")),
                    ("currency", text("ISO 4217; USD where nothing is said")),
                    ("date", date("")),
                    ("terms", text("`2/10 n30`; `n30` where nothing is said")),
                    ("due", date("Instead of what the terms make it")),
                    ("order_number", text("")),
                    ("bill_of_lading", text("")),
                ],
                &["party", "number", "amount", "date"],
            ),
        ),
        ("TakenOver", object([("position", whole("Of the last entry that is taken over"))], &["position"])),
        (
            "Application",
            object(
                [(
                    "to",
                    some(
                        object(
                            [("item", text("The open item's number")), ("amount", quantity(""))],
                            &["item", "amount"],
                        ),
                        "",
                    ),
                )],
                &["to"],
            ),
        ),
    ]
}

fn item_members() -> [(&'static str, Value); 7] {
    [
        ("gtin", text("")),
        ("customer", text("The customer's number for it")),
        ("price", quantity("List price for one `unit`")),
        ("unit", text("`EA`, ...")),
        ("pack", units("What other units hold: `CA=12 PL=480`")),
        ("multiple", quantity("It is sold in multiples of this")),
        ("discontinued", flag("")),
    ]
}

fn credit_members() -> [(&'static str, Value); 3] {
    [
        ("limit", quantity("")),
        ("past_due_days", whole("An invoice overdue by more holds new orders")),
        ("exposure", decimal("What is owed or will be; reckoned from there on")),
    ]
}

/// What is answered.
fn shown() -> Vec<(&'static str, Value)> {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let [gtin, customer, price, unit, pack, multiple, discontinued] = item_members();
    let [limit, past_due, exposure] = credit_members();
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
                    ("outcome", choice(&["applied", "waits", "duplicate"], "What became of it")),
                    ("awaits", words("What it waits for")),
                    ("dry_run", flag("Nothing was kept")),
                    ("orders", list(named("Order"), "As they stand then")),
                    ("documents", list(named("DocumentContents"), "What leaves")),
                    ("exceptions", list(named("Exception"), "What it opens")),
                    ("settled", list(whole(""), "Numbers of exceptions that it settles")),
                    ("entries", list(named("Entry"), "What it posts")),
                ],
                &["outcome", "dry_run", "orders", "documents", "exceptions", "settled", "entries"],
            ),
        ),
        ("Document", open(document_members(), &["id", "direction", "type", "state"])),
        ("DocumentContents", open(document_members(), &["id", "direction", "type", "state"])),
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
        (
            "Exception",
            open(
                [
                    ("number", whole("")),
                    ("queue", words("The desk")),
                    ("kind", words("")),
                    ("state", choice(&["open", "resolved"], "")),
                    ("words", words("")),
                    ("money", decimal("At stake")),
                    ("opened_at", instant("")),
                ],
                &["number", "queue", "kind", "state", "words", "opened_at"],
            ),
        ),
        (
            "Approval",
            open(
                [
                    ("exception", named("Exception")),
                    ("amount", decimal("")),
                    ("role", words("One of them must have it")),
                    ("approvers", whole("So many must agree, whoever proposed it not among them")),
                    ("agreed", list(words(""), "Who has")),
                ],
                &["exception", "amount", "role", "approvers", "agreed"],
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
                &["order", "partner", "kind", "queue", "words", "since", "due", "percent"],
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
                    ("id", words("")),
                    ("at", instant("")),
                    ("actor", words("")),
                    ("kind", words("")),
                    ("subject", words("")),
                ],
                &["id", "at", "actor", "kind", "subject"],
            ),
        ),
        (
            "KnownItem",
            open([("item", words("Our number")), gtin, customer, price, unit, pack, multiple, discontinued], &["item"]),
        ),
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

fn document_members() -> [(&'static str, Value); 10] {
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
    ]
}
