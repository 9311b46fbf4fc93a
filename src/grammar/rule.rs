//! What one element must look like, and which elements go together: the vocabulary of both standards in one table.

/// How a value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// X12 AN, EDIFACT an.
    #[default]
    Text,
    /// X12 ID: from a list of codes.
    Code,
    /// EDIFACT a.
    Letters,
    /// X12 Nn: digits with so many implied decimals.
    Implied(u8),
    /// X12 R, EDIFACT n: digits with a decimal mark where needed.
    Decimal,
    /// X12 DT: YYMMDD or CCYYMMDD.
    Date,
    /// X12 TM: HHMM, HHMMSS, HHMMSSD, HHMMSSDD.
    Time,
    /// X12 B.
    Binary,
    /// Made of components.
    Composite,
}

/// Characters of text, digits of a number (its sign and decimal mark do not count).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Length {
    pub min: u16,
    pub max: u32,
}

/// The five conditions of X12 (X12.6, 3.8.3.2 and its kin), over elements that are present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoteKind {
    /// P: if one is there, all are.
    #[default]
    AllOrNone,
    /// R: at least one is there.
    AtLeastOne,
    /// E: not more than one is there.
    AtMostOne,
    /// C: if the first is there, so are all others.
    FirstNeedsAll,
    /// L: if the first is there, so is at least one other.
    FirstNeedsOne,
}

/// A condition with its positions as bits: bit 0 is position 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Note {
    pub kind: NoteKind,
    /// The position named first, as a bit.
    pub first: u64,
    /// The others, as bits.
    pub others: u64,
}

impl Note {
    /// Reads the digits of a note as printed: `0304`.
    pub fn new(kind: NoteKind, digits: &str) -> Option<Self> {
        let mut note = Self { kind, ..Self::default() };
        for pair in digits.as_bytes().chunks(2) {
            let &[tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = pair else { return None };
            let position = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
            if !(1..=64).contains(&position) {
                return None;
            }
            let bit = 1 << (position - 1);
            if note.first == 0 { note.first = bit } else { note.others |= bit }
        }
        (note.others != 0).then_some(note)
    }

    /// A note by its name as printed: `P0304`.
    pub fn named(name: &str) -> Option<Self> {
        let kind = match name.chars().next()?.to_ascii_uppercase() {
            'P' => NoteKind::AllOrNone,
            'R' => NoteKind::AtLeastOne,
            'E' => NoteKind::AtMostOne,
            'C' => NoteKind::FirstNeedsAll,
            'L' => NoteKind::FirstNeedsOne,
            _ => return None,
        };
        Self::new(kind, name.get(1..)?)
    }

    /// Every position it names.
    pub const fn all(&self) -> u64 {
        self.first | self.others
    }

    /// Whether the elements that are present keep the note.
    pub const fn holds(&self, present: u64) -> bool {
        let found = present & self.all();
        match self.kind {
            NoteKind::AllOrNone => found == 0 || found == self.all(),
            NoteKind::AtLeastOne => found != 0,
            NoteKind::AtMostOne => found & found.wrapping_sub(1) == 0,
            NoteKind::FirstNeedsAll => present & self.first == 0 || found == self.all(),
            NoteKind::FirstNeedsOne => present & self.first == 0 || found & self.others != 0,
        }
    }
}

/// As printed: `P0304`. The order of the others is not kept; it means nothing.
impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.kind {
            NoteKind::AllOrNone => "P",
            NoteKind::AtLeastOne => "R",
            NoteKind::AtMostOne => "E",
            NoteKind::FirstNeedsAll => "C",
            NoteKind::FirstNeedsOne => "L",
        })?;
        write!(f, "{:02}", self.first.trailing_zeros() + 1)?;
        (0..64).filter(|bit| self.others >> bit & 1 == 1).try_for_each(|bit| write!(f, "{:02}", bit + 1))
    }
}
