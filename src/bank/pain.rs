//! ISO 20022 pain.001.001.09: a payment run as a file for the bank.

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use crate::wire::xml::XmlWriter;

/// Payments that leave together from one account on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRun {
    /// Names the run: at most 35 characters.
    pub id: String,
    pub created: DateTime,
    pub execute: Date,
    pub payer: Party,
    pub transfers: Vec<Transfer>,
}

/// A payment to one supplier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// End-to-end id, which comes back with the supplier's money and ours: at most 35 characters.
    pub trace: String,
    pub payee: Party,
    pub amount: Decimal,
    pub currency: String,
    /// Invoice numbers with what is paid of each; credit notes below zero.
    pub invoices: Vec<(String, Decimal)>,
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub name: String,
    /// IBAN, or the number as the bank has it.
    pub account: String,
    /// BIC where it is known.
    pub bank: Option<String>,
}

/// What the schema allows a number and a name (Max35Text, Max140Text).
const NUMBER_MAX: usize = 35;
const TEXT_MAX: usize = 140;
const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

/// Writes a run.
///
/// # Errors
/// A sentence, when the run is empty, an id is too long, or invoices do not make a transfer's amount.
pub fn write_pain(run: &PaymentRun) -> Result<Vec<u8>, String> {
    check(run)?;
    let mut bytes = Vec::with_capacity(1024 + run.transfers.len() * 1024);
    let mut out = Out(XmlWriter::new(&mut bytes));
    let sum: Decimal = run.transfers.iter().map(|transfer| transfer.amount).sum();
    let count = run.transfers.len().to_string();
    out.0.start("Document");
    out.0.attribute("xmlns", NAMESPACE);
    out.within("CstmrCdtTrfInitn", |out| {
        out.within("GrpHdr", |out| {
            out.leaf("MsgId", &run.id);
            out.leaf("CreDtTm", &run.created.to_string());
            out.leaf("NbOfTxs", &count);
            out.leaf("CtrlSum", &sum.to_string());
            out.within("InitgPty", |out| out.leaf("Nm", &short(&run.payer.name, TEXT_MAX)));
        });
        out.within("PmtInf", |out| {
            out.leaf("PmtInfId", &run.id);
            out.leaf("PmtMtd", "TRF");
            out.leaf("NbOfTxs", &count);
            out.leaf("CtrlSum", &sum.to_string());
            out.within("ReqdExctnDt", |out| out.leaf("Dt", &run.execute.to_string()));
            out.within("Dbtr", |out| out.leaf("Nm", &short(&run.payer.name, TEXT_MAX)));
            out.account("DbtrAcct", &run.payer.account);
            out.bank("DbtrAgt", run.payer.bank.as_deref());
            run.transfers.iter().for_each(|transfer| out.transfer(transfer));
        });
    });
    out.0.end();
    Ok(bytes)
}

fn check(run: &PaymentRun) -> Result<(), String> {
    if run.transfers.is_empty() {
        return Err(format!("payment run {}: nothing to pay", run.id));
    }
    let ids = std::iter::once(&run.id).chain(run.transfers.iter().map(|transfer| &transfer.trace));
    for id in ids {
        if id.is_empty() || id.chars().count() > NUMBER_MAX {
            return Err(format!("`{id}` has to have 1 to 35 characters"));
        }
    }
    for Transfer { trace, amount, invoices, .. } in &run.transfers {
        let sum: Decimal = invoices.iter().map(|(_, paid)| *paid).sum();
        if *amount <= Decimal::ZERO || sum != *amount {
            return Err(format!("{trace}: the invoices make {sum}, the transfer is {amount}"));
        }
    }
    Ok(())
}

/// No longer than this.
fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

struct Out<'o>(XmlWriter<'o>);

