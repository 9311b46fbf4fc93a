//! The table of sentences: how each is written, what it may carry, and what it means. The reader works from this table,
//! and so do the suggestions; a new sentence is a new row here and an arm where it is played.

use std::sync::OnceLock;

/// Which sentence it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Say {
    Journey,
    Clock,
    We,
    Partner,
    Item,
    Credit,
    Price,
    Place,
    Stock,
    Policy,
    User,
    Key,
    Batch,
    Order,
    Sends,
    SendsFile,
    Writes,
    Command,
    Pass,
    Sent,
    NothingSent,
    Together,
    Waiting,
    NothingWaiting,
    Document,
    Parked,
    NothingParked,
    OrderIs,
    Exception,
    NoException,
    Overdue,
    NothingOverdue,
    Refused,
    Waits,
    Would,
    Trail,
    OpenItem,
    Bank,
    Match,
    Figure,
    Applied,
    Owed,
    Unapplied,
    Deduction,
    Run,
    LeftOut,
    Balanced,
    PostedOn,
    Posted,
}

/// One row. In `usage`, small words stand as they are, `A|B` is one of them, CAPITALS are a value, `[...]` may be left out,
/// and `...` repeats the value before it.
#[derive(Debug)]
pub struct Form {
    pub say: Say,
    pub usage: &'static str,
    /// The `key=value` words it may carry; `*` is any.
    pub keys: &'static [&'static str],
    /// For people.
    pub means: &'static str,
}

/// What a document on the wire may be told with; which of them, its kind decides.
pub const DOCUMENT_KEYS: &[&str] = &[
    "number",
    "order",
    "shipment",
    "invoice",
    "sequence",
    "release",
    "date",
    "purpose",
    "type",
    "currency",
    "lines",
    "packs",
    "items",
    "adjust",
    "payer",
    "ship_to",
    "ship_from",
    "bill_to",
    "buyer",
    "amount",
    "total",
    "tax",
    "tax_rate",
    "freight",
    "trace",
    "terms",
    "decision",
    "reason",
    "text",
    "ship_not_before",
    "ship_not_after",
    "deliver",
    "cancel_after",
    "backorder",
    "shipped",
    "expected",
    "at",
    "department",
    "carrier",
    "control",
    "duty",
    "bill_of_lading",
    "receipt",
];

const COMMAND_KEYS: &[&str] = &[
    "order",
    "payment",
    "to",
    "with",
    "number",
    "shipment",
    "invoice",
    "exception",
    "pay",
    "approval",
    "lines",
    "packs",
    "ship_to",
    "date",
    "price",
    "reason",
    "action",
    "amount",
    "carrier",
    "tax",
    "freight",
    "duty",
    "bill_of_lading",
    "terms",
    "sequence",
    "at",
    "role",
    "hold",
    "event",
    "last",
    "item",
    "unit",
    "factor",
    "trace",
    "currency",
    "cancel_after",
    "deliver",
    "as",
    "deduction",
    "run",
    "through",
    "worth",
    "file",
    "dry_run",
    "receipt",
    "expected",
];

