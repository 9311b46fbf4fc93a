//! The books: an entry is mirrored once, a record is added once, what is open is found.

use super::*;
use crate::store::{Book, Kept};

pub(super) async fn entries_are_mirrored_once(bed: &Bed) {
    let store = bed.open().await;
    let post = |id: &'static str, reverses: Option<&'static str>| {
        store.write((id, reverses), |(id, reverses), session| {
            Box::pin(async move {
                session.lock_books().await?;
                session.post_entry(id, *reverses, "test", "{}").await
            })
        })
    };
    assert_eq!(post("a", None).await.expect("posted"), 1);
    assert_eq!(post("b", None).await.expect("posted"), 2);
    assert_eq!(post("c", Some("a")).await.expect("mirrored"), 3);
    assert!(matches!(post("d", Some("a")).await, Err(Error::Refused(_))));
    let mut view = store.view().await.expect("a view");
    let positions: Vec<u64> =
        view.entries(1, 10).await.expect("read").into_iter().map(|entry| entry.position).collect();
    assert_eq!((positions, view.last_entry().await.expect("read")), (vec![2, 3], 3));
    assert!(view.entry("d").await.expect("read").is_none());
    drop(view);
    store.close().await;
}

pub(super) async fn what_is_open_is_found(bed: &Bed) {
    let store = bed.open().await;
    let kept =
        |party: &str, key: &str, is_open| Kept { party: party.into(), key: key.into(), is_open, body: key.into() };
    let records = vec![kept("acme", "1", true), kept("acme", "2", false), kept("north", "1", true)];
    let add = |record: Kept| {
        let unit = store.write(record, |record, session| Box::pin(session.add_kept(Book::Item, record)));
        async move { unit.await.expect("added") }
    };
    for record in &records {
        assert!(add(record.clone()).await);
        assert!(!add(record.clone()).await, "once");
    }
    let mut view = store.view().await.expect("a view");
    assert_eq!(view.kept_open(Book::Item, Some("acme")).await.expect("read"), records[..1]);
    assert_eq!(view.kept_open(Book::Item, None).await.expect("read").len(), 2);
    let named = view.kept_by_key(Book::Item, &["1", "3"]).await.expect("read");
    assert_eq!(named, [records[0].clone(), records[2].clone()]);
    assert_eq!(view.kept_after(Book::Item, ("acme", "1"), 10).await.expect("read"), records[1..]);
    assert_eq!(view.kept_after(Book::Advice, ("", ""), 10).await.expect("read"), []);
    drop(view);
    store.close().await;
}

pub(super) async fn a_payment_is_found_by_its_traces(bed: &Bed) {
    let store = bed.open().await;
    let keep = |key: &'static str, body: &'static str, traces: &'static [&'static str]| {
        let unit = store.write((key, body, traces), |(key, body, traces), session| {
            Box::pin(async move {
                let kept =
                    Kept { party: String::new(), key: (*key).to_owned(), is_open: true, body: (*body).to_owned() };
                session.put_kept(Book::Payment, &kept).await?;
                session.name_payment(key, traces).await
            })
        });
        async move { unit.await.expect("kept") }
    };
    keep("bank:1", "{}", &["T1", "E1"]).await;
    keep("bank:1", "{}", &["T1", "E1"]).await;
    keep("bank:2", "{}", &["T1"]).await;
    // As a program before the table kept it: named by its body alone.
    keep("bank:3", r#"{"fact": {"traces": ["T3", "T3"]}}"#, &[]).await;
    store.write((), |(), session| Box::pin(session.name_payments())).await.expect("named");
    let mut view = store.view().await.expect("a view");
    for (name, keys) in [
        ("T1", &["bank:1", "bank:2"][..]),
        ("E1", &["bank:1"]),
        ("bank:2", &["bank:2"]),
        ("T3", &["bank:3"]),
        ("T2", &[]),
    ] {
        let found = view.payments_named(name).await.expect("read");
        assert_eq!(found.iter().map(|kept| &*kept.key).collect::<Vec<_>>(), keys, "{name}");
    }
    drop(view);
    store.close().await;
}
