//! Operations on trades: orders and what is decided about them, goods, master data, exceptions.

use crate::daemon::api::table::{
    DESK, Form, Kind, NAMED, PARTNER, Route, SIDE, Shows, UNNAMED, WHICH, parameter, post, read,
};
use crate::daemon::api::{exceptions, goods, master, orders};

pub static ROUTES: &[Route] = &[
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
        &[DESK, parameter("all", Kind::Flag, "Settled ones too")],
        Shows::Page("Exception"),
        |call| Box::pin(exceptions::list(call)),
    ),
    read(
        "listWork",
        "/v1/work",
        (
            "exceptions",
            "Everything that waits for a person, exceptions and what is held: the most urgent first. A ruling takes its `id`",
        ),
        &[DESK],
        Shows::Page("Work"),
        |call| Box::pin(exceptions::work(call)),
    ),
    read(
        "getException",
        "/v1/exceptions/{exception}",
        ("exceptions", "An exception by its number, or what is held by its id"),
        &[],
        Shows::One("Work"),
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
];
