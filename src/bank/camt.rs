//! ISO 20022 camt.052, camt.053 and camt.054, any version: names are the same, their namespace tells the version.
//!
//! Only booked entries move money. An entry that holds several transactions becomes one booking for each, when their
//! amounts make the entry's; where they do not, the entry is one booking and a warning says so. An entry that is none by
//! itself is refused with its place, and hides no other.

use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Read;
use super::entry::{self, refused, unmoved};
use super::totals::{missing, signed};
use crate::canonical::common::{Account, Head};
use crate::canonical::remittance::{RemittanceAdjustment, RemittanceItem};
use crate::canonical::{BankEntry, BankStatement};
use crate::finding::{Fault, Finding};
use crate::process::ledger::Currency;
use crate::wire::xml::{Limits, Node, Tree};

/// Reads a file. Whatever could be understood is returned, whatever is wrong beside it.
pub fn read_camt(bytes: &[u8]) -> Read {
    let tree = Tree::read(bytes, Limits::default());
    let mut reader = Reader { read: Read { findings: tree.findings.clone(), ..Read::default() } };
    let Some(root) = tree.root() else { return reader.read };
    let bodies = ["BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn", "BkToCstmrAcctRpt"];
    let body = root.children().find(|node| bodies.contains(&node.local_name()));
    match body {
        Some(body) => {
            let one = |node: &Node<'_>| ["Stmt", "Ntfctn", "Rpt"].contains(&node.local_name());
            for node in body.children().filter(one) {
                let statement = reader.statement(node);
                reader.read.statements.push(statement);
            }
        }
        None => reader.read.findings.push(
            Finding::error(Fault::RootUnknown, root.place())
                .with_value(root.local_name())
                .expecting("camt.052, camt.053 or camt.054"),
        ),
    }
    reader.read
}

struct Reader {
    read: Read,
}

impl Reader {
    fn statement(&mut self, node: Node<'_>) -> BankStatement {
        let account = down(node, "Acct").map(account_of);
        let currency = account.as_ref().and_then(|account| account.currency.clone());
        let date = text(node, "CreDtTm").and_then(|text| text.get(..10).and_then(|day| Date::from_str(day).ok()));
        let balance = |codes: &[&str]| {
            let is = |bal: &Node<'_>| text(*bal, "Tp/CdOrPrtry/Cd").is_some_and(|code| codes.contains(&&*code));
            let bal = node.children().filter(|child| child.local_name() == "Bal").find(is)?;
            let amount = decimal(bal, "Amt")?;
            Some(if text(bal, "CdtDbtInd").as_deref() == Some("DBIT") { -amount } else { amount })
        };
        let mut statement = BankStatement {
            head: Head { number: text(node, "Id"), date, currency, ..Head::default() },
            r#type: Some(if node.local_name() == "Stmt" { "statement" } else { "notification" }.into()),
            account,
            opening: balance(&["OPBD", "PRCD"]),
            closing: balance(&["CLBD"]),
            entries: Vec::new(),
        };
        let refused = self.read.refused.len();
        for entry in node.children().filter(|child| child.local_name() == "Ntry") {
            self.entry(entry, &mut statement);
        }
        // What a refused entry moved is in the balances and not among the bookings.
        let whole = self.read.refused.len() == refused;
        if let Some(missing) = missing(&statement).filter(|_| whole) {
            let finding = Finding::error(Fault::ValuesDisagree, node.place()).with_value(&missing.to_string());
            self.read.findings.push(finding.expecting("bookings that lead from the opening to the closing balance"));
        }
        statement
    }

