//! What speaks for or against us where a customer keeps something back: when goods left and came, when their notice did, and
//! what the customer's own systems said of our documents.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::calendar::said;
use super::cash::Evidence;
use super::trade::{Axis, Issued, ReceiptRecord, ShipmentRecord, Trade};

impl Trade {
    /// Everything that is known about what an invoice bills, oldest matter first.
    pub fn evidence(&self, invoice: &str) -> Vec<Evidence> {
        let Some(bill) = self.bill(invoice) else { return Vec::new() };
        let mut found = Vec::new();
        let of_bill = |record: &&ShipmentRecord| {
            !record.voided && bill.shipment.as_deref().is_none_or(|number| number == record.shipment.number)
        };
        for record in self.shipments.iter().filter(of_bill) {
            self.of_shipment(record, &mut found);
        }
        if let Some(issued) = self.latest_issued(&format!("invoice|{}", bill.number)) {
            told(issued, "invoice", &format!("sent {}", said(issued.at)), &mut found);
        }
        found
    }

    fn of_shipment(&self, record: &ShipmentRecord, found: &mut Vec<Evidence>) {
        let number = &record.shipment.number;
        let left = record.shipment.shipped_at.unwrap_or(record.at);
        let lines =
            record.shipment.lines.iter().map(|portion| format!("{} of line {}", portion.quantity, portion.line));
        let lines: Vec<String> = lines.collect();
        found.push(Evidence::new("shipment", number, format!("{}, left {}", lines.join(", "), said(left))));
        let of_shipment = |it: &&ReceiptRecord| {
            let named = it.receipt.shipment.as_deref();
            !it.voided && !it.is_return && named.is_none_or(|shipment| shipment == number)
        };
        let receipts: Vec<&ReceiptRecord> = self.receipts.iter().filter(of_shipment).collect();
        let came = receipts.iter().map(|it| it.receipt.received_at.unwrap_or(it.at)).min();
        if let Some(issued) = self.latest_issued(&format!("ship_notice|{number}")) {
            let arrived = issued.accepted_at.unwrap_or(issued.at);
            let mut words = format!("sent {}, {} the goods left", said(issued.at), apart(issued.at, left));
            if let Some(came) = came {
                words += &format!(", {} they came", on_arrival(arrived, came));
            }
            told(issued, "ship notice", &words, found);
        }
        for record in receipts {
            let lines = record.receipt.lines.iter().map(|line| {
                let conditions = line.conditions.iter().map(|(code, quantity)| format!(", {quantity} {code}"));
                let conditions: String = conditions.collect();
                format!("{} of line {}{conditions}", line.received, line.line)
            });
            let lines: Vec<String> = lines.collect();
            let at = said(record.receipt.received_at.unwrap_or(record.at));
            found.push(Evidence::new("receipt advice", &record.receipt.number, format!("{}, {at}", lines.join(", "))));
        }
    }
}

impl Evidence {
    pub fn new(what: &str, document: &str, words: String) -> Self {
        Self { what: what.into(), document: document.into(), words }
    }
}

/// A document of ours with what came back for it: the transport's receipt, and the answer of the far side's system.
fn told(issued: &Issued, what: &str, words: &str, found: &mut Vec<Evidence>) {
    let number = issued.number.as_deref().unwrap_or(&issued.key);
    found.push(Evidence::new(what, number, words.to_owned()));
    if let Some(at) = issued.accepted_at {
        found.push(Evidence::new(
            "receipt of our transmission",
            number,
            format!("the {what} was taken over {}", said(at)),
        ));
    }
    let answer = match issued.functional {
        Axis::Pending => return,
        Axis::Accepted => "accepted",
        Axis::AcceptedWithErrors => "accepted with errors",
        Axis::Rejected => "rejected",
        Axis::Overdue => "never answered",
    };
    found.push(Evidence::new("acknowledgement", number, format!("the {what} was {answer}")));
}

/// Against the arrival, of which many advices say the day and no hour: that is midnight, and days are compared.
fn on_arrival(at: Timestamp, came: Timestamp) -> String {
    let [day, arrival] = [at, came].map(|it| TimeZone::UTC.to_datetime(it));
    if arrival.time() != Time::midnight() {
        return apart(at, came);
    }
    match (day.date() - arrival.date()).get_days() {
        0 => "on the day".to_owned(),
        days if days < 0 => format!("{} days before", -days),
        days => format!("{days} days after"),
    }
}

/// `2.5 hours before`, `at the time`, `1 day after`.
fn apart(one: Timestamp, other: Timestamp) -> String {
    let between: SignedDuration = one.duration_since(other);
    let minutes = between.as_secs().abs() / 60;
    let words = match minutes {
        0 => return "at the time".to_owned(),
        1..60 => format!("{minutes} minutes"),
        60..2_880 => format!("{} hours", (Decimal::from(minutes) / Decimal::from(60)).round_dp(1).normalize()),
        _ => format!("{} days", (Decimal::from(minutes) / Decimal::from(1_440)).round_dp(1).normalize()),
    };
    format!("{words} {}", if between.is_negative() { "before" } else { "after" })
}
