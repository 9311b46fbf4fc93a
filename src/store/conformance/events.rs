//! Events have their numbers in the order in which they became durable, and are owed in the order of each key.

use jiff::Timestamp;

use super::*;

fn event(key: &str) -> Event {
    Event {
        at: Timestamp::UNIX_EPOCH,
        actor: "a".into(),
        kind: "k.l".into(),
        subject: "s".into(),
        key: key.into(),
        partner: None,
        detail: json!({}),
    }
}

pub(super) async fn numbers_rise_without_gaps_and_readers_miss_nothing(bed: &Bed) {
    let store = bed.open().await;
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for round in 0..10 {
                    let events = vec![event(&format!("{writer}")); 1 + round % 3];
                    let failing = round == 5;
                    let unit = store.write((events, failing), |(events, failing), session| {
                        Box::pin(async move {
                            session.record(events).await?;
                            tokio::task::yield_now().await;
                            if *failing { Err(Error::Refused("no".into())) } else { Ok(()) }
                        })
                    });
                    assert_eq!(unit.await.is_err(), failing);
                }
            })
        })
        .collect();
    // A reader that keeps its place while they write.
    let mut seen = Vec::new();
    let mut is_over = false;
    loop {
        let page = store.view().await.expect("a view").events_after(seen.last().copied().unwrap_or(0), 7).await;
        let page = page.expect("read");
        if page.is_empty() && is_over {
            break;
        }
        seen.extend(page.iter().map(|event| event.sequence));
        is_over = writers.iter().all(tokio::task::JoinHandle::is_finished);
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.expect("a writer");
    }
    let count = 8 * (0..10).filter(|round| *round != 5).map(|round| 1 + round % 3).sum::<u64>();
    assert_eq!(seen, (1..=count).collect::<Vec<_>>());
    let mut view = store.view().await.expect("a view");
    assert_eq!(view.last_event().await.expect("read"), count);
    let first = view.events_after(0, 1).await.expect("read").remove(0);
    assert_eq!(view.event(first.id).await.expect("read"), first);
    assert_eq!(view.events_numbered(&[1, 3]).await.expect("read").len(), 2);
    drop(view);
    store.close().await;
}

pub(super) async fn what_is_owed_keeps_the_order_of_its_key(bed: &Bed) {
    let store = bed.open().await;
    let unit = store.write((), |(), session| {
        Box::pin(async move {
            session.add_endpoint("erp", 0).await?;
            session.add_endpoint("erp", 99).await?;
            session.owe_events("erp", &[(3, "a"), (4, "b"), (5, "a")]).await?;
            session.advance_endpoint("erp", 5, 2).await?;
            session.note_endpoint("erp", EndpointState::Open, "200 OK").await
        })
    });
    unit.await.expect("stored");
    let endpoint = store.view().await.expect("a view").endpoint("erp").await.expect("read").expect("there");
    assert_eq!((endpoint.cursor, endpoint.delivered, endpoint.answer.as_deref()), (5, 2, Some("200 OK")));
    assert_eq!(states(&store).await, "3a due, 4b due, 5a behind");
    settle(&store, 3, Settled::Failed { reason: "no".into() }).await;
    assert_eq!(states(&store).await, "3a failed, 4b due, 5a behind");
    let failed = store.view().await.expect("a view").failed_events(("", 0), 10).await.expect("read");
    assert_eq!((failed.len(), failed[0].attempts, failed[0].reason.as_deref()), (1, 1, Some("no")));
    // An earlier one is owed again: it goes first.
    owe(&store, &[(1, "b")]).await;
    assert_eq!(states(&store).await, "1b due, 3a failed, 4b behind, 5a behind");
    settle(&store, 1, Settled::Arrived).await;
    settle(&store, 4, Settled::Arrived).await;
    owe(&store, &[(3, "a")]).await;
    assert_eq!(states(&store).await, "3a due, 5a behind");
    let later = Timestamp::now() + jiff::SignedDuration::from_hours(1);
    settle(&store, 3, Settled::Again { at: later, reason: "again".into() }).await;
    let mut view = store.view().await.expect("a view");
    assert_eq!(view.due_events("erp", Timestamp::now(), 9).await.expect("read").len(), 0);
    assert_eq!(view.due_events("erp", later, 9).await.expect("read").len(), 1);
    assert_eq!(view.owed_keys("erp", &["a", "b"]).await.expect("read"), ["a"]);
    assert_eq!(view.owed_counts("erp").await.expect("read"), [(OwedState::Behind, 1), (OwedState::Due, 1)]);
    assert_eq!(view.endpoints().await.expect("read").len(), 1);
    drop(view);
    settle(&store, 3, Settled::Later { at: later }).await;
    settle(&store, 3, Settled::Skipped).await;
    assert_eq!(states(&store).await, "5a due");
    store.close().await;
}

async fn owe(store: &Store, events: &'static [(u64, &'static str)]) {
    let unit = store.write(events, |events, session| Box::pin(session.owe_events("erp", events)));
    unit.await.expect("stored");
}

async fn settle(store: &Store, sequence: u64, settled: Settled) {
    let owed = store.view().await.expect("a view").owed_events("erp", sequence - 1, 1).await.expect("read").remove(0);
    let unit = store.write((owed, settled), |(owed, settled), session| Box::pin(session.settle_owed(owed, settled)));
    unit.await.expect("stored");
}

async fn states(store: &Store) -> String {
    let owed = store.view().await.expect("a view").owed_events("erp", 0, 10).await.expect("read");
    let state = |state: OwedState| json!(state).as_str().unwrap_or_default().to_owned();
    let words: Vec<_> =
        owed.iter().map(|owed| format!("{}{} {}", owed.sequence, owed.key, state(owed.state))).collect();
    words.join(", ")
}
