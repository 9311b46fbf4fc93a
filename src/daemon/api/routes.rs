//! Every operation of the API in one list: the router is made from it, and so is the OpenAPI document.

use super::call::Answer;
use super::table::{
    Form, Kind, NAMED, PARTNER, PARTY, Parameter, Route, SIDE, Shows, UNNAMED, Use, WHICH, parameter, post, read,
};
use super::{documents, events, exceptions, figures, files, goods, master, money, orders, sandbox};

/// Whose agreements a file is read by.
const AGREED_WITH: &[Parameter] =
    &[parameter("partner", Kind::Text, "Whose it is: what was agreed with this partner decides")];

/// Every operation.
pub static ROUTES: &[Route] = &[
    read("openapi", "/v1/openapi.json", ("about", "This document"), &[], Shows::Itself, |_| {
        Box::pin(async { Ok(Answer::ok(super::document())) })
    }),
    read(
        "listDocuments",
        "/v1/documents",
        ("documents", "Documents that came or left, the newest first"),
        &[
            parameter("number", Kind::Text, "The business number or a control number"),
            PARTNER,
            parameter("direction", Kind::Choice(&["in", "out"]), "Only what came, or what left"),
            parameter("kind", Kind::Text, "Only of this kind: order, invoice, ..."),
            parameter(
                "state",
                Kind::Choice(&["pending", "ready", "held", "rejected", "duplicate", "superseded", "done"]),
                "Only in this state",
            ),
            parameter("since", Kind::Instant, "Only from then on"),
            parameter("until", Kind::Instant, "Only before then"),
        ],
        Shows::Page("Document"),
        |call| Box::pin(documents::list(call)),
    ),
    read(
        "getDocument",
        "/v1/documents/{document}",
        ("documents", "A document with what it says, what was found in it, and what its map did not carry"),
        &[],
        Shows::One("DocumentContents"),
        |call| Box::pin(documents::one(call)),
    ),
    read(
        "getDocumentBytes",
        "/v1/documents/{document}/raw",
        (
            "documents",
            "The bytes that a document came or left in; `bytes` of the document says where in them it stands",
        ),
        &[],
        Shows::Bytes,
        |call| Box::pin(documents::raw(call)),
    ),
    read(
        "traceDocument",
        "/v1/documents/{document}/trace",
        ("documents", "Where in its bytes each field of a document stands, and what happened to it"),
        &[],
        Shows::One("Trace"),
        |call| Box::pin(documents::trace(call)),
    ),
    post(
        "resendDocument",
        "/v1/documents/{document}/resend",
        ("documents", "What was sent for a document leaves again, under its old numbers"),
        UNNAMED,
        Form::Json("Nothing"),
        |call| Box::pin(documents::resend(call)),
    ),
    post(
        "replayDocument",
        "/v1/documents/{document}/replay",
        (
            "documents",
            "The bytes that a document came in are read again with what is in force now; what counted counts no second time",
        ),
        UNNAMED,
        Form::Json("Replay"),
        |call| Box::pin(documents::replay(call)),
    ),
    post(
        "validate",
        "/v1/validate",
        (
            "documents",
            "Says what a file holds and what is wrong with it, as the gateway would read it; nothing is kept",
        ),
        Use::Read,
        Form::Bytes,
        |call| Box::pin(sandbox::validate(call)),
    )
    .by(AGREED_WITH)
    .showing(Shows::One("Validated")),
    post(
        "translate",
        "/v1/translate",
        ("documents", "The canonical documents of a file, as the gateway would read it; nothing is kept"),
        Use::Read,
        Form::Bytes,
        |call| Box::pin(sandbox::translate(call)),
    )
    .by(AGREED_WITH)
    .showing(Shows::One("Translated")),
    read(
        "getPartner",
        "/v1/partners/{partner}",
        ("partners", "A partner's file as it is in force, what it comes to, and what waits for its approval"),
        &[],
        Shows::One("PartnerFile"),
        |call| Box::pin(files::partner(call)),
    )
    .revisable(),
    post(
        "putPartner",
        "/v1/partners/{partner}",
        (
            "partners",
            "Writes a partner's file: in force at once, or, where it changes how the partner is reached or paid, when \
             somebody else has approved it. A trial says which stored documents would read otherwise",
        ),
        NAMED,
        Form::Json("NewPartnerFile"),
        |call| Box::pin(files::put_partner(call)),
    )
    .put()
    .revisable(),
    read(
        "getMap",
        "/v1/maps/{map}",
        ("maps", "A map's file of the catalogue as it is in force, and what waits for its approval"),
        &[],
        Shows::One("MapFile"),
        |call| Box::pin(files::map(call)),
    )
    .revisable(),
    post(
        "putMap",
        "/v1/maps/{map}",
        (
            "maps",
            "Writes a draft of a map, which compiles with everything in force. A trial says which stored documents would \
             read otherwise",
        ),
        NAMED,
        Form::Json("NewMapFile"),
        |call| Box::pin(files::put_map(call)),
    )
    .put()
    .revisable(),
    post(
        "stepMap",
        "/v1/maps/{map}/steps",
        (
            "maps",
            "Approves the draft of a map, whose examples come out as they say then, or puts an approved one in force; each \
             by another person",
        ),
        UNNAMED,
        Form::Json("MapStep"),
        |call| Box::pin(files::step_map(call)),
    ),
    read(
        "listOrders",
        "/v1/orders",
        ("orders", "Orders with their lines, the oldest first"),
        &[
            parameter(
                "number",
                Kind::Text,
                "Any of its numbers: the order's own, or that of a document that belongs to it",
            ),
            PARTNER,
            SIDE,
            parameter("open", Kind::Flag, "Only those that are not closed"),
        ],
        Shows::Page("Order"),
        |call| Box::pin(orders::list(call)),
    ),
    post(
        "placeOrder",
        "/v1/orders",
        ("orders", "Places an order: one of ours leaves to its supplier, a customer's by another channel is taken in"),
        NAMED,
        Form::Json("NewOrder"),
        |call| Box::pin(orders::place(call)),
    ),
    read(
        "getOrder",
        "/v1/orders/{order}",
        ("orders", "An order by its id or any of its numbers"),
        WHICH,
        Shows::One("Order"),
        |call| Box::pin(orders::one(call)),
    )
    .revisable(),
    read(
        "getOrderTimeline",
        "/v1/orders/{order}/timeline",
        ("orders", "What happened to an order, in its order, and what is due"),
        WHICH,
        Shows::One("Timeline"),
        |call| Box::pin(orders::timeline(call)),
    ),
    post(
        "decideOrder",
        "/v1/orders/{order}/decisions",
        ("orders", "Accepts, backorders, rejects, dates, prices or substitutes lines; the answer leaves as agreed"),
        UNNAMED,
        Form::Json("Decision"),
        |call| Box::pin(orders::decide(call)),
    )
    .by(WHICH)
    .revisable(),
    post(
        "changeOrder",
        "/v1/orders/{order}/changes",
        ("orders", "Changes an order of ours, or takes in a customer's change"),
        UNNAMED,
        Form::Json("Change"),
        |call| Box::pin(orders::change(call)),
    )
    .by(WHICH)
    .revisable(),
    post(
        "cancelOrder",
        "/v1/orders/{order}/cancellation",
        ("orders", "Cancels what can still be cancelled of an order"),
        UNNAMED,
        Form::Json("Cancellation"),
        |call| Box::pin(orders::cancel(call)),
    )
    .by(WHICH)
    .revisable(),
    post(
        "releaseHold",
        "/v1/orders/{order}/releases",
        ("orders", "Releases a hold of an order"),
        UNNAMED,
        Form::Json("Release"),
        |call| Box::pin(orders::release(call)),
    )
    .by(WHICH)
    .revisable(),
    post(
        "payOrder",
        "/v1/orders/{order}/payments",
        ("orders", "Money for an invoice of the order: the remittance leaves as agreed"),
        UNNAMED,
        Form::Json("OrderPayment"),
        |call| Box::pin(orders::pay(call)),
    )
    .by(WHICH)
    .revisable(),
    post(
        "sendNotice",
        "/v1/orders/{order}/notices",
        ("orders", "The ship notice of a shipment leaves, or leaves corrected"),
        UNNAMED,
        Form::Json("Notice"),
        |call| Box::pin(orders::notify(call)),
    )
    .by(WHICH)
    .revisable(),
    post(
        "acceptAnswer",
        "/v1/orders/{order}/acceptance",
        ("orders", "Takes what the supplier answered beyond tolerance"),
        UNNAMED,
        Form::Json("Nothing"),
        |call| Box::pin(orders::accept_answer(call)),
    )
    .by(WHICH)
    .revisable(),
    post(
        "judgeInvoice",
        "/v1/orders/{order}/judgements",
        ("orders", "Takes, pays in part or refuses a supplier's invoice"),
        UNNAMED,
        Form::Json("Judgement"),
        |call| Box::pin(orders::judge_bill(call)),
    )
    .by(WHICH)
    .revisable(),
    post(
        "approveFactor",
        "/v1/orders/{order}/factors",
        ("orders", "Approves how many of a line's unit another unit holds"),
        UNNAMED,
        Form::Json("Factor"),
        |call| Box::pin(orders::approve_factor(call)),
    )
    .by(WHICH)
    .revisable(),
    post(
        "voidFact",
        "/v1/orders/{order}/voids",
        ("orders", "Undoes one fact of an order, once: a shipment before its notice, a receipt"),
        UNNAMED,
        Form::Json("Void"),
        |call| Box::pin(orders::void(call)),
    )
    .by(WHICH)
    .revisable(),
    post(
        "postShipment",
        "/v1/shipments",
        ("goods", "Goods left: the ship notice leaves as agreed. One that comes before its order waits for it"),
        NAMED,
        Form::Json("Shipment"),
        |call| Box::pin(goods::ship(call)),
    ),
    post("postReceipt", "/v1/receipts", ("goods", "Goods arrived"), NAMED, Form::Json("Receipt"), |call| {
        Box::pin(goods::receive(call))
    }),
    post(
        "postReturn",
        "/v1/returns",
        ("goods", "Goods came back, or went back"),
        NAMED,
        Form::Json("Receipt"),
        |call| Box::pin(goods::give_back(call)),
    ),
    post(
        "postInvoice",
        "/v1/invoices",
        ("goods", "Bills what was shipped; of a purchase, the supplier's invoice by another channel"),
        UNNAMED,
        Form::Json("Invoice"),
        |call| Box::pin(goods::bill(call)),
    ),
    post(
        "postCredit",
        "/v1/credit-notes",
        ("goods", "Credits what was billed"),
        UNNAMED,
        Form::Json("Invoice"),
        |call| Box::pin(goods::credit(call)),
    ),
    post(
        "postInventory",
        "/v1/inventory",
        ("master data", "Counts of goods; what is promised stays promised"),
        NAMED,
        Form::Json("Inventory"),
        |call| Box::pin(master::count(call)),
    ),
    read(
        "listInventory",
        "/v1/inventory",
        ("master data", "What lies where, and what of it can be promised"),
        &[],
        Shows::Page("Stock"),
        |call| Box::pin(master::stock(call)),
    ),
    read("listItems", "/v1/items", ("master data", "Items by our number"), &[], Shows::Page("KnownItem"), |call| {
        Box::pin(master::items(call))
    }),
    read("getItem", "/v1/items/{item}", ("master data", "An item"), &[], Shows::One("KnownItem"), |call| {
        Box::pin(master::item(call))
    })
    .revisable(),
    post(
        "putItem",
        "/v1/items/{item}",
        ("master data", "Makes an item known, or replaces what is known of it"),
        NAMED,
        Form::Json("Item"),
        |call| Box::pin(master::put_item(call)),
    )
    .put()
    .revisable(),
    post(
        "putPrice",
        "/v1/prices/{item}",
        ("master data", "The list price of an item that is known"),
        NAMED,
        Form::Json("Price"),
        |call| Box::pin(master::put_price(call)),
    )
    .put()
    .revisable(),
    read(
        "listAgreedPrices",
        "/v1/price-lists/{partner}",
        ("master data", "What a partner pays for items, by item and first day"),
        &[],
        Shows::Page("KnownPrice"),
        |call| Box::pin(master::prices(call)),
    ),
    post(
        "putAgreedPrice",
        "/v1/price-lists/{partner}/{item}",
        ("master data", "What a partner pays for an item, from one day until another"),
        NAMED,
        Form::Json("AgreedPrice"),
        |call| Box::pin(master::put_agreed_price(call)),
    )
    .put()
    .revisable(),
    read(
        "listPlaces",
        "/v1/places/{partner}",
        ("master data", "Where a partner lets goods be sent"),
        &[],
        Shows::Page("KnownPlace"),
        |call| Box::pin(master::places(call)),
    ),
    post(
        "putPlace",
        "/v1/places/{partner}/{place}",
        ("master data", "A place a partner lets goods be sent to; where some are known, orders to others are held"),
        NAMED,
        Form::Json("Place"),
        |call| Box::pin(master::put_place(call)),
    )
    .put()
    .revisable(),
    read(
        "getCredit",
        "/v1/credit/{partner}",
        ("master data", "A customer's credit"),
        &[],
        Shows::One("KnownCredit"),
        |call| Box::pin(master::credit(call)),
    )
    .revisable(),
    post(
        "putCredit",
        "/v1/credit/{partner}",
        ("master data", "A customer's credit limit"),
        NAMED,
        Form::Json("Credit"),
        |call| Box::pin(master::put_credit(call)),
    )
    .put()
    .revisable(),
    read(
        "listExceptions",
        "/v1/exceptions",
        ("exceptions", "What waits for a person, by number"),
        &[parameter("queue", Kind::Text, "Only of this desk"), parameter("all", Kind::Flag, "Settled ones too")],
        Shows::Page("Exception"),
        |call| Box::pin(exceptions::list(call)),
    ),
    read(
        "getException",
        "/v1/exceptions/{exception}",
        ("exceptions", "An exception by its number"),
        &[],
        Shows::One("Exception"),
        |call| Box::pin(exceptions::one(call)),
    )
    .revisable(),
    post(
        "ruleOnException",
        "/v1/exceptions/{exception}/actions",
        ("exceptions", "Approves, rejects or resolves; what it blocked goes on"),
        UNNAMED,
        Form::Json("Ruling"),
        |call| Box::pin(exceptions::rule(call)),
    )
    .revisable(),
    read(
        "listApprovals",
        "/v1/approvals",
        ("exceptions", "What needs others to agree because of its amount or its weight, and who has"),
        &[],
        Shows::Page("Approval"),
        |call| Box::pin(exceptions::to_approve(call)),
    ),
    post(
        "agree",
        "/v1/approvals/{approval}/actions",
        ("exceptions", "Agrees to what waits for that, or turns it down"),
        UNNAMED,
        Form::Json("Agreement"),
        |call| Box::pin(exceptions::agree(call)),
    ),
    read(
        "listDeadlines",
        "/v1/deadlines",
        ("exceptions", "What should happen by when, the most urgent first"),
        &[],
        Shows::Page("Deadline"),
        |call| Box::pin(exceptions::deadlines(call)),
    ),
    read(
        "listOpenItems",
        "/v1/open-items",
        ("money", "What is owed, by party and number"),
        &[PARTY, parameter("all", Kind::Flag, "Settled ones too")],
        Shows::Page("OpenItem"),
        |call| Box::pin(money::open_items(call)),
    ),
    read(
        "listAgeing",
        "/v1/ageing",
        ("money", "What each customer owes, by currency and by how long it has been due"),
        &[PARTY, parameter("on", Kind::Date, "On this day; today where nothing is said")],
        Shows::Page("Ageing"),
        |call| Box::pin(money::ageing(call)),
    ),
    post(
        "postOpenItem",
        "/v1/open-items",
        ("money", "Something was owed before the books began"),
        NAMED,
        Form::Json("NewOpenItem"),
        |call| Box::pin(money::owe(call)),
    ),
    read(
        "listPayments",
        "/v1/payments",
        ("money", "Payments: what came in, how it was applied and why"),
        &[parameter("open", Kind::Flag, "Only those of which something is on no item")],
        Shows::Page("Payment"),
        |call| Box::pin(money::payments(call)),
    ),
    read(
        "getPayment",
        "/v1/payments/{payment}",
        ("money", "A payment by the bank's reference or its trace"),
        &[],
        Shows::One("Payment"),
        |call| Box::pin(money::payment(call)),
    ),
    post(
        "createPaymentRun",
        "/v1/payments",
        (
            "money",
            "Makes a run of what is due to suppliers, with what it leaves out and why; another person releases it",
        ),
        NAMED,
        Form::Json("NewPaymentRun"),
        |call| Box::pin(money::create_run(call)),
    ),
    read(
        "listPaymentRuns",
        "/v1/payment-runs",
        ("money", "Runs that pay suppliers"),
        &[parameter("open", Kind::Flag, "Only those that wait for their release")],
        Shows::Page("PaymentRun"),
        |call| Box::pin(money::runs(call)),
    ),
    read(
        "getPaymentRun",
        "/v1/payment-runs/{run}",
        ("money", "A payment run; `file` names the document that the bank gets"),
        &[],
        Shows::One("PaymentRun"),
        |call| Box::pin(money::run(call)),
    ),
    post(
        "releasePaymentRun",
        "/v1/payment-runs/{run}/release",
        ("money", "Suppliers are advised, the bank's file is written, the invoices are paid: not by who made the run"),
        UNNAMED,
        Form::Json("Nothing"),
        |call| Box::pin(money::release_run(call)),
    ),
    post(
        "undoPaymentRun",
        "/v1/payment-runs/{run}/undo",
        ("money", "Takes a run back; what it paid is owed again, by entries that mirror it"),
        UNNAMED,
        Form::Json("UndoneRun"),
        |call| Box::pin(money::undo_run(call)),
    ),
    post(
        "applyPayment",
        "/v1/payments/{payment}/applications",
        ("money", "Puts money that waits on open items"),
        UNNAMED,
        Form::Json("Application"),
        |call| Box::pin(money::apply(call)),
    ),
    post(
        "undoPayment",
        "/v1/payments/{payment}/undo",
        ("money", "Undoes the latest application of a payment by entries that mirror it"),
        UNNAMED,
        Form::Json("Nothing"),
        |call| Box::pin(money::undo(call)),
    ),
    post(
        "postBankStatement",
        "/v1/bank-statements",
        (
            "money",
            "A statement as the bank sent it: camt.053, camt.054, BAI2, or a lockbox (823). Each booking posts once",
        ),
        NAMED,
        Form::Bytes,
        |call| Box::pin(money::statement(call)),
    ),
    read(
        "listDeductions",
        "/v1/deductions",
        ("money", "What customers kept back, with its reason and its desk"),
        &[PARTY, parameter("all", Kind::Flag, "Settled ones too")],
        Shows::Page("Deduction"),
        |call| Box::pin(money::deductions(call)),
    ),
    read(
        "getDeduction",
        "/v1/deductions/{deduction}",
        ("money", "A deduction with everything that speaks for us or against, as it is known today"),
        &[],
        Shows::One("Deduction"),
        |call| Box::pin(money::deduction(call)),
    ),
    post(
        "settleDeduction",
        "/v1/deductions/{deduction}/settlement",
        ("money", "Ends a deduction; what is given up is approved by its amount"),
        UNNAMED,
        Form::Json("Settlement"),
        |call| Box::pin(money::settle(call)),
    ),
    post(
        "reopenDeduction",
        "/v1/deductions/{deduction}/reopening",
        ("money", "Takes back how a deduction ended"),
        UNNAMED,
        Form::Json("Nothing"),
        |call| Box::pin(money::reopen(call)),
    ),
    read(
        "listJournal",
        "/v1/journal",
        ("money", "Entries of the journal in their order; `next` of the last page stays where a reader was"),
        &[parameter("new", Kind::Flag, "Only what the caller has not taken over")],
        Shows::Page("Entry"),
        |call| Box::pin(money::journal(call)),
    ),
    post(
        "closeJournal",
        "/v1/journal/closings",
        ("money", "Closes the books up to a day: what would be posted on it or before goes to the next, and says so"),
        NAMED,
        Form::Json("Closing"),
        |call| Box::pin(money::close(call)),
    ),
    post(
        "takeOverJournal",
        "/v1/journal/acknowledgements",
        ("money", "The caller's books hold the journal up to this position"),
        NAMED,
        Form::Json("TakenOver"),
        |call| Box::pin(money::take_over(call)),
    ),
    read(
        "getFigures",
        "/v1/kpi",
        ("figures", "How well it all runs: every figure with its formula, its parts and what stands against it"),
        &[
            parameter("from", Kind::Date, "The first day of ours"),
            parameter("to", Kind::Date, "The last day of ours"),
            PARTNER,
        ],
        Shows::One("Figures"),
        |call| Box::pin(figures::all(call)),
    ),
    read(
        "listEvents",
        "/v1/events",
        ("events", "What happened, in order, as endpoints are told; `next` of the last page stays where a reader was"),
        &[
            parameter("after", Kind::Count, "Only those behind this `sequence`"),
            parameter("type", Kind::Text, "Only these: `entrepot.order.received`, `entrepot.invoice.*`"),
            parameter("subject", Kind::Text, "Only of this business key"),
        ],
        Shows::Page("Event"),
        |call| Box::pin(events::list(call)),
    ),
    read(
        "listFailedEvents",
        "/v1/events/failed",
        ("events", "What did not arrive at an endpoint, and waits for a person with those behind it"),
        &[parameter("endpoint", Kind::Text, "Only of this endpoint")],
        Shows::Page("FailedEvent"),
        |call| Box::pin(events::failed(call)),
    ),
    read(
        "listEndpoints",
        "/v1/endpoints",
        ("events", "Who is told of events, how far that has come, and the last answer"),
        &[],
        Shows::Page("Endpoint"),
        |call| Box::pin(events::endpoints(call)),
    ),
    post(
        "actOnEndpoint",
        "/v1/endpoints/{endpoint}/actions",
        ("events", "Sends events once more under their ids, gives one up, or lets a disabled endpoint go on"),
        UNNAMED,
        Form::Json("EndpointAction"),
        |call| Box::pin(events::wish(call)),
    ),
];
