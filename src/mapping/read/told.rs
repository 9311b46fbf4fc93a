//! What a reading tells beside the document: places, what no line carries, and faults that only a map can see.

use super::{Here, Reader};
use crate::finding::{Fault, Finding, Place};
use crate::grammar::LoopId;
use crate::mapping::ledger::Unmapped;
use crate::wire::Element;

impl<'a> Reader<'a, '_> {
    pub(super) fn place(&self, here: &Here<'a>, element: u8, component: u8, at: &Element<'a>) -> Place {
        let mut place = Place::segment(here.segment.tag_text(), here.segment.position(), at.span());
        place.element = Some(u16::from(element));
        place.component = (component > 0).then_some(u16::from(component));
        if here.row.within != LoopId::ROOT {
            place.loop_id = Some(self.mapping.loops[here.row.within.index()].name.clone());
        }
        place
    }

    pub(super) fn unmapped(&mut self, here: &Here<'a>, element: u8, component: u8, at: &Element<'a>) {
        self.coverage.unmapped_count += 1;
        if self.detail.unmapped {
            let place = self.place(here, element, component, at);
            self.coverage.unmapped.push(Unmapped { place, value: at.text().as_ref().into() });
        }
    }

    /// Tells a fault unless the grammar told one at the same place.
    pub(super) fn tell(
        &mut self,
        fault: Fault,
        here: &Here<'a>,
        element: u8,
        component: u8,
        at: &Element<'a>,
        expected: Option<String>,
    ) {
        let position = here.segment.position();
        while self.checked.get(self.told).is_some_and(|finding| finding.place.segment < position) {
            self.told += 1;
        }
        let known =
            self.checked[self.told..].iter().take_while(|finding| finding.place.segment == position).any(|finding| {
                finding.place.element == Some(u16::from(element))
                    && finding.place.component.unwrap_or(0) == u16::from(component)
            });
        if known {
            return;
        }
        let mut finding = Finding::warning(fault, self.place(here, element, component, at)).with_value(&at.text());
        if let Some(expected) = expected {
            finding = finding.expecting(expected);
        }
        self.findings.push(finding);
    }
}
