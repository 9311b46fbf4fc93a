//! Documents as partners would write them, made to measure, and a plain reader of answers that shares no code with ours.

use std::fmt::Write as _;

/// An interchange of orders: `sets` 850s in one group. Every number in it follows from `control`.
pub fn orders_x12(sender: &str, receiver: &str, control: u32, sets: u32) -> String {
    let mut text = isa(sender, receiver, control, 'P');
    let _ = write!(text, "GS*PO*{sender}*{receiver}*20261123*1030*{control}*X*004010~");
    for set in 1..=sets {
        order_set(&mut text, control, set);
    }
    let _ = write!(text, "GE*{sets}*{control}~IEA*1*{control:09}~");
    text
}

/// ISA with both ids under qualifier ZZ.
pub fn isa(sender: &str, receiver: &str, control: u32, usage: char) -> String {
    format!(
        "ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*261123*1030*U*00401*{control:09}*0*{usage}*>~"
    )
}

fn order_set(text: &mut String, control: u32, set: u32) {
    let number = order_number(control, set);
    let _ = write!(
        text,
        "ST*850*{set:04}~BEG*00*SA*{number}**20261123~CUR*BY*USD~REF*DP*042~DTM*002*20261207~\
         N1*BY*Acme Retail*92*001~N1*ST*Acme Warehouse 7*92*007~N3*1 Dock Road~N4*Springfield*IL*62701*US~\
         PO1*1*10*EA*4.25**VP*BOLT-10*UP*012345678905~PID*F****Hex bolt 10 mm~\
         PO1*2*3*CA*99.5**VP*NUT-10~PID*F****Hex nut 10 mm~CTT*2*13~SE*15*{set:04}~"
    );
}

/// The purchase order number of one set of [`orders_x12`].
pub fn order_number(control: u32, set: u32) -> String {
    format!("PO-{control}-{set}")
}

/// An EDIFACT interchange of D.96A ORDERS.
pub fn orders_edifact(sender: &str, receiver: &str, reference: &str, messages: u32) -> String {
    let mut text = format!("UNB+UNOC:3+{sender}:14+{receiver}:14+261123:1030+{reference}'");
    for message in 1..=messages {
        let _ = write!(
            text,
            "UNH+{message}+ORDERS:D:96A:UN:EAN008'BGM+220+EPO-{reference}-{message}+9'DTM+137:20261123:102'\
             DTM+2:20261207:102'NAD+BY+5412345000013::9'NAD+SU+4012345500004::9'NAD+DP+5412345000020::9'\
             CUX+2:EUR:9'LIN+1++4000862141404:EN'IMD+F++:::Hex bolt 10 mm'QTY+21:48'PRI+AAA:1.95'UNS+S'CNT+2:1'\
             UNT+15+{message}'"
        );
    }
    let _ = write!(text, "UNZ+{messages}+{reference}'");
    text
}

/// One segment of an answer, cut at its separators.
pub type Segment = Vec<String>;

/// Cuts an X12 or EDIFACT answer as we write them into segments and elements.
pub fn segments(answer: &str) -> Vec<Segment> {
    let (end, element) =
        if answer.starts_with("ISA") { ('~', answer.chars().nth(3).unwrap_or('*')) } else { ('\'', '+') };
    answer
        .split(end)
        .map(str::trim)
        .filter(|segment| !segment.is_empty())
        .map(|segment| segment.split(element).map(str::to_owned).collect())
        .collect()
}

/// The segments with one tag.
pub fn tagged(answer: &str, tag: &str) -> Vec<Segment> {
    segments(answer).into_iter().filter(|segment| segment[0] == tag).collect()
}
