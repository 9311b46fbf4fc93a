//! The acts of the demo, in order: one file each. Each does something and checks what came of it.

mod again;
mod confirmation;
mod early_notice;
mod invoice;
mod invoice_by_folder;
mod money;
mod order_by_mail;
mod order_over_as2;
mod orders_by_sftp;
mod overdue;
mod remittance;
mod stranger;

use std::future::Future;
use std::pin::Pin;

use super::stage::Stage;
use super::tell::Tell;

/// One act: what it is called, and how it is played.
pub struct Act {
    pub title: &'static str,
    play: for<'s> fn(&'s Stage, Tell) -> Playing<'s>,
}

type Playing<'s> = Pin<Box<dyn Future<Output = Result<(), String>> + 's>>;

impl Act {
    pub fn play<'s>(&self, stage: &'s Stage, tell: Tell) -> Playing<'s> {
        (self.play)(stage, tell)
    }
}

pub const ACTS: &[Act] = &[
    Act {
        title: "Northshore Stores order over AS2, signed and encrypted (X12 850)",
        play: |stage, tell| Box::pin(order_over_as2::play(stage, tell)),
    },
    Act { title: "The same message comes again", play: |stage, tell| Box::pin(again::play(stage, tell)) },
    Act {
        title: "We accept the order: its confirmation goes out (855)",
        play: |stage, tell| Box::pin(confirmation::play(stage, tell)),
    },
    Act {
        title: "Goods leave before their order has come (856)",
        play: |stage, tell| Box::pin(early_notice::play(stage, tell)),
    },
    Act {
        title: "Our invoice is rejected, and corrected (810, 824)",
        play: |stage, tell| Box::pin(invoice::play(stage, tell)),
    },
    Act {
        title: "Müller & Söhne upload ORDERS by SFTP (EDIFACT D.96A)",
        play: |stage, tell| Box::pin(orders_by_sftp::play(stage, tell)),
    },
    Act {
        title: "Tidewater Trading mail an order with mistakes, and again without",
        play: |stage, tell| Box::pin(order_by_mail::play(stage, tell)),
    },
    Act {
        title: "Nordlicht's invoice appears in a folder (UBL 2.1)",
        play: |stage, tell| Box::pin(invoice_by_folder::play(stage, tell)),
    },
    Act { title: "Somebody we do not know sends an order", play: |stage, tell| Box::pin(stranger::play(stage, tell)) },
    Act {
        title: "Northshore tell what they will pay (820)",
        play: |stage, tell| Box::pin(remittance::play(stage, tell)),
    },
    Act {
        title: "Northshore never acknowledge the credit note",
        play: |stage, tell| Box::pin(overdue::play(stage, tell)),
    },
    Act {
        title: "The bank brings the money, and one application is undone (camt.054)",
        play: |stage, tell| Box::pin(money::play(stage, tell)),
    },
];
