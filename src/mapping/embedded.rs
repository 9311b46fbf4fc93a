//! The maps and tables that the binary carries: every file under `mappings/`, by its path there.

macro_rules! files {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../mappings/", $path)))),*]
    };
}

/// Path under `mappings/` and text. A test keeps it complete.
pub(super) const FILES: &[(&str, &str)] = files! {
    "cii/D16B/CrossIndustryInvoice.map"
    "edifact/D.01B/APERAK.map"
    "edifact/D.01B/DESADV.map"
    "edifact/D.01B/INVOIC.map"
    "edifact/D.01B/INVRPT.map"
    "edifact/D.01B/ORDCHG.map"
    "edifact/D.01B/ORDERS.map"
    "edifact/D.01B/ORDRSP.map"
    "edifact/D.01B/RECADV.map"
    "edifact/D.01B/REMADV.map"
    "edifact/D.96A/APERAK.map"
    "edifact/D.96A/DESADV.map"
    "edifact/D.96A/INVOIC.map"
    "edifact/D.96A/INVRPT.map"
    "edifact/D.96A/ORDCHG.map"
    "edifact/D.96A/ORDERS.map"
    "edifact/D.96A/ORDRSP.map"
    "edifact/D.96A/RECADV.map"
    "edifact/D.96A/REMADV.map"
    "tables/advice.table"
    "tables/allowance.table"
    "tables/change.table"
    "tables/condition.table"
    "tables/date.table"
    "tables/decision.table"
    "tables/id-scheme.table"
    "tables/invoice-type.table"
    "tables/order-type.table"
    "tables/party.table"
    "tables/payment.table"
    "tables/purpose.table"
    "tables/reference.table"
    "tables/shipment.table"
    "tables/stock.table"
    "tables/tax.table"
    "tables/unit.table"
    "tables/warehouse.table"
    "ubl/2.1/CreditNote.map"
    "ubl/2.1/Invoice.map"
    "ubl/2.1/RemittanceAdvice.map"
    "x12/004010/810.map"
    "x12/004010/812.map"
    "x12/004010/820.map"
    "x12/004010/823.map"
    "x12/004010/824.map"
    "x12/004010/846.map"
    "x12/004010/850.map"
    "x12/004010/855.map"
    "x12/004010/856.map"
    "x12/004010/860.map"
    "x12/004010/861.map"
    "x12/004010/865.map"
    "x12/004010/940.map"
    "x12/004010/945.map"
    "x12/005010/810.map"
    "x12/005010/812.map"
    "x12/005010/820.map"
    "x12/005010/823.map"
    "x12/005010/824.map"
    "x12/005010/846.map"
    "x12/005010/850.map"
    "x12/005010/855.map"
    "x12/005010/856.map"
    "x12/005010/860.map"
    "x12/005010/861.map"
    "x12/005010/865.map"
    "x12/005010/940.map"
    "x12/005010/945.map"
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    #[test]
    fn every_file_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
        let mut found = BTreeSet::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
                let path: PathBuf = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "map" || e == "table") {
                    found.insert(path.strip_prefix(&root).expect("below").to_string_lossy().into_owned());
                }
            }
        }
        let carried: BTreeSet<String> = super::FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(found, carried);
    }
}