pub const FORMS: &[Form] = &[
    Form { say: Say::Journey, usage: "journey NAME", keys: &[], means: "what the story is called" },
    Form {
        say: Say::Clock,
        usage: "clock MOMENT [ZONE]",
        keys: &[],
        means: "when it begins: 2026-03-01T09:00 America/Chicago; without a zone, UTC",
    },
    Form { say: Say::We, usage: "given we are sell|buy NAME", keys: &[], means: "our role and our name on the wire" },
    Form {
        say: Say::Partner,
        usage: "given partner NAME [maps ADDRESS] [answers KIND...] [calendar CALENDAR]",
        keys: &["*"],
        means: "a partner: standard and release of its documents, the answers that are exchanged with it, its \
                working days; pairs are keys of `[trade]` in its partner file",
    },
    Form {
        say: Say::Item,
        usage: "given item NAME",
        keys: &["gtin", "price", "unit", "pack", "substitute", "customer", "class", "multiple", "discontinued"],
        means: "an item that we know; pack=\"CA=12\": a case is twelve units",
    },
    Form {
        say: Say::Credit,
        usage: "given credit PARTNER",
        keys: &["limit", "past_due", "exposure"],
        means: "how much a customer may owe us",
    },
    Form {
        say: Say::Price,
        usage: "given price ITEM",
        keys: &["partner", "price", "unit", "from", "until"],
        means: "what a partner pays for an item, from one day until another",
    },
    Form {
        say: Say::Place,
        usage: "given place NAME",
        keys: &["partner"],
        means: "where a partner lets goods be sent",
    },
    Form { say: Say::Stock, usage: "given stock ITEM", keys: &["at", "on_hand"], means: "what a warehouse holds" },
    Form {
        say: Say::Policy,
        usage: "given policy NAME",
        keys: &["*"],
        means: "tolerances and house rules; `given policy landed freight_pct=4 duty_abs=25 carrier=fast` says what others \
                will bill for bringing goods, and `carries=freight` or `carries=duty` at a partner that it bills such",
    },
    Form {
        say: Say::User,
        usage: "given user NAME [role ROLE...]",
        keys: &["role", "roles"],
        means: "somebody with these roles (`entrepot users roles`). From then on `api` acts by name, as far as the roles and \
                duties allow; the house's own systems (erp, wms, tms, shop, portal) act as before where they are no users",
    },
    Form {
        say: Say::Key,
        usage: "given key NAME of OWNER",
        keys: &["until"],
        means: "an API key that acts for a user, with the user's roles and duties; until=2026-03-31: its last day",
    },
    Form {
        say: Say::Batch,
        usage: "given batch PARTNER KIND",
        keys: &["documents", "minutes"],
        means: "documents of that kind wait for one another, and leave as one interchange: when there are so many, or \
                when the first has waited so long",
    },
    Form {
        say: Say::Order,
        usage: "given order NUMBER",
        keys: &["with", "lines", "ship_to", "currency", "freight"],
        means: "an order that came, or left, and was accepted before the story begins",
    },
    Form {
        say: Say::OpenItem,
        usage: "given open-item NUMBER",
        keys: &["payer", "amount", "date", "terms", "kind", "due", "currency", "order", "bill_of_lading"],
        means: "an invoice that is not paid yet",
    },
    Form {
        say: Say::Bank,
        usage: "from bank credit|debit|return|statement",
        keys: &["*"],
        means: "what the bank tells us",
    },
    Form {
        say: Say::SendsFile,
        usage: "from PARTNER file PATH",
        keys: &[],
        means: "the bytes of a file, as they are, through the partner's door",
    },
    Form {
        say: Say::Sends,
        usage: "from PARTNER KIND [of KIND] [accepted|accepted-with-errors|rejected|partially]",
        keys: DOCUMENT_KEYS,
        means: "a document of the partner's, written through its map and sent through its door",
    },
    Form {
        say: Say::Writes,
        usage: "to PARTNER KIND [of KIND] [accepted|rejected]",
        keys: DOCUMENT_KEYS,
        means: "a document for the partner that another system of ours wrote, as in the folder `send/PARTNER`: it leaves, and \
                does to its order what it means",
    },
    Form {
        say: Say::Command,
        usage: "api WHO VERB [dry-run|dry_run]",
        keys: COMMAND_KEYS,
        means: "a decision or a fact that a system or a person of ours tells the gateway; with dry-run nothing changes, and \
                `then would` says what it would do",
    },
    Form {
        say: Say::Pass,
        usage: "pass COUNT seconds|second|minutes|minute|hours|hour|days|day|weeks|week",
        keys: &[],
        means: "time passes, and what falls due meanwhile falls due",
    },
    Form {
        say: Say::NothingSent,
        usage: "then nothing sent [PARTNER] [KIND]",
        keys: DOCUMENT_KEYS,
        means: "no such document left",
    },
    Form {
        say: Say::Sent,
        usage: "then sent PARTNER KIND [accepted|accepted-with-errors|rejected|partially|unsupported] [before KIND]",
        keys: DOCUMENT_KEYS,
        means: "a document left for the partner",
    },
    Form {
        say: Say::Together,
        usage: "then together PARTNER KIND COUNT",
        keys: &[],
        means: "so many documents of that kind, and no more, left in one interchange",
    },
    Form {
        say: Say::NothingWaiting,
        usage: "then nothing waiting [PARTNER]",
        keys: &[],
        means: "no document waits to leave with others",
    },
    Form {
        say: Say::Waiting,
        usage: "then waiting PARTNER KIND",
        keys: DOCUMENT_KEYS,
        means: "a document is ready, and waits to leave with others",
    },
    Form { say: Say::NothingParked, usage: "then nothing parked", keys: &[], means: "no document waits for another" },
    Form {
        say: Say::Parked,
        usage: "then parked [KIND] [until THING NUMBER]",
        keys: &["number"],
        means: "a document waits for what it belongs to",
    },
    Form {
        say: Say::Document,
        usage: "then document PARTNER KIND STATE",
        keys: DOCUMENT_KEYS,
        means: "where a document that came stands: duplicate, held, rejected, done",
    },
    Form {
        say: Say::OrderIs,
        usage: "then order NUMBER [line LINE]",
        keys: &[
            "ordered",
            "accepted",
            "backordered",
            "rejected",
            "cancelled",
            "shipped",
            "received",
            "returned",
            "invoiced",
            "credited",
            "confirmed",
            "advised",
            "matched",
            "open",
            "price",
            "item",
            "unit",
            "state",
            "invoiced_amount",
            "credited_amount",
            "paid",
            "adjusted",
            "total",
            "held",
            "version",
            "with",
        ],
        means: "the counters and the state of an order or of one of its lines",
    },
    Form {
        say: Say::NoException,
        usage: "then no exception [QUEUE]",
        keys: &["order", "line", "type"],
        means: "nobody has to decide anything, in that queue or at all",
    },
    Form {
        say: Say::Exception,
        usage: "then exception QUEUE [WORDS]",
        keys: &[
            "order", "line", "money", "number", "type", "state", "shipment", "invoice", "cases", "partner", "suggests",
            "due", "breached", "owner",
        ],
        means: "a case is open with a business function; suggests=\"reject order\": one of the things that can be done about it",
    },
    Form {
        say: Say::NothingOverdue,
        usage: "then nothing overdue [KIND]",
        keys: &[],
        means: "nothing that should have come is missing",
    },
    Form {
        say: Say::Overdue,
        usage: "then overdue KIND [of KIND]",
        keys: &["number", "order", "shipment", "invoice", "partner", "percent"],
        means: "something should have come, or left, and did not",
    },
    Form {
        say: Say::Refused,
        usage: "then refused [WORDS]",
        keys: &[],
        means: "the gateway would not do what `api` asked last, and said why",
    },
    Form {
        say: Say::Waits,
        usage: "then waits COUNT [ROLE]",
        keys: &[],
        means: "what `api` asked last is agreed to, and so many more have to agree, one of them with that role",
    },
    Form {
        say: Say::Would,
        usage: "then would WORDS...",
        keys: &[],
        means: "what `api` tried last would do so, in words of `entrepot exceptions show`: then would \"sends 855 to acme\"",
    },
    Form {
        say: Say::Trail,
        usage: "then trail NAME ACTION [SUBJECT]",
        keys: &[],
        means: "the trail says who did it: then trail anna release_credit \"order 4501\"",
    },
    Form {
        say: Say::Match,
        usage: "then match NUMBER WORDS...",
        keys: &[],
        means: "how a supplier's invoice stands: matched, waiting, approval, refused, duplicate, conflict, or hold KIND and \
                the money or the count that is too much",
    },
    Form {
        say: Say::Figure,
        usage: "then kpi NAME WORDS",
        keys: &["numerator", "denominator", "against", "from", "to", "partner", "currency"],
        means: "a figure of `entrepot kpi`, its parts, and one thing that stands against it; `none` where there is nothing \
                to reckon it from",
    },
    Form {
        say: Say::Applied,
        usage: "then applied NUMBER AMOUNT [because WORDS]",
        keys: &["score"],
        means: "a payment was applied to an open item",
    },
    Form {
        say: Say::Owed,
        usage: "then open-item NUMBER",
        keys: &["open", "state", "amount", "due"],
        means: "what is still owed",
    },
    Form { say: Say::Unapplied, usage: "then unapplied PARTNER AMOUNT", keys: &[], means: "cash without an invoice" },
    Form {
        say: Say::Deduction,
        usage: "then deduction AMOUNT",
        keys: &["reason", "desk", "payer", "state", "invoice", "code", "evidence"],
        means: "an open deduction case, with words of its evidence",
    },
    Form {
        say: Say::Run,
        usage: "then run ID [created|released|undone]",
        keys: &["amount", "payments", "by", "released_by"],
        means: "a payment run: `api anna run through=2026-03-31 worth=10` makes it, `api bert release run=R1` lets it go, \
                `api bert undo run=R1` takes it back",
    },
    Form {
        say: Say::LeftOut,
        usage: "then left-out NUMBER [because WORDS]",
        keys: &["run"],
        means: "an invoice that a payment run does not pay",
    },
    Form { say: Say::Balanced, usage: "then journal balanced", keys: &[], means: "debits equal credits, per currency" },
    Form {
        say: Say::PostedOn,
        usage: "then journal on DAY [WORDS]",
        keys: &[],
        means: "an entry was posted on that day, with these words",
    },
    Form { say: Say::Posted, usage: "then journal LEGS...", keys: &[], means: "the legs of one entry" },
];

