//! What many documents hold: head, parties, references, dates, adjustments, taxes, terms.
//!
//! Codes that a shared table knows are words here (`ship_to`); a code that no table knows stands as it came.

use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

use super::record::records;

records! {
    /// What every document opens with.
    Head {
        /// The document's own number: BEG03, BIG02, BSN02, TRN02 where it has no other; BGM 1004.
        number: Option<String>,
        /// Who keeps the list of kinds, and the kind in words: C002 3055 and 1000.
        type_agency: Option<String>,
        type_name: Option<String>,
        /// Date of issue: BEG05, BIG01; DTM+137.
        date: Option<Date>,
        /// Time of issue, in the sender's zone unless `zone` says otherwise.
        time: Option<Time>,
        /// `original`, `cancel`, `change`, `replace`, `confirm`, `duplicate`, `copy`; X12 353, EDIFACT 1225.
        purpose: Option<String>,
        /// Which answer is wanted: BEG07 (587), BGM 4343.
        acknowledge: Option<String>,
        /// ISO 4217: CUR02, CUX C504 6345.
        currency: Option<String>,
        /// The other currency: CUX, second C504.
        target_currency: Option<String>,
        /// What one unit of the foreign currency costs: CUR03, CUX 5402.
        exchange_rate: Option<Decimal>,
        /// Sent as a test: ISA15 `T`, UNB 0035.
        test: Option<bool>,
        /// Everyone the document names.
        parties: Vec<Party>,
        /// Whom to ask about the document: PER, CTA in the head.
        contacts: Vec<Contact>,
        /// Numbers of other documents and things: REF, RFF.
        references: Vec<Reference>,
        /// DTM and its likes.
        dates: Vec<DateMark>,
        /// Free text: NTE, N9 with MSG, FTX.
        notes: Vec<Note>,
    }

    /// Someone a document names: N1 loop, NAD group.
    Party {
        /// `buyer`, `seller`, `ship_to`, `ship_from`, `bill_to`, `remit_to`, `payer`, `payee`, ...; X12 98, EDIFACT 3035.
        role: Option<String>,
        /// Trading name: N102, C080.
        name: Option<String>,
        /// A person's other names: NM104, NM105.
        given_name: Option<String>,
        middle_name: Option<String>,
        /// NM102 (1065): person or organisation.
        entity_type: Option<String>,
        /// Further lines of the name: N2, C080 3036 after the first.
        names: Vec<String>,
        /// Name in the register (XML BT-27, BT-44).
        legal_name: Option<String>,
        /// Legal form and capital as text (BT-33).
        legal_form: Option<String>,
        /// Number in the register (BT-30, BT-47).
        legal_id: Option<Identifier>,
        /// VAT number (BT-31, BT-48; RFF+VA).
        vat_number: Option<String>,
        vat_date: Option<Date>,
        /// Other tax number (BT-32; RFF+FC).
        tax_number: Option<String>,
        /// Electronic address (BT-34, BT-49).
        endpoint: Option<Identifier>,
        /// Who this is, by scheme: N103/N104, C082.
        ids: Vec<Identifier>,
        address: Option<Address>,
        contacts: Vec<Contact>,
        /// REF in the N1 loop, RFF in the NAD group.
        references: Vec<Reference>,
        /// Accounts at banks: FII in the NAD group.
        accounts: Vec<Account>,
        dates: Vec<DateMark>,
        /// LOC in the NAD group.
        locations: Vec<Location>,
        notes: Vec<Note>,
    }

    /// An identification and whose scheme it follows.
    Identifier {
        /// `duns`, `gln`, `seller`, `buyer`, `scac`, ... or the raw code; X12 66, EDIFACT 3055, ISO 6523 in XML.
        scheme: Option<String>,
        id: Option<String>,
        /// The code list: C082 1131.
        list: Option<String>,
    }

    /// N3 and N4; NAD C059 and the elements after it.
    Address {
        /// Name and address as unstructured lines: C058.
        lines: Vec<String>,
        street: Vec<String>,
        /// House number where it stands apart from the street (cbc:BuildingNumber).
        building: Option<String>,
        city: Option<String>,
        district: Option<String>,
        region: Option<String>,
        postal: Option<String>,
        /// ISO 3166-1, two letters where the sender keeps to it.
        country: Option<String>,
        /// Whose scheme `place` follows: N405, 3225's list.
        place_scheme: Option<String>,
        /// A location code beside the address: N406, LOC.
        place: Option<String>,
    }

    /// Someone to talk to: PER, CTA with COM.
    Contact {
        /// What the person is there for: PER01, CTA 3139.
        function: Option<String>,
        /// Department or number of the person: CTA C056 3413.
        id: Option<String>,
        name: Option<String>,
        phone: Option<String>,
        fax: Option<String>,
        email: Option<String>,
        /// Any further channels, raw code and number: PER03 to PER08, COM.
        channels: Vec<Channel>,
    }

    /// A number with its raw qualifier.
    Channel {
        /// X12 365 or 128, EDIFACT 3155.
        kind: Option<String>,
        value: Option<String>,
    }

    /// The number of something else.
    Reference {
        /// `order`, `contract`, `invoice`, `shipment`, `bill_of_lading`, `department`, ... or the raw code.
        kind: Option<String>,
        value: Option<String>,
        /// Whose numbers these are where the standard says it (BT-18-1).
        scheme: Option<String>,
        /// A line in the document referred to: C506 1156.
        line: Option<String>,
        date: Option<Date>,
        time: Option<Time>,
        /// REF03, and the name of a supporting document.
        description: Option<String>,
        /// A document type code where the standard wants one (UNCL 1001 in XML).
        r#type: Option<String>,
        /// Revision: C506 4000.
        version: Option<String>,
        /// Where the thing lies (BT-124).
        uri: Option<String>,
        /// The name of a file that came inside the document; its bytes stay in the stored document (BT-125).
        attachment: Option<String>,
        /// Further numbers of the same thing: REF04.
        further: Vec<Channel>,
        dates: Vec<DateMark>,
        notes: Vec<Note>,
    }

    /// A date with its meaning; every date keeps the precision it came with.
    DateMark {
        /// `delivery_requested`, `ship_not_before`, `shipped`, ... or the raw code; X12 374, EDIFACT 2005.
        kind: Option<String>,
        date: Option<Date>,
        time: Option<Time>,
        /// As on the wire: X12 623 (`ES`, `UT`).
        zone: Option<String>,
        /// The last day where this is a period.
        until: Option<Date>,
        until_time: Option<Time>,
        /// What is not a calendar date: a week, a number of days, a quarter; with its format.
        value: Option<String>,
        /// EDIFACT 2379, X12 1250, where `value` is used.
        format: Option<String>,
    }

    /// Free text.
    Note {
        /// What it is about: NTE01, FTX 4451, UNTDID 4451 in XML.
        code: Option<String>,
        /// A coded text: FTX C107 4441.
        reference: Option<String>,
        /// Whose code that is: C107 1131 and 3055.
        list: Option<String>,
        agency: Option<String>,
        /// N903, FTX 4453.
        subject: Option<String>,
        /// Lines are joined by line ends.
        text: Option<String>,
        language: Option<String>,
    }

    /// A first and a last day.
    Period {
        start: Option<Date>,
        end: Option<Date>,
        /// What decides when tax falls due (UNTDID 2005/2475 in XML, BT-8).
        code: Option<String>,
    }

    /// An allowance or charge: SAC, ALC group, cac:AllowanceCharge.
    Adjustment {
        /// `allowance`, `charge`, `none`, `service`.
        kind: Option<String>,
        /// What for: SAC02 (1300), ALC 7161, UNCL 5189/7161.
        code: Option<String>,
        /// An agency's own code: SAC03 and SAC04.
        agency: Option<String>,
        agency_code: Option<String>,
        /// Positive; `kind` carries the sign.
        amount: Option<Decimal>,
        /// The amount a percentage is taken of.
        base: Option<Decimal>,
        percent: Option<Decimal>,
        /// What the percentage is of: SAC06 (378).
        percent_basis: Option<String>,
        /// Amount per unit: SAC08, MOA+8 per QTY.
        rate: Option<Decimal>,
        quantity: Option<Decimal>,
        quantity_until: Option<Decimal>,
        unit: Option<String>,
        /// How it is settled: SAC12 (331), ALC 4471.
        method: Option<String>,
        /// A number it refers to: SAC13, ALC C552 1230.
        reference: Option<String>,
        option: Option<String>,
        reason: Option<String>,
        /// In which order several are reckoned: ALC 1227.
        sequence: Option<String>,
        tax: Option<Tax>,
        taxes: Vec<Tax>,
        language: Option<String>,
        amounts: Vec<Amount>,
        dates: Vec<DateMark>,
        references: Vec<Reference>,
        notes: Vec<Note>,
    }

    /// A tax or the exemption from it: TXI, TAX group, cac:TaxSubtotal.
    Tax {
        /// `vat`, `gst`, `sales`, ... or the raw code; TXI01 (963), TAX 5153.
        r#type: Option<String>,
        /// C243 5279.
        code: Option<String>,
        /// UNCL 5305: S, Z, E, AE, K, G, O, L, M.
        category: Option<String>,
        /// Percent.
        rate: Option<Decimal>,
        /// What the tax is reckoned on.
        taxable: Option<Decimal>,
        amount: Option<Decimal>,
        /// TXI06 (441).
        exemption_code: Option<String>,
        exemption: Option<String>,
        /// TXI04, TXI05.
        jurisdiction_scheme: Option<String>,
        jurisdiction: Option<String>,
        /// TXI07 (662): whether the price holds the tax.
        included: Option<String>,
        /// TXI09, TAX 3446: the number one is registered under.
        registration: Option<String>,
        /// TXI10.
        line: Option<String>,
        currency: Option<String>,
        notes: Vec<Note>,
    }

    /// When to pay and what is granted for paying early: ITD, PAT group, cac:PaymentTerms.
    Terms {
        /// `basic`, `discount`, ... or the raw code; ITD01 (336), PAT 4279.
        r#type: Option<String>,
        /// From when days count: ITD02 (333), C112 2475.
        basis: Option<String>,
        due_date: Option<Date>,
        net_days: Option<i64>,
        discount_percent: Option<Decimal>,
        discount_days: Option<i64>,
        discount_date: Option<Date>,
        discount_amount: Option<Decimal>,
        /// The amount the discount is taken of.
        discountable: Option<Decimal>,
        /// ITD10 (deferred amount due) and ITD09 (deferred due date).
        deferred_amount: Option<Decimal>,
        deferred_date: Option<Date>,
        /// Percent of the invoice payable: ITD11.
        percent: Option<Decimal>,
        /// ITD13: day of the month.
        day_of_month: Option<i64>,
        /// ITD14: how payment is made.
        method: Option<String>,
        note: Option<String>,
        /// A code for the terms as a whole: C110 4277.
        code: Option<String>,
        /// C112 2009 and 2151 where the days are not counted from the invoice.
        relation: Option<String>,
        period: Option<String>,
        periods: Option<i64>,
        dates: Vec<DateMark>,
        percents: Vec<Percent>,
        amounts: Vec<Amount>,
    }

    /// A percentage with its meaning: PCD.
    Percent {
        kind: Option<String>,
        value: Option<Decimal>,
        /// What it is of: 5249.
        basis: Option<String>,
    }

    /// An amount with its meaning that has no name of its own: AMT, MOA.
    Amount {
        /// X12 522, EDIFACT 5025.
        kind: Option<String>,
        amount: Option<Decimal>,
        currency: Option<String>,
        /// AMT03, MOA 6343.
        credit_debit: Option<String>,
    }

    /// A quantity with its meaning that has no name of its own: QTY, CNT.
    Quantity {
        /// X12 673, EDIFACT 6063.
        kind: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        dates: Vec<DateMark>,
    }

    /// A measurement: MEA, TD1, weights and volumes.
    Measure {
        /// X12 737, EDIFACT 6311: what is measured (weights, dimensions).
        scope: Option<String>,
        /// X12 738, EDIFACT 6313: which of them (gross, net, height).
        kind: Option<String>,
        /// C502 6321: at least, about, at most.
        significance: Option<String>,
        value: Option<Decimal>,
        minimum: Option<Decimal>,
        maximum: Option<Decimal>,
        unit: Option<String>,
        /// What is not a number.
        text: Option<String>,
    }

    /// Who carries it and how: TD5, TDT.
    Carrier {
        /// Position in the route: TD501, TDT 8051.
        sequence: Option<String>,
        /// Whose code: TD502 (66), C040 3055.
        scheme: Option<String>,
        /// SCAC or whatever `scheme` says.
        id: Option<String>,
        name: Option<String>,
        /// TD504 (91), TDT 8067.
        mode: Option<String>,
        /// TD505: routing in words.
        routing: Option<String>,
        /// TD506 (368): shipment or order status.
        status: Option<String>,
        /// Service level: TD512 (284).
        service: Option<String>,
        location_scheme: Option<String>,
        location: Option<String>,
        /// TD509 (731), TDT 8101.
        direction: Option<String>,
        /// Transit time: TD510, TD511.
        transit_unit: Option<String>,
        transit: Option<Decimal>,
        /// TDT 8028: voyage, flight or trip number.
        journey: Option<String>,
        /// TDT C222: the vehicle or vessel; CAD02 and CAD03.
        vehicle_owner: Option<String>,
        vehicle: Option<String>,
        /// CAD07 and CAD08.
        reference_kind: Option<String>,
        reference: Option<String>,
        locations: Vec<Location>,
        dates: Vec<DateMark>,
    }

    /// A vehicle or container: TD3, EQD with SEL.
    Equipment {
        /// X12 40, EDIFACT 8053.
        kind: Option<String>,
        initial: Option<String>,
        number: Option<String>,
        seals: Vec<String>,
        weight: Option<Decimal>,
        weight_kind: Option<String>,
        weight_unit: Option<String>,
        ownership: Option<String>,
        size: Option<String>,
        measures: Vec<Measure>,
    }

    /// Who pays the freight and where risk passes: FOB, TOD.
    DeliveryTerms {
        /// Who pays: FOB01 (146), TOD 4215.
        payment: Option<String>,
        /// Incoterm: FOB05, C100 4053.
        code: Option<String>,
        code_list: Option<String>,
        locations: Vec<Location>,
        /// What `code` is coded by: FOB04 (334).
        code_scheme: Option<String>,
        location_kind: Option<String>,
        location: Option<String>,
        title_kind: Option<String>,
        title: Option<String>,
        risk: Option<String>,
        function: Option<String>,
        text: Option<String>,
    }

    /// An account at a bank: BPR06 to BPR15, FII.
    Account {
        /// Whose: EDIFACT 3035 (`OR`, `BF`, `RB`).
        role: Option<String>,
        bank_list: Option<String>,
        bank_scheme: Option<String>,
        /// ABA number, BIC or sort code.
        bank: Option<String>,
        bank_name: Option<String>,
        bank_place: Option<String>,
        /// BPR08 (569): demand deposit, savings.
        kind: Option<String>,
        /// Account number or IBAN.
        number: Option<String>,
        holder: Option<String>,
        branch: Option<String>,
        country: Option<String>,
        currency: Option<String>,
    }

    /// How payment is to be made: cac:PaymentMeans, PAI, BPR in an advice.
    Payment {
        /// UNCL 4461 in XML and EDIFACT.
        method: Option<String>,
        text: Option<String>,
        /// What the payer is to quote (BT-83).
        reference: Option<String>,
        account: Option<String>,
        account_name: Option<String>,
        bank: Option<String>,
        card: Option<String>,
        card_holder: Option<String>,
        mandate: Option<String>,
        payer_account: Option<String>,
        conditions: Option<String>,
        guarantee: Option<String>,
        channel: Option<String>,
    }

    /// Packaging and what it weighs: TD1, PAC with MEA.
    Packaging {
        /// X12 103, EDIFACT 7065.
        code: Option<String>,
        count: Option<Decimal>,
        quantities: Vec<Quantity>,
        commodity_scheme: Option<String>,
        commodity: Option<String>,
        description: Option<String>,
        level: Option<String>,
        terms: Option<String>,
        weight_kind: Option<String>,
        weight: Option<Decimal>,
        weight_unit: Option<String>,
        volume: Option<Decimal>,
        volume_unit: Option<String>,
        measures: Vec<Measure>,
        marks: Vec<Mark>,
    }

    /// A mark or label: MAN, PCI with GIN.
    Mark {
        /// X12 88, EDIFACT 4233 or 7405.
        qualifier: Option<String>,
        id: Option<String>,
        until: Option<String>,
        /// A second pair: MAN04 to MAN06.
        second_qualifier: Option<String>,
        second_id: Option<String>,
        second_until: Option<String>,
        text: Vec<String>,
        /// Numbers on the label: GIN after PCI.
        ids: Vec<Identifier>,
        references: Vec<Reference>,
    }

    /// A place with its meaning: LOC, FOB.
    Location {
        /// X12 309, EDIFACT 3227.
        kind: Option<String>,
        scheme: Option<String>,
        id: Option<String>,
        name: Option<String>,
        /// Places inside it: LOC C519 and C553.
        within: Option<String>,
        dates: Vec<DateMark>,
    }
}