impl Out<'_> {
    fn within(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.0.start(name);
        inside(self);
        self.0.end();
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.within(name, |out| out.0.text(text));
    }

    fn money(&mut self, name: &str, amount: Decimal, currency: &str) {
        self.0.start(name);
        self.0.attribute("Ccy", currency);
        self.0.text(&amount.to_string());
        self.0.end();
    }

    fn account(&mut self, name: &str, account: &str) {
        let plain: String = account.chars().filter(|c| !c.is_whitespace()).collect();
        // Country, two check digits, and a bank's own number behind them.
        let (country, rest) = plain.split_at_checked(4).unwrap_or(("", ""));
        let letters = country.chars().take(2).all(|c| c.is_ascii_uppercase());
        let iban = letters && country.chars().skip(2).all(|c| c.is_ascii_digit()) && (11..=30).contains(&rest.len());
        self.within(name, |out| {
            out.within("Id", |out| match iban {
                true => out.leaf("IBAN", &plain),
                false => out.within("Othr", |out| out.leaf("Id", &plain)),
            });
        });
    }

    fn bank(&mut self, name: &str, bank: Option<&str>) {
        self.within(name, |out| {
            out.within("FinInstnId", |out| match bank {
                Some(bic) => out.leaf("BICFI", bic),
                None => out.within("Othr", |out| out.leaf("Id", "NOTPROVIDED")),
            });
        });
    }

    fn transfer(&mut self, transfer: &Transfer) {
        let Transfer { trace, payee, amount, currency, invoices } = transfer;
        self.within("CdtTrfTxInf", |out| {
            out.within("PmtId", |out| out.leaf("EndToEndId", trace));
            out.within("Amt", |out| out.money("InstdAmt", *amount, currency));
            if let Some(bic) = &payee.bank {
                out.bank("CdtrAgt", Some(bic));
            }
            out.within("Cdtr", |out| out.leaf("Nm", &short(&payee.name, TEXT_MAX)));
            out.account("CdtrAcct", &payee.account);
            out.within("RmtInf", |out| {
                for (number, paid) in invoices {
                    out.within("Strd", |out| {
                        let credit = paid.is_sign_negative();
                        let fits = number.chars().count() <= NUMBER_MAX;
                        out.within("RfrdDocInf", |out| {
                            let code = if credit { "CREN" } else { "CINV" };
                            out.within("Tp", |out| out.within("CdOrPrtry", |out| out.leaf("Cd", code)));
                            if fits {
                                out.leaf("Nb", number);
                            }
                        });
                        let name = if credit { "CdtNoteAmt" } else { "RmtdAmt" };
                        out.within("RfrdDocAmt", |out| out.money(name, paid.abs(), currency));
                        if !fits {
                            out.leaf("AddtlRmtInf", &short(number, TEXT_MAX));
                        }
                    });
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::xml::{Limits, Tree};

    #[test]
    fn a_run_becomes_a_file() {
        let bytes = write_pain(&run("980.00")).unwrap();
        let tree = Tree::read(&bytes, Limits::default());
        assert!(tree.findings.is_empty());
        let text = String::from_utf8(bytes).unwrap();
        for part in [
            "<CtrlSum>980.00</CtrlSum>",
            "<IBAN>DE89370400440532013000</IBAN>",
            "<InstdAmt Ccy=\"EUR\">980.00</InstdAmt>",
            "<RmtdAmt Ccy=\"EUR\">1000.00</RmtdAmt>",
            "<CdtNoteAmt Ccy=\"EUR\">20.00</CdtNoteAmt>",
            "<Id>4711</Id>",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    /// What `pain.001.001.09` lets stand in each of the elements that we write, in its order, `!` for what must be there.
    /// Elements of the schema that we never write are left out.
    const SCHEMA: &[(&str, &str)] = &[
        ("Document", "CstmrCdtTrfInitn!"),
        ("CstmrCdtTrfInitn", "GrpHdr! PmtInf!"),
        ("GrpHdr", "MsgId! CreDtTm! NbOfTxs! CtrlSum InitgPty!"),
        ("InitgPty", "Nm"),
        ("PmtInf", "PmtInfId! PmtMtd! NbOfTxs CtrlSum ReqdExctnDt! Dbtr! DbtrAcct! DbtrAgt! CdtTrfTxInf!"),
        ("ReqdExctnDt", "Dt!"),
        ("Dbtr", "Nm"),
        ("DbtrAcct", "Id!"),
        ("DbtrAgt", "FinInstnId!"),
        ("CdtrAgt", "FinInstnId!"),
        ("FinInstnId", "BICFI Othr"),
        ("CdtTrfTxInf", "PmtId! Amt! CdtrAgt Cdtr CdtrAcct RmtInf"),
        ("PmtId", "EndToEndId!"),
        ("Amt", "InstdAmt!"),
        ("Cdtr", "Nm"),
        ("CdtrAcct", "Id!"),
        ("Id", "IBAN Othr"),
        ("Othr", "Id!"),
        ("RmtInf", "Strd"),
        ("Strd", "RfrdDocInf RfrdDocAmt AddtlRmtInf"),
        ("RfrdDocInf", "Tp Nb"),
        ("Tp", "CdOrPrtry!"),
        ("CdOrPrtry", "Cd!"),
        ("RfrdDocAmt", "CdtNoteAmt RmtdAmt"),
    ];

    #[test]
    fn a_file_has_the_structure_of_its_schema() {
        let mut run = run("980.00");
        run.transfers[0].payee.bank = Some("BYLADEM1001".into());
        run.transfers[0].invoices[0].0 = "I".repeat(50);
        run.payer.name = "N".repeat(200);
        let bytes = write_pain(&run).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(&format!("<AddtlRmtInf>{}</AddtlRmtInf>", "I".repeat(50))), "{text}");
        assert!(!text.contains(&"N".repeat(141)), "{text}");
        let tree = Tree::read(&bytes, Limits::default());
        let mut looked_at = 0;
        let mut waiting = vec![tree.root().unwrap()];
        while let Some(node) = waiting.pop() {
            let children: Vec<_> = node.children().collect();
            waiting.extend(children.iter().copied());
            let names: Vec<&str> = children.iter().map(|child| child.local_name()).collect();
            // Who has an account has an id in it; another id is text.
            let Some((_, allowed)) = SCHEMA.iter().find(|(name, _)| *name == node.local_name()) else {
                assert!(names.is_empty(), "{} holds {names:?}", node.local_name());
                continue;
            };
            if names.is_empty() && node.local_name() == "Id" {
                continue;
            }
            let allowed: Vec<&str> = allowed.split(' ').collect();
            let place = |name: &str| allowed.iter().position(|known| known.trim_end_matches('!') == name);
            let places: Vec<usize> = names
                .iter()
                .map(|name| place(name).unwrap_or_else(|| panic!("{name} in {}", node.local_name())))
                .collect();
            assert!(places.is_sorted(), "{names:?} in {}", node.local_name());
            for must in allowed.iter().filter_map(|name| name.strip_suffix('!')) {
                assert!(names.contains(&must), "{} lacks {must}", node.local_name());
            }
            looked_at += 1;
        }
        assert!(looked_at > 25, "{looked_at}");
    }

    #[test]
    fn what_does_not_add_up_is_not_written() {
        assert_eq!(write_pain(&run("981.00")).unwrap_err(), "T9: the invoices make 980.00, the transfer is 981.00");
        let empty = PaymentRun { transfers: Vec::new(), ..run("1") };
        assert_eq!(write_pain(&empty).unwrap_err(), "payment run R1: nothing to pay");
    }

    fn run(amount: &str) -> PaymentRun {
        let party = |name: &str, account: &str| Party { name: name.into(), account: account.into(), bank: None };
        PaymentRun {
            id: "R1".into(),
            created: jiff::civil::date(2026, 3, 5).at(9, 0, 0, 0),
            execute: jiff::civil::date(2026, 3, 6),
            payer: party("House", "DE89 3704 0044 0532 0130 00"),
            transfers: vec![Transfer {
                trace: "T9".into(),
                payee: party("Orbit", "4711"),
                amount: amount.parse().unwrap(),
                currency: "EUR".into(),
                invoices: vec![("I1".into(), "1000.00".parse().unwrap()), ("C1".into(), "-20.00".parse().unwrap())],
            }],
        }
    }
}
