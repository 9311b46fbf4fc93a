//! Lists in pages: every row once and in order, whatever comes in between two pages.

use super::*;
use crate::store::{Book, Case, CaseSearch, CaseState, DeadlineRow, Kept, TradeRow};

pub(super) async fn pages_have_every_row_once(bed: &Bed) {
    let store = bed.open().await;
    let now = jiff::Timestamp::from_second(1_790_000_000).expect("a time");
    let trade = TradeRow {
        id: Id::new(),
        key: "sale|acme|4501".into(),
        side: "sale".into(),
        partner: "acme".into(),
        number: "4501".into(),
        test: false,
        state: "open".into(),
        is_closed: false,
        body: "{}".into(),
        events: 0,
        created_at: now,
        updated_at: now,
    };
    let unit = store.write((trade.clone(), now), |(trade, now), session| {
        Box::pin(async move {
            session.put_trade(trade).await?;
            session.add_trade_keys(trade.id, &["sale|acme|shipment|S1".to_owned()]).await?;
            for queue in ["ap", "ar", "ap", "ap"] {
                session.open_case(&case(trade, queue, *now)).await?;
            }
            session.close_case_number(1, "anna", None).await?;
            for key in ["b", "a", "c"] {
                session.set_deadline(&deadline(trade, key, *now)).await?;
            }
            for (party, key, is_open) in
                [("acme", "1", true), ("acme", "2", false), ("acme", "3", true), ("north", "1", true)]
            {
                let kept = Kept { party: party.into(), key: key.into(), is_open, body: "{}".into() };
                session.put_kept(Book::Item, &kept).await?;
            }
            for key in ["W1", "W2", "W3"] {
                session.put_master("item", key, &[], "{}").await?;
            }
            let event = Event {
                at: *now,
                actor: "a".into(),
                kind: "k".into(),
                subject: "s".into(),
                key: "s".into(),
                partner: None,
                detail: json!({}),
            };
            session.record(&[event.clone(), event]).await
        })
    });
    unit.await.expect("stored");
    let mut view = store.view().await.expect("a view");

    let of_queue = CaseSearch { queue: Some("ap".into()), open_only: true, limit: 1, ..CaseSearch::default() };
    assert_eq!(view.case_page(&of_queue, 0).await.expect("read")[0].number, 3);
    assert_eq!(view.case_page(&of_queue, 3).await.expect("read")[0].number, 4);
    assert_eq!(view.case_page(&of_queue, 4).await.expect("read").len(), 0);
    let of_trade = CaseSearch { trade: Some(trade.id), limit: 10, ..CaseSearch::default() };
    assert_eq!(
        (view.case_page(&of_trade, 0).await.expect("read").len(), view.last_case().await.expect("read")),
        (4, 4)
    );

    let first = view.deadline_page((i64::MIN, "", ""), 2).await.expect("read");
    let keys = |rows: &[DeadlineRow]| rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&first), ["a", "b"]);
    let last = (first[1].due.as_microsecond(), first[1].trade.to_string());
    assert_eq!(keys(&view.deadline_page((last.0, &last.1, "b"), 2).await.expect("read")), ["c"]);

    let (open, all, acme) = ((None, true), (None, false), (Some("acme"), false));
    for (which, after, expected) in [
        (open, ("", ""), vec![("acme", "1"), ("acme", "3")]),
        (open, ("acme", "3"), vec![("north", "1")]),
        (all, ("acme", "1"), vec![("acme", "2"), ("acme", "3")]),
        (acme, ("acme", "2"), vec![("acme", "3")]),
        (open, ("north", "1"), vec![]),
    ] {
        let found = view.kept_page(Book::Item, which, after, 2).await.expect("read");
        let found: Vec<_> = found.iter().map(|kept| (kept.party.as_str(), kept.key.as_str())).collect();
        assert_eq!(found, expected, "{which:?} {after:?}");
    }

    let items = view.master_page("item", "W1", 5).await.expect("read");
    assert_eq!(items.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["W2", "W3"]);
    let events = view.events_after(0, 1_000).await.expect("read");
    assert_eq!(
        events.iter().map(|event| event.sequence).collect::<Vec<_>>(),
        (1..=events.len() as u64).collect::<Vec<_>>()
    );
    assert_eq!(events.iter().filter(|event| event.event.kind == "k").count(), 2);
    let rest = view.events_after(events.len() as u64 - 1, 10).await.expect("read");
    assert_eq!(rest, events[events.len() - 1..]);
    assert_eq!(view.trades_of_number("4501", 5).await.expect("read"), [trade.id]);
    assert_eq!(view.trades_of_number("4502", 5).await.expect("read"), []);
    let keys = ["sale|acme|shipment|S1".to_owned(), "sale|acme|shipment|S2".to_owned()];
    assert_eq!(view.trades_of_keys(&keys).await.expect("read"), [trade.id]);
    assert_eq!(view.issued_documents(trade.id).await.expect("read"), Vec::<String>::new());
    drop(view);
    store.close().await;
}

pub(super) async fn a_trial_leaves_nothing(bed: &Bed) {
    let store = bed.open().await;
    let tried = store.rehearse("W1".to_owned(), |key, session| Box::pin(put(session, key))).await;
    assert_eq!(tried.expect("tried"), "{}", "it sees what it would do");
    assert_eq!(store.view().await.expect("a view").master("item", "W1").await.expect("read"), None);
    let stored = store.write("W1".to_owned(), |key, session| Box::pin(put(session, key))).await;
    assert_eq!(stored.expect("stored"), "{}");
    let refused = store.rehearse((), |(), _| Box::pin(async { Err::<(), _>(Error::Refused("no".into())) })).await;
    assert!(matches!(refused, Err(Error::Refused(why)) if why == "no"), "its own refusal is told");
    assert!(store.view().await.expect("a view").master("item", "W1").await.expect("read").is_some());
    store.close().await;
}

async fn put(session: &mut Session, key: &str) -> Result<String> {
    session.put_master("item", key, &[], "{}").await?;
    Ok(session.master("item", key).await?.unwrap_or_default())
}

fn case(trade: &TradeRow, queue: &str, now: jiff::Timestamp) -> Case {
    let id: Id<Case> = Id::new();
    Case {
        id,
        number: 0,
        trade: Some(trade.id),
        key: id.to_string(),
        queue: queue.into(),
        kind: "conflict".into(),
        partner: None,
        order_number: None,
        line: None,
        words: "why".into(),
        money: None,
        cause: None,
        state: CaseState::Open,
        owner: None,
        document: None,
        opened_at: now,
        due: None,
        breached: false,
        closed_at: None,
        closed_by: None,
        note: None,
    }
}

fn deadline(trade: &TradeRow, key: &str, due: jiff::Timestamp) -> DeadlineRow {
    DeadlineRow {
        trade: trade.id,
        key: key.into(),
        kind: "answer".into(),
        queue: "service".into(),
        partner: trade.partner.clone(),
        number: trade.number.clone(),
        words: "why".into(),
        since: due,
        due,
        percent: 0,
        next_at: due,
    }
}
