//! What partners tell about documents: application advice, and acknowledgements.

use rust_decimal::Decimal;

use super::common::{Amount, DateMark, Head, Note, Reference};
use super::record::records;

records! {
    /// 824, APERAK.
    ApplicationAdvice {
        ..head: Head,
        concerns: Option<Concern>,
        /// `accepted`, `accepted_with_errors`, `rejected`; OTI01 (110).
        decision: Option<String>,
        errors: Vec<ApplicationError>,
    }

    /// The document an advice is about.
    Concern {
        kind: Option<String>,
        number: Option<String>,
        group_control: Option<String>,
        set_control: Option<String>,
        /// OTI11.
        version: Option<String>,
        functional_id: Option<String>,
        reference_kind: Option<String>,
        amounts: Vec<Amount>,
        dates: Vec<DateMark>,
        references: Vec<Reference>,
    }

    /// TED loop; ERC group.
    ApplicationError {
        code: Option<String>,
        text: Option<String>,
        segment: Option<String>,
        position: Option<String>,
        element: Option<String>,
        value: Option<String>,
        /// TED08.
        corrected: Option<String>,
        amount: Option<Decimal>,
        references: Vec<Reference>,
        notes: Vec<Note>,
    }

    /// 997, 999, CONTRL as a document.
    Acknowledgement {
        ..head: Head,
        of: Option<Acknowledged>,
        /// `accepted`, `accepted_with_errors`, `partially_accepted`, `rejected`.
        disposition: Option<String>,
        sets: Vec<AcknowledgedSet>,
    }

    /// The group or interchange answered.
    Acknowledged {
        kind: Option<String>,
        group_control: Option<String>,
        functional_id: Option<String>,
        interchange_control: Option<String>,
    }

    AcknowledgedSet {
        r#type: Option<String>,
        control_number: Option<String>,
        disposition: Option<String>,
        findings: Vec<AcknowledgedFinding>,
    }

    /// AK3 with AK4; UCS with UCD.
    AcknowledgedFinding {
        code: Option<String>,
        segment: Option<String>,
        position: Option<i64>,
        r#loop: Option<String>,
        element: Option<i64>,
        component: Option<i64>,
        value: Option<String>,
    }
}
