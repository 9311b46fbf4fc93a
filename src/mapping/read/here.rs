//! The segment at hand.

use crate::mapping::model::{NodeRow, Selector};
use crate::wire::{Components, Element, Segment};

/// A segment and its node, and what was looked at last in it: the lines of a node mostly differ in one and the same
/// code, and several parts look at one composite. It goes by reference: it is large, and asked for at every element.
pub(super) struct Here<'a> {
    pub segment: Segment<'a>,
    pub row: NodeRow,
    /// The composite at `cut_at`.
    cut: Components<'a>,
    cut_at: u8,
    /// The code at the position that a selector looked at last.
    code: &'a [u8],
    packed: Option<u64>,
    code_at: (u8, u8),
}

impl<'a> Here<'a> {
    pub fn of(segment: Segment<'a>, row: NodeRow) -> Self {
        // Position 0 is the tag: no selector and no composite stands there.
        let cut = Components::of(segment.element(0));
        Self { segment, row, cut, cut_at: 0, code: &[], packed: None, code_at: (0, 0) }
    }

    /// The element, or a component of its first repetition.
    #[inline]
    pub fn at(&mut self, element: u8, component: u8) -> Element<'a> {
        match component {
            0 => self.segment.element(usize::from(element)),
            _ => self.components(element).get(usize::from(component)),
        }
    }

    #[inline]
    pub fn components(&mut self, element: u8) -> &Components<'a> {
        if self.cut_at != element {
            self.cut_at = element;
            self.cut = Components::of(self.segment.element(usize::from(element)).first_repetition());
        }
        &self.cut
    }

    #[inline]
    pub fn fits(&mut self, selector: &Selector) -> bool {
        if self.code_at != (selector.element, selector.component) {
            self.code_at = (selector.element, selector.component);
            let raw = self.at(selector.element, selector.component).raw();
            self.code = if raw.last() == Some(&b' ') { raw.trim_ascii_end() } else { raw };
            self.packed = Selector::pack(self.code);
        }
        selector.takes(self.code, self.packed)
    }
}
