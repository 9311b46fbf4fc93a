//! What was agreed about how trades run: values with defaults, one table of the partner's file.
//!
//! It is kept by revision with the events it judged, so that folding them again comes to the same.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::calendar::{Allowance, Calendar};
use super::exception::Queue;
use super::tolerance::{Limit, Tolerance};
use super::{cash, kpi, matching};

/// Everything that decides how a trade with one partner runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    pub calendar: Calendar,
    pub answer: Answer,
    pub change: ChangeRules,
    pub shipping: Shipping,
    pub notice: NoticeRules,
    pub invoice: InvoiceRules,
    pub buying: Buying,
    pub intake: IntakeRules,
    pub waits: Waits,
    /// How long what is the matter with this partner may lie at each desk.
    pub desks: Desks,
    /// How good figures with this partner have to be before somebody speaks with it.
    pub figures: kpi::Agreed,
    /// How this supplier's invoices are held against orders and receipts.
    pub matching: matching::Policy,
    /// How money of this partner is applied.
    pub cash: cash::Policy,
    /// The partner keeps goods of ours: what its inventory advices count can be promised.
    pub keeps_stock: bool,
    /// The partner numbers what it sends one after another: a number that does not come is asked after.
    pub consecutive_numbers: bool,
    /// The partner's own limit for acknowledging a document of ours, where a trade is to watch it.
    pub acknowledgement: Option<Allowance>,
}

/// Our answers to orders and changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// The partner wants order responses.
    pub wanted: bool,
    pub within: Allowance,
    /// So long may something be on hold before somebody is reminded.
    pub hold_within: Allowance,
    /// When the time is up and lines are undecided, an answer goes out that says so; otherwise somebody is told.
    pub hold_on_time: bool,
    /// What passes all checks at intake is accepted without anybody's decision.
    pub automatic: bool,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            wanted: true,
            within: Allowance::WorkingHours(24),
            hold_within: Allowance::WorkingHours(24),
            hold_on_time: false,
            automatic: false,
        }
    }
}

/// Changes and cancellations of orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeRules {
    /// Quantities of changes are differences, not what is wanted now.
    pub quantities_are_differences: bool,
    /// How long a change waits for one that should have come before it.
    pub gap: Allowance,
    /// Changes may add lines.
    pub may_add_lines: bool,
    /// Changes are accepted as soon as they can be applied; otherwise somebody decides.
    pub automatic: bool,
}

impl Default for ChangeRules {
    fn default() -> Self {
        Self { quantities_are_differences: false, gap: Allowance::Hours(24), may_add_lines: true, automatic: true }
    }
}

/// What may be shipped, and what becomes of what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shipping {
    /// How much more than ordered may be shipped.
    pub over: Limit,
    /// The partner pays for what was shipped within that limit.
    pub pays_overage: bool,
    /// The partner takes substitutes without being asked; otherwise a decision for one is held until somebody releases it.
    pub may_substitute: bool,
    /// What becomes of the rest after the last shipment.
    pub remainder: Remainder,
    /// After a first short shipment nothing more comes, whether it was said to be the last or not.
    pub ship_once: bool,
    /// Shipments are asked of a warehouse by document when lines are accepted.
    pub warehouse: Option<String>,
    /// The prefix SSCCs are allocated from: extension digit and GS1 company prefix.
    pub sscc_prefix: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remainder {
    /// It comes later.
    #[default]
    Backorder,
    /// It does not come: the partner is told.
    Close,
}

/// The partner's rules on ship notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoticeRules {
    pub wanted: bool,
    /// It goes out as soon as goods have left; otherwise when somebody asks for it.
    pub automatic: bool,
    /// After the goods left.
    pub within: Allowance,
    /// And so long before they arrive, where that is agreed and the arrival is known.
    pub before_arrival: Option<Allowance>,
    pub packs: Packs,
    pub correction: Correction,
    /// The partner takes cancellations of notices by document.
    pub cancel_by_document: bool,
}