    fn entry(&mut self, node: Node<'_>, statement: &mut BankStatement) {
        // `Sts` holds the code itself or, from version 8 on, a `Cd`.
        let status = text(node, "Sts/Cd").or_else(|| text(node, "Sts"));
        let id = text(node, "AcctSvcrRef").or_else(|| text(node, "NtryRef"));
        if let Some(status) = status.filter(|status| status != "BOOK") {
            let amount = text(node, "Amt").unwrap_or_default();
            let money = currency(node, "Amt").unwrap_or_default();
            let status = if status == "PDNG" { "pending (PDNG)".into() } else { format!("not booked ({status})") };
            let named = id.map(|id| format!(" (entry {id})")).unwrap_or_default();
            return self.read.pending.push(format!("{}{named}: {amount} {money} is {status}", node.path()));
        }
        if let Err(wrong) = booking(node, statement.head.date) {
            let (finding, amount) = *wrong;
            return self.read.refused.push(refused(&finding, "", id.as_deref(), amount));
        }
        let whole = BankEntry {
            id,
            credit_debit: direction(node),
            reversal: (text(node, "RvslInd").as_deref() == Some("true")).then_some(true),
            amount: decimal(node, "Amt"),
            currency: currency(node, "Amt"),
            charges: charges(node, decimal(node, "Amt"), currency(node, "Amt")),
            date: day(node, "BookgDt"),
            value_date: day(node, "ValDt"),
            code: code(node),
            text: text(node, "AddtlNtryInf").into_iter().collect(),
            ..BankEntry::default()
        };
        let parts = node.children().filter(|child| child.local_name() == "NtryDtls");
        let parts: Vec<Node<'_>> =
            parts.flat_map(Node::children).filter(|child| child.local_name() == "TxDtls").collect();
        let mut entries: Vec<BankEntry> = match parts.as_slice() {
            [] => vec![whole.clone()],
            [only] => vec![transaction(*only, &whole, true)],
            several => several.iter().map(|part| transaction(*part, &whole, false)).collect(),
        };
        // Transactions that share a reference, or the entry's, are several all the same.
        for at in 1..entries.len() {
            let same = |id: &String| entries[..at].iter().any(|before| before.id.as_ref() == Some(id));
            if let Some(id) = entries[at].id.clone().filter(same) {
                entries[at].id = Some(format!("{id}/{}", at + 1));
            }
        }
        let money = whole.currency.as_deref().and_then(Currency::of);
        let moves = |entry: &BankEntry| {
            let own = entry.currency.as_deref().and_then(Currency::of);
            let fine = |amount: Decimal| money.is_some_and(|money| unmoved(amount, money).is_none());
            own == money && entry.amount.is_some_and(fine)
        };
        let sum = entries.iter().try_fold(Decimal::ZERO, |sum, entry| sum.checked_add(signed(entry)));
        if entries.iter().all(moves) && sum == Some(signed(&whole)) {
            return statement.entries.extend(entries);
        }
        let sum = sum.map(|sum| sum.to_string()).unwrap_or_default();
        let finding = Finding::warning(Fault::ValuesDisagree, node.place()).with_value(&sum);
        self.read.findings.push(finding.expecting(format!("transactions that make the entry's {}", signed(&whole))));
        statement.entries.push(whole);
    }
}

