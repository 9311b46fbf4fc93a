//! `[chart]` of `us.toml`: what our books call the accounts that the program posts to.

use crate::mistake::keys::Keys;
use crate::process::ledger::{Account, Chart};

/// `receivable = "140000 Debtors"`: a number, and where it has another name than ours, the name.
pub(super) fn read(keys: &mut Keys<'_>) -> Chart {
    let mut keys = keys.table("chart");
    let mut chart = Chart::default();
    for account in Account::ALL {
        let (number, name) = (chart.number(account).to_owned(), chart.name(account).to_owned());
        let meaning = "number and name in our books: \"140000 Debtors\"";
        let said = keys.or(account.word(), format!("{number} {name}"), meaning);
        let (given, called) = said.trim().split_once(char::is_whitespace).unwrap_or((said.trim(), &name));
        if given.is_empty() || said.chars().any(char::is_control) {
            let place = keys.span(account.word());
            keys.mistake(
                "value",
                place,
                format!("`chart.{}` wants a number, and may have a name", account.word()),
                None,
            );
            continue;
        }
        chart.set(account, given, called.trim());
    }
    keys.finish();
    chart
}

#[cfg(test)]
mod tests {
    use super::super::Us;
    use crate::process::ledger::Account;

    #[test]
    fn accounts_have_the_numbers_and_names_of_our_books() {
        let text = "name = \"Us\"\n[chart]\nreceivable = \"140000 Trade debtors\"\ncash = \"181000\"\n";
        let (us, told) = Us::read("us.toml", text);
        assert!(told.mistakes.is_empty(), "{:?}", told.mistakes);
        let said = |account| (us.chart.number(account), us.chart.name(account));
        assert_eq!(said(Account::Receivable), ("140000", "Trade debtors"));
        assert_eq!(said(Account::Cash), ("181000", "Cash"));
        assert_eq!(said(Account::Revenue), ("4000", "Revenue"));
    }

    #[test]
    fn what_is_no_account_is_told() {
        for (text, words) in [
            ("name = \"Us\"\n[chart]\nrecievable = \"140000\"\n", "did you mean `receivable`?"),
            ("name = \"Us\"\n[chart]\ncash = \"\"\n", "`chart.cash` wants a number"),
        ] {
            let (_, told) = Us::read("us.toml", text);
            let [mistake] = told.mistakes.as_slice() else { panic!("{:?}", told.mistakes) };
            assert!(mistake.render(text, false).contains(words), "{}", mistake.render(text, false));
        }
    }
}
