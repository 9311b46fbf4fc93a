//! The schemas of what is taken.

use serde_json::{Value, json};

use super::schema::{
    RULINGS, SIDES, canonical_name, choice, date, decimal, flag, instant, list, named, object, quantity, some, text,
    units, whole,
};
use crate::canonical::Kind;

const OF_SALE: &str = "`sale` where nothing is said";
const OF_PURCHASE: &str = "`purchase` where nothing is said";

/// What is posted.
pub fn schemas() -> Vec<(&'static str, Value)> {
    let line = || ("line", text("The line's number in the order"));
    let ids = || list(named("ItemId"), "Identifications of the item");
    let order = || ("order", text("The order's number"));
    let partner = || ("partner", text("The partner's id, where numbers of several may collide"));
    vec![
        ("Nothing", object([], &[])),
        ("Undone", object([("reason", text("Why; kept with what is undone, and in the trail"))], &[])),
        ("ForgottenName", object([("name", text("The name, as `GET /v1/payer-names` tells it"))], &["name"])),
        (
            "RankingAction",
            object(
                [(
                    "action",
                    choice(
                        &["train", "on", "off"],
                        "`train`: it is learned anew from what people decided; `on`: it applies up to the agreements' \
                         `model_limit`, where it is better than the rules; `off`: it applies nothing",
                    ),
                )],
                &["action"],
            ),
        ),
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
            object(
                [("qualifier", text("As on the wire: `VN`, `UP`, `SRV`, ...")), ("id", text("The number"))],
                &["id"],
            ),
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
                    (
                        "parts",
                        list(
                            object(
                                [
                                    ("quantity", quantity("So much of what is accepted")),
                                    ("date", date("When this part comes")),
                                ],
                                &["quantity"],
                            ),
                            "Where what is accepted comes on several days",
                        ),
                    ),
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
        (
            "OrderPayment",
            object(
                [
                    ("invoice", text("The invoice that is paid")),
                    ("amount", quantity("")),
                    ("trace", text("Names the payment")),
                    ("discount", quantity("Taken with it")),
                    ("date", date("")),
                ],
                &["invoice", "amount", "trace"],
            ),
        ),
        (
            "Notice",
            object([("shipment", text("")), ("correct", flag("It leaves again, corrected as agreed"))], &["shipment"]),
        ),
        (
            "Judgement",
            object(
                [
                    ("invoice", text("The supplier's number")),
                    (
                        "ruling",
                        choice(
                            &["accept", "pay_received", "refuse"],
                            "`pay_received`: what came is paid as agreed, the rest disputed",
                        ),
                    ),
                ],
                &["invoice", "ruling"],
            ),
        ),
        (
            "Factor",
            object(
                [line(), ("unit", text("The other unit: `CA`")), ("factor", quantity("So many of the line's unit"))],
                &["line", "unit", "factor"],
            ),
        ),
        (
            "Void",
            object(
                [("kind", choice(&["shipment", "receipt", "return"], "")), ("number", text("The number it went by"))],
                &["kind", "number"],
            ),
        ),
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
                    ("bill_of_lading", text("Under which it was carried")),
                    ("received_at", instant("Now where nothing is said")),
                    ("lines", some(named("ReceiptLine"), "")),
                    (
                        "costs",
                        list(
                            named("ExpectedCost"),
                            "What others will bill for bringing it; as agreed where nothing is said",
                        ),
                    ),
                ],
                &["order", "number", "lines"],
            ),
        ),
        (
            "ExpectedCost",
            object(
                [
                    ("kind", choice(&["freight", "duty"], "")),
                    ("amount", quantity("In the order's currency")),
                    ("carrier", text("The partner who is expected to bill it")),
                ],
                &["kind", "amount"],
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
        ("AgreedPrice", object(agreed_members(), &["price"])),
        ("Place", object([("name", text(""))], &[])),
        ("Credit", object(credit_members(), &["limit"])),
        (
            "EndpointAction",
            object(
                [
                    (
                        "action",
                        choice(
                            &["replay", "replay_failed", "skip", "enable"],
                            "`replay`: events once more, under their ids; `replay_failed`: everything that waits for a \
                             person; `skip`: an event is given up; `enable`: the endpoint is told again",
                        ),
                    ),
                    ("from", whole("The first event, by its number")),
                    ("to", whole("The last one; without it everything up to now")),
                    ("event", text("One event, by its id or number")),
                ],
                &["action"],
            ),
        ),
        (
            "Ruling",
            object(
                [
                    (
                        "ruling",
                        choice(
                            RULINGS,
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
            "NewPartnerFile",
            object(
                [(
                    "file",
                    json!({
                        "type": "string", "minLength": 1, "maxLength": 1_000_000,
                        "description": "The whole partner file, as TOML",
                    }),
                )],
                &["file"],
            ),
        ),
        (
            "NewMapFile",
            object(
                [(
                    "file",
                    json!({
                        "type": "string", "minLength": 1, "maxLength": 1_000_000,
                        "description": "The whole map, in the mapping language",
                    }),
                )],
                &["file"],
            ),
        ),
        ("MapStep", object([("step", choice(&["approve", "activate"], "What is done with the draft"))], &["step"])),
        ("Agreement", object([("ruling", choice(&["approve", "reject"], "`reject`: it waits no more"))], &["ruling"])),
        ("Replay", object([("partner", text("Whose the bytes are, where they do not say so (XML)"))], &[])),
        (
            "Settlement",
            object(
                [
                    (
                        "as",
                        choice(
                            &["credit", "recharge", "write_off"],
                            "`credit`: the customer was right; `recharge`: it is owed again, under the deduction's id; \
                         `write_off`: it is given up",
                        ),
                    ),
                    ("reason", text("Why; kept in the journal and in the trail")),
                ],
                &["as"],
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
        (
            "NewPaymentRun",
            object(
                [
                    ("date", date("When the bank is to pay")),
                    ("through", date("What is due by then is paid; the day itself where nothing is said")),
                    ("currency", text("ISO 4217; USD where nothing is said")),
                    ("worth", quantity("What a discount has to be worth to be taken early, in percent a year")),
                ],
                &["date"],
            ),
        ),
        ("Closing", object([("through", date("The last day of the period"))], &["through"])),
        ("TakenOver", object([("position", whole("Of the last entry that is taken over"))], &["position"])),
        (
            "Application",
            object(
                [
                    (
                        "to",
                        some(
                            object(
                                [("item", text("The open item's number")), ("amount", quantity(""))],
                                &["item", "amount"],
                            ),
                            "",
                        ),
                    ),
                    ("reason", text("Why; kept with the payment, in the journal and in the trail")),
                ],
                &["to"],
            ),
        ),
    ]
}

pub fn item_members() -> [(&'static str, Value); 8] {
    [
        ("gtin", text("")),
        ("customer", text("The customer's number for it")),
        ("price", quantity("List price for one `unit`")),
        ("unit", text("`EA`, ...")),
        ("pack", units("What other units hold: `CA=12 PL=480`")),
        ("multiple", quantity("It is sold in multiples of this")),
        ("class", text("What `matching.classes` of an agreement speaks of: `services`, ...")),
        ("discontinued", flag("")),
    ]
}

pub fn agreed_members() -> [(&'static str, Value); 4] {
    [
        ("price", quantity("For one `unit`")),
        ("unit", text("Of the price; the item's own where nothing is said")),
        ("from", date("The first day it is in force")),
        ("until", date("The last day")),
    ]
}

pub fn credit_members() -> [(&'static str, Value); 3] {
    [
        ("limit", quantity("")),
        ("past_due_days", whole("How long the oldest invoice is overdue, where somebody else keeps the books")),
        ("exposure", decimal("What is owed or will be; reckoned from there on")),
    ]
}
