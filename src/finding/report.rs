//! A finding as the JSON that scripts read: named in full, with both standards' codes and the sentence.

use serde::Serialize;

use super::{Finding, Rules, Severity, Span};

/// The view `FINDING` of the command line's JSON; members absent from the document are `null`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report<'a> {
    pub fault: &'static str,
    /// The code of the level at which the finding is reported, as a 005010 acknowledgement says it.
    pub x12: &'static str,
    pub edifact: &'static str,
    pub severity: Severity,
    pub tag: &'a str,
    pub segment: u32,
    pub element: Option<u16>,
    pub component: Option<u16>,
    pub repetition: Option<u16>,
    #[serde(rename = "loop")]
    pub loop_id: Option<&'a str>,
    pub bytes: Span,
    pub value: Option<&'a str>,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'a str>,
}

/// The JSON view of a finding, with the codes of its own level.
pub fn report(finding: &Finding) -> Report<'_> {
    let place = &finding.place;
    Report {
        fault: finding.fault.name(),
        x12: finding.code_x12(finding.level(), Rules::V5010),
        edifact: finding.fault.code_edifact(),
        severity: finding.severity,
        tag: &place.tag,
        segment: place.segment,
        element: place.element,
        component: place.component,
        repetition: place.repetition,
        loop_id: place.loop_id.as_deref(),
        bytes: place.bytes,
        value: finding.value.as_deref(),
        message: finding.message(),
        rule: finding.rule.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Fault, Place};

    #[test]
    fn json_is_as_documented() {
        let mut place = Place::segment("PO1", 7, Span::new(400, 440)).element(3, Span::new(410, 412));
        place.loop_id = Some("PO1".into());
        let finding = Finding::error(Fault::CodeInvalid, place).with_value("XX");
        let json = serde_json::to_string(&report(&finding)).unwrap();
        let expected = concat!(
            r#"{"fault":"invalid-code","x12":"7","edifact":"12","severity":"error","tag":"PO1","segment":7,"element":3,"#,
            r#""component":null,"repetition":null,"loop":"PO1","bytes":[410,412],"value":"XX","#,
            r#""message":"PO1-03 (segment 7) \"XX\" is not a code on the agreed list"}"#
        );
        assert_eq!(json, expected);
    }

    #[test]
    fn findings_come_back_from_storage() {
        for &fault in Fault::ALL {
            let finding =
                Finding::warning(fault, Place::segment("PO1", 7, Span::new(1, 2))).with_value("é").expecting("x");
            let json = serde_json::to_string(&finding).unwrap();
            assert_eq!(serde_json::from_str::<Finding>(&json).unwrap(), finding);
        }
    }
}
