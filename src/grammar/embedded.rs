//! The grammars that the binary carries: every file under `grammars/`, by its path there.

macro_rules! files {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../grammars/", $path)))),*]
    };
}

/// Path under `grammars/` and text. A test keeps it complete.
pub(super) const FILES: &[(&str, &str)] = files! {
    "edifact/D.01B/APERAK.grammar"
    "edifact/D.01B/DESADV.grammar"
    "edifact/D.01B/INVOIC.grammar"
    "edifact/D.01B/INVRPT.grammar"
    "edifact/D.01B/ORDCHG.grammar"
    "edifact/D.01B/ORDERS.grammar"
    "edifact/D.01B/ORDRSP.grammar"
    "edifact/D.01B/RECADV.grammar"
    "edifact/D.01B/REMADV.grammar"
    "edifact/D.01B/elements.dict"
    "edifact/D.01B/segments.dict"
    "edifact/D.96A/APERAK.grammar"
    "edifact/D.96A/DESADV.grammar"
    "edifact/D.96A/INVOIC.grammar"
    "edifact/D.96A/INVRPT.grammar"
    "edifact/D.96A/ORDCHG.grammar"
    "edifact/D.96A/ORDERS.grammar"
    "edifact/D.96A/ORDRSP.grammar"
    "edifact/D.96A/RECADV.grammar"
    "edifact/D.96A/REMADV.grammar"
    "edifact/D.96A/elements.dict"
    "edifact/D.96A/segments.dict"
    "edifact/service-4/CONTRL.grammar"
    "edifact/service-4/elements.dict"
    "edifact/service-4/segments.dict"
    "edifact/service/CONTRL.grammar"
    "edifact/service/elements.dict"
    "edifact/service/segments.dict"
    "x12/004010/810.grammar"
    "x12/004010/812.grammar"
    "x12/004010/820.grammar"
    "x12/004010/823.grammar"
    "x12/004010/824.grammar"
    "x12/004010/846.grammar"
    "x12/004010/850.grammar"
    "x12/004010/855.grammar"
    "x12/004010/856.grammar"
    "x12/004010/860.grammar"
    "x12/004010/861.grammar"
    "x12/004010/865.grammar"
    "x12/004010/940.grammar"
    "x12/004010/945.grammar"
    "x12/004010/997.grammar"
    "x12/004010/elements.dict"
    "x12/004010/segments.dict"
    "x12/005010/810.grammar"
    "x12/005010/812.grammar"
    "x12/005010/820.grammar"
    "x12/005010/823.grammar"
    "x12/005010/824.grammar"
    "x12/005010/846.grammar"
    "x12/005010/850.grammar"
    "x12/005010/855.grammar"
    "x12/005010/856.grammar"
    "x12/005010/860.grammar"
    "x12/005010/861.grammar"
    "x12/005010/865.grammar"
    "x12/005010/940.grammar"
    "x12/005010/945.grammar"
    "x12/005010/997.grammar"
    "x12/005010/999.grammar"
    "x12/005010/elements.dict"
    "x12/005010/segments.dict"
    "x12/control/TA1.grammar"
    "x12/control/elements.dict"
    "x12/control/segments.dict"
};

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::FILES;

    #[test]
    fn every_file_under_grammars_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars");
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "grammar" || extension == "dict") {
                    found.push(path.strip_prefix(&root).expect("below").to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        assert_eq!(found, FILES.iter().map(|(path, _)| *path).collect::<Vec<_>>());
    }
}