/// One transaction; what it does not say itself the entry says for it.
fn transaction(node: Node<'_>, whole: &BankEntry, only: bool) -> BankEntry {
    let own = ["Amt", "AmtDtls/TxAmt/Amt"].into_iter().find(|path| down(node, path).is_some());
    // The amount of a single transaction may be in the payer's currency: the booking's stands.
    let (amount, money) = match own {
        Some(path) if !only => (decimal(node, path), currency(node, path)),
        _ => (whole.amount, whole.currency.clone()),
    };
    let traces = ["EndToEndId", "TxId", "InstrId", "UETR", "AcctSvcrRef", "ClrSysRef"];
    let traces = traces.iter().filter_map(|name| text(node, &format!("Refs/{name}")));
    let id = text(node, "Refs/AcctSvcrRef").or_else(|| whole.id.clone());
    let direction = direction(node).or_else(|| whole.credit_debit.clone());
    let side = if direction.as_deref() == Some("debit") { "Cdtr" } else { "Dbtr" };
    let party = |path: &str| text(node, &format!("RltdPties/{side}{path}"));
    let remittance = down(node, "RmtInf");
    let structured = remittance.into_iter().flat_map(Node::children).filter(|child| child.local_name() == "Strd");
    let items: Vec<RemittanceItem> = structured.flat_map(items_of).collect();
    let free = remittance.into_iter().flat_map(Node::children).filter(|child| child.local_name() == "Ustrd");
    let free: Vec<String> = free.map(|child| child.text().into_owned()).collect();
    let kept = charges(node, amount, money.clone());
    BankEntry {
        id,
        credit_debit: direction,
        return_reason: text(node, "RtrInf/Rsn/Cd").or_else(|| text(node, "RtrInf/Rsn/Prtry")),
        amount,
        currency: money,
        charges: kept.or(if only { whole.charges } else { None }),
        code: code(node).or_else(|| whole.code.clone()),
        traces: traces.filter(|trace| !trace.is_empty()).collect(),
        counterparty: party("/Nm").or_else(|| party("/Pty/Nm")),
        counterparty_account: down(node, &format!("RltdPties/{side}Acct")).map(account_of),
        creditor_reference: text(node, "RmtInf/Strd/CdtrRefInf/Ref"),
        items,
        text: if free.is_empty() { whole.text.clone() } else { free },
        ..whole.clone()
    }
}

/// What keeps an entry from being a booking, and the amount it names where that can be read. `date` is the statement's own.
fn booking(node: Node<'_>, date: Option<Date>) -> Result<(), Box<(Finding, Option<Decimal>)>> {
    let missing = |name: &str, expected: &str| {
        let mut place = node.place();
        place.tag = format!("{}/{name}", node.path()).into();
        (Finding::error(Fault::ElementMissing, place).expecting(expected), None)
    };
    let wrong = |node: Node<'_>, value: &str, (fault, expected): (Fault, String)| {
        Finding::error(fault, node.place()).with_value(value).expecting(expected)
    };
    let amount_node = down(node, "Amt").ok_or_else(|| missing("Amt", "an amount above zero"))?;
    let value = amount_node.text();
    let amount = entry::amount(value.trim()).map_err(|fault| (wrong(amount_node, &value, fault), None))?;
    let code = amount_node.attribute("Ccy").ok_or_else(|| missing("Amt/@Ccy", "a currency of three letters"))?;
    let money = Currency::of(&code.text()).ok_or_else(|| {
        let finding = Finding::error(Fault::CodeInvalid, code.place(amount_node)).with_value(&code.text());
        (finding.expecting("a currency of three letters"), Some(amount))
    })?;
    if let Some(fault) = unmoved(amount, money) {
        return Err(Box::new((wrong(amount_node, &value, fault), None)));
    }
    let sense = down(node, "CdtDbtInd").ok_or_else(|| missing("CdtDbtInd", "CRDT or DBIT"))?;
    if direction(node).is_none() {
        return Err(Box::new((wrong(sense, &sense.text(), (Fault::CodeInvalid, "CRDT or DBIT".into())), Some(amount))));
    }
    for name in ["BookgDt", "ValDt"] {
        if let Some(found) = down(node, name).filter(|_| day(node, name).is_none()) {
            let value = found.children().next().map(|child| child.text().into_owned()).unwrap_or_default();
            return Err(Box::new((
                wrong(found, &value, (Fault::DateInvalid, "a day, as in 2026-03-05".into())),
                Some(amount),
            )));
        }
    }
    if date.is_none() && day(node, "BookgDt").or_else(|| day(node, "ValDt")).is_none() {
        return Err(missing("BookgDt", "the day it was booked").into());
    }
    if let Some(kept) = charges(node, Some(amount), currency(node, "Amt"))
        && let Some(fault) = unmoved(kept, money)
        && !kept.is_zero()
        && let Some(found) = down(node, "Chrgs")
    {
        return Err(Box::new((wrong(found, &kept.to_string(), fault), Some(amount))));
    }
    Ok(())
}