/// A usage text in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Word(&'static str),
    Choice(Vec<&'static str>),
    Slot(&'static str),
    /// One or more.
    Slots(&'static str),
    Maybe(Vec<Piece>),
}

impl Piece {
    /// The words it can begin with; a slot begins with anything.
    pub fn openers(&self) -> Vec<&'static str> {
        match self {
            Self::Word(word) => vec![word],
            Self::Choice(words) => words.clone(),
            Self::Slot(_) | Self::Slots(_) => Vec::new(),
            Self::Maybe(pieces) => pieces.first().map(Self::openers).unwrap_or_default(),
        }
    }
}

/// The rows with their patterns, in the order of the table.
pub fn patterns() -> &'static [(&'static Form, Vec<Piece>)] {
    static PATTERNS: OnceLock<Vec<(&'static Form, Vec<Piece>)>> = OnceLock::new();
    PATTERNS.get_or_init(|| FORMS.iter().map(|form| (form, pieces(form.usage))).collect())
}

fn pieces(usage: &'static str) -> Vec<Piece> {
    let mut stack: Vec<Vec<Piece>> = vec![Vec::new()];
    for token in usage.split(' ') {
        let opened = token.starts_with('[');
        let closed = token.ends_with(']');
        let word = token.trim_start_matches('[').trim_end_matches(']');
        if opened {
            stack.push(Vec::new());
        }
        let piece = if word.contains('|') {
            Piece::Choice(word.split('|').collect())
        } else if let Some(slot) = word.strip_suffix("...") {
            Piece::Slots(slot)
        } else if word.starts_with(|c: char| c.is_ascii_uppercase()) {
            Piece::Slot(word)
        } else {
            Piece::Word(word)
        };
        if let Some(top) = stack.last_mut() {
            top.push(piece);
        }
        if closed
            && stack.len() > 1
            && let Some(group) = stack.pop()
            && let Some(top) = stack.last_mut()
        {
            top.push(Piece::Maybe(group));
        }
    }
    stack.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usages_become_patterns() {
        assert_eq!(
            pieces("then sent PARTNER KIND... [a|b] [before KIND]"),
            [
                Piece::Word("then"),
                Piece::Word("sent"),
                Piece::Slot("PARTNER"),
                Piece::Slots("KIND"),
                Piece::Maybe(vec![Piece::Choice(vec!["a", "b"])]),
                Piece::Maybe(vec![Piece::Word("before"), Piece::Slot("KIND")]),
            ]
        );
    }

    #[test]
    fn every_row_says_what_it_means() {
        for form in FORMS {
            assert!(!form.means.is_empty() && !form.usage.contains("  "), "{}", form.usage);
        }
    }
}
