//! People, their keys and the trail: a key is found by its hash and taken away for good; the chain tells every change.

use serde_json::json;

use super::*;
use crate::store::sql::{Sql, args};
use crate::store::{ApiKey, Deed, Person};

pub(super) async fn people_and_keys(bed: &Bed) {
    let store = bed.open().await;
    let anna = Person { name: "anna".into(), roles: vec!["ar".into(), "service".into()], is_active: true };
    let key = ApiKey {
        id: "ek_1234".into(),
        owner: "anna".into(),
        label: "ERP".into(),
        hash: "aa".into(),
        valid_from: "2026-03-02T00:00:00Z".parse().expect("a time"),
        valid_until: Some("2026-04-01T00:00:00Z".parse().expect("a time")),
        revoked_at: None,
    };
    assert!(!store.view().await.expect("a view").has_people().await.expect("read"));
    let context = (anna.clone(), key.clone());
    let unit = store.write(context, |(anna, key), session| {
        Box::pin(async move {
            session.put_person(anna).await?;
            session.add_api_key(key).await
        })
    });
    unit.await.expect("stored");
    let mut view = store.view().await.expect("a view");
    assert_eq!(view.person("anna").await.expect("read"), Some(anna.clone()));
    assert_eq!(view.people().await.expect("read"), std::slice::from_ref(&anna));
    assert!(view.has_people().await.expect("read"));
    assert_eq!(view.api_key("aa").await.expect("read"), Some(key.clone()));
    assert_eq!(view.api_key("bb").await.expect("read"), None);
    assert!(key.is_valid("2026-03-31T23:59:59Z".parse().expect("a time")));
    assert!(!key.is_valid("2026-04-01T00:00:00Z".parse().expect("a time")));
    drop(view);
    let revoke = || store.write((), |(), session| Box::pin(session.revoke_api_key("ek_1234")));
    revoke().await.expect("revoked");
    assert!(matches!(revoke().await, Err(Error::Missing { .. })), "once");
    let mut view = store.view().await.expect("a view");
    let key = view.api_keys().await.expect("read").remove(0);
    assert!(!key.is_valid("2026-03-03T00:00:00Z".parse().expect("a time")));
    drop(view);
    store.close().await;
}

pub(super) async fn the_trail_tells_what_was_changed(bed: &Bed) {
    let store = bed.open().await;
    for (subject, action) in [("order 1", "receive_goods"), ("order 2", "receive_goods"), ("order 1", "place_order")] {
        let deed = Deed {
            actor: "anna's ERP".into(),
            owner: "anna".into(),
            action: action.into(),
            subject: subject.into(),
            detail: json!({"words": "a\nb"}),
        };
        store.write(deed, |deed, session| Box::pin(session.append_audit(deed))).await.expect("appended");
    }
    let mut view = store.view().await.expect("a view");
    assert_eq!(view.audit_chain().await.expect("read"), (3, None));
    let mut deeds = view.deeds("order 1", "anna").await.expect("read");
    deeds.sort();
    assert_eq!(deeds, ["place_order", "receive_goods"]);
    assert!(view.deeds("order 1", "ben").await.expect("read").is_empty());
    let entries = view.audit_after(1, 10).await.expect("read");
    assert_eq!(entries.iter().map(|entry| entry.position).collect::<Vec<_>>(), [2, 3]);
    let mut changed = entries[0].clone();
    changed.subject = "order 3".into();
    assert_ne!(changed.reckoned(), changed.hash);
    drop(view);
    let tamper = store.write((), |(), session| {
        Box::pin(session.execute(Sql("UPDATE audit SET owner = 'ben' WHERE position = 2"), args![]))
    });
    tamper.await.expect("changed behind our back");
    let mut view = store.view().await.expect("a view");
    let (whole, broken) = view.audit_chain().await.expect("read");
    assert_eq!((whole, broken.map(|broken| broken.position)), (1, Some(2)));
    drop(view);
    store.close().await;
}