/// The documents of one structured remittance, with their amounts where the bank carries one for each.
fn items_of(node: Node<'_>) -> Vec<RemittanceItem> {
    let documents: Vec<Node<'_>> = node.children().filter(|child| child.local_name() == "RfrdDocInf").collect();
    let amounts = down(node, "RfrdDocAmt").filter(|_| documents.len() == 1);
    let amount = |path: &str| decimal(amounts?, path);
    let item = |document: &Node<'_>| {
        let credit = text(*document, "Tp/CdOrPrtry/Cd").is_some_and(|code| code == "CREN");
        let paid = amount("RmtdAmt").or_else(|| amount("CdtNoteAmt").map(|credit| -credit));
        let adjusted = amounts.into_iter().flat_map(Node::children);
        let adjusted = adjusted.filter(|child| child.local_name() == "AdjstmntAmtAndRsn");
        RemittanceItem {
            kind: Some(if credit { "credit_memo" } else { "invoice" }.into()),
            reference: text(*document, "Nb"),
            date: text(*document, "RltdDt").and_then(|text| Date::from_str(&text).ok()),
            paid,
            gross: amount("DuePyblAmt"),
            discount: amount("DscntApldAmt").or_else(|| amount("DscntApldAmt/Amt")),
            adjustments: adjusted.map(adjustment_of).collect(),
            ..RemittanceItem::default()
        }
    };
    documents.iter().map(item).collect()
}

fn adjustment_of(node: Node<'_>) -> RemittanceAdjustment {
    let amount = decimal(node, "Amt");
    // A debit of the payee reduces what is paid.
    let reduces = text(node, "CdtDbtInd").is_none_or(|word| word == "DBIT");
    RemittanceAdjustment {
        reason: text(node, "Rsn"),
        amount: amount.map(|amount| if reduces { -amount } else { amount }),
        ..RemittanceAdjustment::default()
    }
}

/// What banks kept before they booked; charges that are booked apart move the account themselves. Where a bank does not say
/// which they are, what the payer instructed does: that much less came.
fn charges(node: Node<'_>, booked: Option<Decimal>, money: Option<String>) -> Option<Decimal> {
    let charges = down(node, "Chrgs")?;
    let total = decimal(charges, "TtlChrgsAndTaxAmt");
    let records = charges.children().filter(|child| child.local_name() == "Rcrd");
    // Some versions have no records: the charges stand in `Chrgs` itself.
    let records: Vec<Node<'_>> = records.collect();
    let parts = if records.is_empty() { vec![charges] } else { records };
    let kept = |node: &&Node<'_>| text(**node, "ChrgInclInd").is_some_and(|word| matches!(&*word, "true" | "1"));
    let amount = |node: &Node<'_>| decimal(*node, "Amt");
    let unsaid = |node: &&Node<'_>| {
        down(**node, "ChrgInclInd").is_none() && text(**node, "CdtDbtInd").is_none_or(|it| it == "DBIT")
    };
    let instructed = decimal(node, "AmtDtls/InstdAmt/Amt").filter(|_| currency(node, "AmtDtls/InstdAmt/Amt") == money);
    let less = instructed.zip(booked).map(|(instructed, booked)| instructed - booked);
    let sum: Decimal = parts.iter().filter(kept).filter_map(amount).sum();
    let with_unsaid = sum + parts.iter().filter(unsaid).filter_map(amount).sum::<Decimal>();
    if with_unsaid != sum && less == Some(with_unsaid) {
        return less;
    }
    if sum.is_zero() { total.filter(|_| parts.iter().any(|node| kept(&node))) } else { Some(sum) }
}

