//! What partners tell about documents: application advice, and acknowledgements.

use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

use super::common::{Amount, Contact, DateMark, Head, Note, Party, Quantity, Reference};
use super::record::records;

records! {
    /// 824, APERAK.
    ApplicationAdvice {
        ..head: Head,
        /// BGN07 (640), BGM 1001.
        r#type: Option<String>,
        /// What is to be done: BGN08 (306).
        action: Option<String>,
        /// BGN06: an earlier advice.
        reference: Option<String>,
        /// The zone of the time of issue: BGN05 (623).
        zone: Option<String>,
        /// The document an advice is about; the first of `documents`.
        concerns: Option<Concern>,
        /// `accepted`, `accepted_with_changes`, `accepted_with_errors`, `rejected`, alone or with what they are said of
        /// (`item_rejected`); the worst of `documents`. OTI01 (110), BGM 1225.
        decision: Option<String>,
        /// Everything the advice is about, one for each OTI.
        documents: Vec<Concern>,
        quantities: Vec<Quantity>,
        errors: Vec<ApplicationError>,
    }

    /// The document an advice is about.
    Concern {
        /// Names it among the `documents` of this advice: `errors[].document`.
        position: Option<String>,
        /// As its own standard says it: OTI10 (`810`), DOC 1001 (`380`).
        kind: Option<String>,
        /// OTI03, RFF+ACW, DOC 1004.
        number: Option<String>,
        decision: Option<String>,
        sender: Option<String>,
        receiver: Option<String>,
        /// When its group was made: OTI06 and OTI07.
        date: Option<Date>,
        time: Option<Time>,
        group_control: Option<String>,
        set_control: Option<String>,
        /// OTI11.
        version: Option<String>,
        functional_id: Option<String>,
        /// What `number` is: OTI02 (128).
        reference_kind: Option<String>,
        purpose: Option<String>,
        r#type: Option<String>,
        application: Option<String>,
        action: Option<String>,
        handling: Option<String>,
        status_reason: Option<String>,
        contacts: Vec<Contact>,
        amounts: Vec<Amount>,
        quantities: Vec<Quantity>,
        dates: Vec<DateMark>,
        parties: Vec<Party>,
        references: Vec<Reference>,
    }

    /// TED loop; ERC group.
    ApplicationError {
        /// The one of `documents` it was found in.
        document: Option<String>,
        /// TED01 (647), ERC 9321: an agreed list.
        code: Option<String>,
        /// Whose list the code is from: C901 1131 and 3055.
        list: Option<String>,
        agency: Option<String>,
        text: Option<String>,
        segment: Option<String>,
        position: Option<String>,
        element: Option<String>,
        component: Option<String>,
        /// The number of the element in its standard: TED06.
        element_number: Option<String>,
        value: Option<String>,
        /// TED08.
        corrected: Option<String>,
        amount: Option<Decimal>,
        references: Vec<Reference>,
        notes: Vec<Note>,
        /// Further data about the error: RED.
        related: Vec<RelatedData>,
    }

    /// RED.
    RelatedData {
        text: Option<String>,
        /// RED02 (1609).
        kind: Option<String>,
        agency: Option<String>,
        source: Option<String>,
        /// RED05 (1270) and RED06.
        list: Option<String>,
        code: Option<String>,
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