impl Default for NoticeRules {
    fn default() -> Self {
        Self {
            wanted: true,
            automatic: true,
            within: Allowance::Minutes(30),
            before_arrival: None,
            packs: Packs::AsPacked,
            correction: Correction::ReplaceSame,
            cancel_by_document: false,
        }
    }
}

/// How a notice shows packs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packs {
    /// As the warehouse says; none where it says none.
    #[default]
    AsPacked,
    /// Packs hold items (S-O-P-I): a shipment without packs is not advised.
    PickAndPack,
    /// Items come in packs (S-O-I-P): every pack holds one item.
    StandardPack,
    /// None are shown.
    Never,
}

/// How a rejected or wrong notice is corrected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// The same number with purpose replace.
    #[default]
    ReplaceSame,
    /// A cancellation, then an original.
    CancelThenNew,
    /// An original with another number.
    NewNumber,
    /// A person talks to the partner.
    Manual,
}

/// When and how invoices are issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InvoiceRules {
    pub when: Invoicing,
    pub after: InvoiceAfter,
    /// More than was shipped may be invoiced, up to what was ordered.
    pub before_shipping: bool,
    /// After the goods left.
    pub within: Allowance,
    /// Days from the invoice until it is due, where the order's terms say nothing.
    pub net_days: i32,
    /// Percent of tax on what we invoice, and which tax: a word of the tax table.
    pub tax_percent: Decimal,
    pub tax_type: String,
}