fn code(node: Node<'_>) -> Option<String> {
    let part = |path: &str| text(node, &format!("BkTxCd/{path}"));
    let domain = [part("Domn/Cd"), part("Domn/Fmly/Cd"), part("Domn/Fmly/SubFmlyCd")];
    let known: Vec<String> = domain.into_iter().flatten().collect();
    if known.is_empty() { part("Prtry/Cd") } else { Some(known.join("/")) }
}

fn direction(node: Node<'_>) -> Option<String> {
    match text(node, "CdtDbtInd").as_deref() {
        Some("CRDT") => Some("credit".into()),
        Some("DBIT") => Some("debit".into()),
        _ => None,
    }
}

fn account_of(node: Node<'_>) -> Account {
    Account {
        number: text(node, "Id/IBAN").or_else(|| text(node, "Id/Othr/Id")),
        currency: text(node, "Ccy"),
        bank: ["BICFI", "BIC"].iter().find_map(|name| text(node, &format!("Svcr/FinInstnId/{name}"))),
        ..Account::default()
    }
}

fn day(node: Node<'_>, name: &str) -> Option<Date> {
    let text = text(node, &format!("{name}/Dt")).or_else(|| text(node, &format!("{name}/DtTm")))?;
    Date::from_str(text.get(..10)?).ok()
}

/// An amount along a path, where it is one.
fn decimal(node: Node<'_>, path: &str) -> Option<Decimal> {
    entry::amount(text(node, path)?.trim()).ok()
}

fn currency(node: Node<'_>, path: &str) -> Option<String> {
    Some(down(node, path)?.attribute("Ccy")?.text().into_owned())
}

/// The first element along a path of local names.
fn down<'t>(node: Node<'t>, path: &str) -> Option<Node<'t>> {
    path.split('/').try_fold(node, |node, name| node.children().find(|child| child.local_name() == name))
}

