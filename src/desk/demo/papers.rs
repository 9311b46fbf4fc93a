//! The papers of the play: documents that partners write by hand, and what they read in ours.

use jiff::Timestamp;

/// An X12 interchange with one group: `body` are the segments from ST to SE.
pub fn interchange(from: &str, code: &str, control: u32, now: Timestamp, body: &str) -> String {
    let moment = now.strftime("%y%m%d*%H%M");
    let stamp = now.strftime("%Y%m%d*%H%M");
    let us = "HARBOURGOODS";
    format!(
        "ISA*00*{0:10}*00*{0:10}*ZZ*{from:<15}*ZZ*{us:<15}*{moment}*U*00401*{control:09}*0*P*>~\
         GS*{code}*{from}*{us}*{stamp}*{control}*X*004010~{body}GE*1*{control}~IEA*1*{control:09}~",
        ""
    )
}

/// One transaction set with its count.
pub fn set(kind: &str, segments: &[String]) -> String {
    let body: String = segments.iter().map(|segment| format!("{segment}~")).collect();
    format!("ST*{kind}*0001~{body}SE*{}*0001~", segments.len() + 2)
}

/// An order of mugs and towels, by its number.
pub fn order(from: &str, number: &str, control: u32, now: Timestamp) -> String {
    let segments = [
        format!("BEG*00*SA*{number}**{}", now.strftime("%Y%m%d")),
        "CUR*BY*USD".into(),
        "N1*ST*DC 7*92*0007".into(),
        "PO1*1*24*EA*7.5**UP*061414100113*VN*HG-100".into(),
        "PO1*2*10*CA*62.40**UP*061414100182*VN*HG-220".into(),
        "CTT*2".into(),
    ];
    interchange(from, "PO", control, now, &set("850", &segments))
}

/// A paper whose days are told as if it were written today: those of `days` in it, as it writes them, for others.
pub fn of_today(paper: &[u8], days: &[(&str, String)]) -> Vec<u8> {
    // Bytes for characters and back: the paper may be in any character set that has the digits.
    let text: String = paper.iter().copied().map(char::from).collect();
    let text = days.iter().fold(text, |text, (written, day)| text.replace(written, day));
    text.chars().filter_map(|c| u8::try_from(c).ok()).collect()
}

/// The 997 that accepts an interchange of ours.
pub fn acknowledgement(from: &str, ours: &str, control: u32, now: Timestamp) -> String {
    let field = |tag: &str, at: usize| segment(ours, tag).and_then(|it| it.get(at).cloned()).unwrap_or_default();
    let segments = [
        format!("AK1*{}*{}", field("GS", 1), field("GS", 6)),
        format!("AK2*{}*{}", field("ST", 1), field("ST", 2)),
        "AK5*A".into(),
        "AK9*A*1*1*1".into(),
    ];
    interchange(from, "FA", control, now, &set("997", &segments))
}

/// The first segment with this tag, element by element.
pub fn segment(text: &str, tag: &str) -> Option<Vec<String>> {
    let found = text.split('~').map(|segment| segment.trim().split('*').map(str::to_owned).collect::<Vec<_>>());
    found.into_iter().find(|elements| elements.first().is_some_and(|first| first == tag))
}

/// The segments with one of these tags, as they are.
pub fn segments(text: &str, tags: &[&str]) -> String {
    let all = text.split(['~', '\'']).map(str::trim);
    let wanted = all.filter(|segment| tags.iter().any(|tag| segment.split(['*', '+']).next() == Some(tag)));
    wanted.collect::<Vec<_>>().join("  ")
}