impl Default for InvoiceRules {
    fn default() -> Self {
        Self {
            when: Invoicing::PerShipment,
            after: InvoiceAfter::Shipped,
            before_shipping: false,
            within: Allowance::WorkingDays(1),
            net_days: 30,
            tax_percent: Decimal::ZERO,
            tax_type: "vat".into(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invoicing {
    /// One for every shipment, as soon as it may be.
    #[default]
    PerShipment,
    /// One when the whole order has gone.
    Consolidated,
    /// When the ERP asks for it.
    OnRequest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceAfter {
    /// When goods have left and the notice, where one is wanted, has been issued.
    #[default]
    Shipped,
    /// When the notice is with the partner.
    NoticeDelivered,
    /// When the partner's system has acknowledged the notice.
    NoticeAccepted,
}

/// How we buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Buying {
    /// The supplier's answer is wanted within.
    pub answer_within: Allowance,
    /// How far an answer's price may be from ours; as an invoice's may, where nothing else is said.
    pub answer_price: Option<Tolerance>,
    /// How far its quantity may be from ours.
    pub answer_quantity: Tolerance,
    /// How many days later than requested it may come.
    pub answer_days_late: u32,
    /// How much more than confirmed may be advised.
    pub over_advised: Limit,
    /// How much more than ordered may be received.
    pub over_receipt: Limit,
    /// Goods that have been received so long without an invoice are looked into.
    pub invoice_within: Allowance,
    /// Matched invoices above this amount are approved by a person before they are payable.
    pub approval_above: Option<Decimal>,
    /// Receipts are told to the supplier.
    pub receipt_advice: bool,
    /// Payments are told to the supplier by document.
    pub remittance: bool,
    /// Documents that cannot be taken are answered with an application advice.
    pub application_advice: bool,
    /// What is claimed back of an invoice is told to the supplier as an adjustment.
    pub claims: bool,
    /// What others are expected to bill for bringing this supplier's goods, receipt by receipt, where a receipt does not say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub landed: Vec<LandedRule>,
}

/// Freight or duty that is put on goods when they come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LandedRule {
    pub kind: matching::CostKind,
    /// Of what the goods cost as agreed.
    #[serde(default)]
    pub percent: Decimal,
    /// For each receipt.
    #[serde(default)]
    pub amount: Decimal,
    /// The partner who is expected to bill it; anybody where nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
}

impl Default for Buying {
    fn default() -> Self {
        Self {
            answer_within: Allowance::WorkingHours(24),
            answer_price: None,
            answer_quantity: Tolerance::NONE,
            answer_days_late: 0,
            over_advised: Limit::NONE,
            over_receipt: Limit::NONE,
            invoice_within: Allowance::Hours(60 * 24),
            approval_above: None,
            receipt_advice: true,
            remittance: true,
            application_advice: true,
            claims: false,
            landed: Vec::new(),
        }
    }
}

/// What an order is checked against when it comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntakeRules {
    /// How far an order's price may be from the price list.
    pub price: Tolerance,
    /// How many days past due the partner's invoices may be; `None`: not asked.
    pub past_due_days_max: Option<u32>,
    /// Shortest time between today and the day goods are to leave.
    pub lead_days: u32,
    /// An order with the same lines within so many days is suspected to be the same; 0 asks nothing.
    pub duplicate_days: u32,
    /// That is so under any number; otherwise only under numbers that are alike: `4501`, `PO-4501`, `4501-A`.
    pub duplicate_goods: bool,
    pub check_stock: bool,
}

impl Default for IntakeRules {
    fn default() -> Self {
        Self {
            price: Tolerance::NONE,
            past_due_days_max: Some(30),
            lead_days: 0,
            duplicate_days: 7,
            duplicate_goods: false,
            check_stock: true,
        }
    }
}

/// How long something may lie at a desk before everybody hears that nobody has dealt with it, by the desks' words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Desks {
    pub service: Allowance,
    pub items: Allowance,
    pub pricing: Allowance,
    pub credit: Allowance,
    pub warehouse: Allowance,
    pub ap: Allowance,
    pub purchasing: Allowance,
    pub ar: Allowance,
    pub compliance: Allowance,
    pub support: Allowance,
}

impl Default for Desks {
    fn default() -> Self {
        let day = Allowance::WorkingDays(1);
        Self {
            service: day,
            items: day,
            pricing: day,
            credit: day,
            warehouse: Allowance::WorkingHours(8),
            ap: Allowance::WorkingDays(5),
            purchasing: Allowance::WorkingDays(2),
            ar: Allowance::WorkingDays(5),
            compliance: day,
            support: day,
        }
    }
}

impl Policy {
    /// By when a desk should have dealt with what came to it, in the working time of whom it is about.
    pub fn due_at(&self, desk: Queue, since: Timestamp) -> Timestamp {
        let desks = &self.desks;
        let within = match desk {
            Queue::CustomerService => desks.service,
            Queue::ItemData => desks.items,
            Queue::Pricing => desks.pricing,
            Queue::Credit => desks.credit,
            Queue::Warehouse => desks.warehouse,
            Queue::AccountsPayable => desks.ap,
            Queue::Purchasing => desks.purchasing,
            Queue::AccountsReceivable => desks.ar,
            Queue::EdiCompliance => desks.compliance,
            Queue::Support => desks.support,
        };
        self.calendar.due(since, within)
    }
}

/// How long early documents wait for what they need before a person has to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Waits {
    /// Orders' documents: changes, answers, shipments, notices, receipts.
    pub orders: Allowance,
    pub invoices: Allowance,
    pub remittances: Allowance,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            orders: Allowance::Hours(4),
            invoices: Allowance::WorkingDays(5),
            remittances: Allowance::WorkingDays(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_told_by_what_differs_from_the_defaults() {
        let text = r#"
            [answer]
            within = { working_hours = 8 }
            [shipping]
            over = { percent = "5" }
            remainder = "close"
            [invoice]
            when = "consolidated"
            after = "notice_accepted"
            [desks]
            warehouse = { hours = 2 }
        "#;
        let policy: Policy = toml::from_str(text).unwrap();
        assert_eq!(policy.answer.within, Allowance::WorkingHours(8));
        assert_eq!(policy.shipping.over, Limit::percent(5));
        assert_eq!((policy.invoice.when, policy.invoice.net_days), (Invoicing::Consolidated, 30));
        let at = Timestamp::UNIX_EPOCH;
        let after = |desk| policy.due_at(desk, at).duration_since(at).as_hours();
        assert_eq!((after(Queue::Warehouse), after(Queue::Credit)), (2, 24));
        assert!(toml::from_str::<Policy>("[answer]\nwithing = 3").is_err(), "a slip of the pen is told");
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), policy);
    }
}