fn text(node: Node<'_>, path: &str) -> Option<String> {
    let found = down(node, path)?.text().into_owned();
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_that_nobody_calls_included_are_told_by_what_was_instructed() {
        for (instructed, record, charges) in [
            ("<Amt Ccy=\"EUR\">80.00</Amt>", "", Some("5.00")),
            ("<Amt Ccy=\"EUR\">80.00</Amt>", "<ChrgInclInd>false</ChrgInclInd>", None),
            ("<Amt Ccy=\"USD\">80.00</Amt>", "", None),
            ("<Amt Ccy=\"EUR\">75.00</Amt>", "", None),
            ("<Amt Ccy=\"EUR\">75.00</Amt>", "<ChrgInclInd>1</ChrgInclInd>", Some("5.00")),
        ] {
            let booking = format!(
                "<Ntry><Amt Ccy=\"EUR\">75.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls><TxDtls>\
                 <Amt Ccy=\"EUR\">75.00</Amt><AmtDtls><InstdAmt>{instructed}</InstdAmt></AmtDtls><Chrgs><Rcrd>\
                 <Amt Ccy=\"EUR\">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>{record}</Rcrd></Chrgs></TxDtls></NtryDtls></Ntry>"
            );
            let read = read_camt(wrap("054", "BkToCstmrDbtCdtNtfctn><Ntfctn", "", &booking).as_bytes());
            let [statement] = &read.statements[..] else { panic!("one notification") };
            let kept = statement.entries[0].charges.map(|amount| amount.to_string());
            assert_eq!(kept.as_deref(), charges, "{instructed} {record}");
        }
    }

    #[test]
    fn a_notification_becomes_bookings() {
        let read = read_camt(wrap("054", "BkToCstmrDbtCdtNtfctn><Ntfctn", "", NOTIFIED).as_bytes());
        assert_eq!(read.findings, []);
        let [statement] = &read.statements[..] else { panic!("one notification") };
        assert_eq!(statement.account.as_ref().unwrap().number.as_deref(), Some("DE89370400440532013000"));
        let said: Vec<String> = statement.entries.iter().map(said).collect();
        assert_eq!(
            said,
            [
                "credit 985.00 charges 15.00 T1 Acme 100234=1000.00",
                "credit 700.00 T2 Nord ",
                "credit 40.50 T3 Süd INV 7",
                "debit 700.00 returned AC04 T2 Nord "
            ]
        );
    }

    #[test]
    fn what_does_not_add_up_is_found() {
        let balances = "<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">100.00</Amt><CdtDbtInd>CRDT\
                        </CdtDbtInd></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">90.00</Amt>\
                        <CdtDbtInd>CRDT</CdtDbtInd></Bal>";
        let read = read_camt(wrap("053", "BkToCstmrStmt><Stmt", balances, "").as_bytes());
        let [finding] = &read.findings[..] else { panic!("{:?}", read.findings) };
        assert_eq!((finding.fault, finding.value.as_deref()), (Fault::ValuesDisagree, Some("-10.00")));
        assert_eq!(read_camt(b"<Document><Other/></Document>").findings[0].fault, Fault::RootUnknown);
        assert!(!read_camt(b"<Document>").findings.is_empty());
    }

    #[test]
    fn an_entry_that_is_no_booking_hides_no_other() {
        let good = "<Amt Ccy=\"EUR\">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-05</Dt></BookgDt>";
        for (from, to, said) in [
            ("100.00", "0", "Amt \"0\" is not a value this place can have; expected an amount above zero"),
            ("100.00", "-5", "expected an amount above zero"),
            ("100.00", "1e400", "is not a number"),
            ("100.00", "0.001", "expected EUR counted in 0.01"),
            ("100.00", "1000000000000000", "expected at most 15 digits"),
            ("Ccy=\"EUR\"", "", "Amt/@Ccy is missing"),
            ("\"EUR\"", "\"EU\"", "\"EU\" is not a code"),
            ("CRDT", "CREDIT", "\"CREDIT\" is not a code on the agreed list; expected CRDT or DBIT"),
            ("<CdtDbtInd>CRDT</CdtDbtInd>", "", "CdtDbtInd is missing"),
            ("2026-03-05", "2026-02-30", "BookgDt \"2026-02-30\" is not a date"),
            ("2026-03-05", "9999-99-99", "is not a date"),
        ] {
            let bad = good.replace(from, to);
            let entries = format!("<Ntry>{good}</Ntry><Ntry>{bad}<NtryRef>R7</NtryRef></Ntry><Ntry>{good}</Ntry>");
            let read = read_camt(wrap("054", "BkToCstmrDbtCdtNtfctn><Ntfctn", "", &entries).as_bytes());
            assert_eq!((read.findings.len(), read.statements[0].entries.len()), (0, 2), "{to}");
            let [refused] = &read.refused[..] else { panic!("{to}: {:?}", read.refused) };
            assert!(refused.words.contains(said) && refused.words.contains("Ntry[2]"), "{to}: {}", refused.words);
            assert!(refused.words.ends_with("(entry R7)"), "{}", refused.words);
        }
        let pending = format!("<Ntry>{}</Ntry>", good.replace("BOOK", "PDNG"));
        let read = read_camt(wrap("054", "BkToCstmrDbtCdtNtfctn><Ntfctn", "", &pending).as_bytes());
        assert!(read.pending[0].ends_with("Ntry: 100.00 EUR is pending (PDNG)"), "{:?}", read.pending);
        assert_eq!((read.statements[0].entries.len(), read.refused.len()), (0, 0));
    }

    #[test]
    fn transactions_that_share_a_reference_are_several() {
        let entry = "<Ntry><Amt Ccy=\"EUR\">30</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><AcctSvcrRef>B1</AcctSvcrRef>\
                     <NtryDtls><TxDtls><Amt Ccy=\"EUR\">10</Amt></TxDtls><TxDtls><Amt Ccy=\"EUR\">20</Amt></TxDtls></NtryDtls></Ntry>";
        let read = read_camt(wrap("054", "BkToCstmrDbtCdtNtfctn><Ntfctn", "", entry).as_bytes());
        let ids: Vec<&str> = read.statements[0].entries.iter().filter_map(|entry| entry.id.as_deref()).collect();
        assert_eq!(ids, ["B1", "B1/2"]);
        let other = entry.replace(">20<", ">21<");
        let read = read_camt(wrap("054", "BkToCstmrDbtCdtNtfctn><Ntfctn", "", &other).as_bytes());
        assert_eq!(read.statements[0].entries.len(), 1, "it stays one booking");
        assert!(!read.findings[0].is_error());
    }

    fn said(entry: &BankEntry) -> String {
        let charges = entry.charges.map(|amount| format!("charges {amount} ")).unwrap_or_default();
        let back = entry.return_reason.as_ref().map(|reason| format!("returned {reason} ")).unwrap_or_default();
        let item = |item: &RemittanceItem| {
            format!("{}={}", item.reference.as_deref().unwrap_or_default(), item.gross.unwrap_or_default())
        };
        let items = entry.items.iter().map(item).chain(entry.text.iter().cloned()).collect::<Vec<_>>().join(" ");
        format!(
            "{} {} {charges}{back}{} {} {items}",
            entry.credit_debit.as_deref().unwrap_or_default(),
            entry.amount.unwrap_or_default(),
            entry.traces.first().map_or("", String::as_str),
            entry.counterparty.as_deref().unwrap_or_default(),
        )
    }

    fn wrap(version: &str, body: &str, before: &str, entries: &str) -> String {
        let ends: Vec<String> = {
            let names: Vec<&str> = body.split("><").collect();
            names.iter().rev().map(|name| format!("</{name}>")).collect()
        };
        format!(
            "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.{version}.001.08\"><{body}><Id>S1</Id>\
             <CreDtTm>2026-03-05T08:00:00Z</CreDtTm><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>\
             {before}{entries}{}</Document>",
            ends.concat()
        )
    }

    const NOTIFIED: &str = r#"<Ntry><Amt Ccy="EUR">985.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>2026-03-05</Dt></BookgDt><Chrgs><Rcrd><Amt Ccy="EUR">15.00</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>
        <NtryDtls><TxDtls><Refs><EndToEndId>T1</EndToEndId></Refs><Amt Ccy="EUR">1000.00</Amt>
        <RltdPties><Dbtr><Pty><Nm>Acme</Nm></Pty></Dbtr></RltdPties>
        <RmtInf><Strd><RfrdDocInf><Nb>100234</Nb></RfrdDocInf><RfrdDocAmt><DuePyblAmt Ccy="EUR">1000.00</DuePyblAmt></RfrdDocAmt></Strd></RmtInf>
        </TxDtls></NtryDtls></Ntry>
        <Ntry><Amt Ccy="EUR">740.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><NtryDtls>
        <TxDtls><Refs><EndToEndId>T2</EndToEndId></Refs><Amt Ccy="EUR">700.00</Amt><RltdPties><Dbtr><Nm>Nord</Nm></Dbtr></RltdPties></TxDtls>
        <TxDtls><Refs><EndToEndId>T3</EndToEndId></Refs><Amt Ccy="EUR">40.50</Amt><RltdPties><Dbtr><Nm>Süd</Nm></Dbtr></RltdPties>
        <RmtInf><Ustrd>INV 7</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
        <Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts></Ntry>
        <Ntry><Amt Ccy="EUR">700.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts>BOOK</Sts><NtryDtls>
        <TxDtls><Refs><EndToEndId>T2</EndToEndId></Refs><RltdPties><Cdtr><Nm>Nord</Nm></Cdtr></RltdPties>
        <RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>"#;
}
