//! What is kept comes back as it was, and is found.

use super::*;
use crate::store::{Claim, Memory, Search};

pub(super) async fn everything_kept_comes_back(bed: &Bed) {
    let store = bed.open().await;
    let transmission = receive(&store, b"ISA*00~").await;
    let opened = interchange(Some(transmission.id));
    let within = group(opened.id);
    let documents: Vec<_> = (1..=3).map(|position| document(within.id, position)).collect();
    let reply = Reply {
        id: Id::new(),
        kind: "997".into(),
        partner: Some("acme".into()),
        interchange: opened.id,
        group: Some(within.id),
        disposition: "A".into(),
        control_number: "000000001".into(),
        payload: transmission.payload.clone(),
        created_at: transmission.received_at,
    };
    let expectation = Expectation {
        id: Id::new(),
        key: "997|US|ACME|PO|7".into(),
        subject: (Subject::Group, within.id.to_string()),
        partner: None,
        state: Answer::Awaiting,
        due_at: transmission.received_at,
        answered_by: None,
        outcome: None,
    };
    let hold = Hold {
        fault: "partner-unknown".into(),
        reason: "nobody of this name".into(),
        partner: None,
        subject: (Subject::Transmission, transmission.id.to_string()),
        told: Some(json!({"TA1": "006"})),
        ..Hold::open(transmission.received_at)
    };
    let event = Event {
        at: transmission.received_at,
        actor: "journey/receive".into(),
        kind: "transmission.received".into(),
        subject: transmission.id.to_string(),
        key: "transmission".into(),
        partner: None,
        detail: json!({"size": 7}),
    };
    let context = (opened.clone(), within.clone(), documents.clone(), reply.clone(), expectation, hold.clone(), event);
    store
        .write(context, |(opened, within, documents, reply, expectation, hold, event), session| {
            Box::pin(async move {
                session.add_interchange(opened).await?;
                session.add_group(within).await?;
                session.add_documents(documents).await?;
                session.count_sets(within.id, 3, 2).await?;
                session.close_group(within.id, GroupState::Partially, Some(3), Answer::Sent, &json!([1])).await?;
                session.close_interchange(opened.id, InterchangeState::Closed, 700, &json!([])).await?;
                session.move_documents(within.id, (2, 3), DocumentState::Pending, DocumentState::Ready).await?;
                session.set_functional(within.id, Some("0003"), Answer::Rejected).await?;
                session.set_transport(documents[0].0.id, Transport::Accepted).await?;
                session.add_reply(reply).await?;
                session.add_expectations(std::slice::from_ref(expectation)).await?;
                session.settle_expectation(expectation.id, Answer::Accepted, Some("x"), &json!("A")).await?;
                session.add_hold(hold).await?;
                session.record(std::slice::from_ref(event)).await
            })
        })
        .await
        .expect("stored");

    let mut view = store.view().await.expect("a view");
    assert_eq!(view.transmission(transmission.id).await.expect("there"), transmission);
    assert_eq!(view.payload_bytes(&transmission.payload).await.expect("there"), b"ISA*00~");
    let closed = view.interchange(opened.id).await.expect("there");
    assert_eq!(closed, Interchange { state: InterchangeState::Closed, span: (0, 700), ..opened });
    let groups = view.groups_of(closed.id).await.expect("there");
    let expected = Group {
        state: GroupState::Partially,
        sets_stated: Some(3),
        sets_received: 3,
        sets_accepted: 2,
        acknowledgement: Answer::Sent,
        findings: json!([1]),
        ..within.clone()
    };
    assert_eq!(groups, [expected]);
    let stored = view.documents_of(within.id, 0, 10).await.expect("there");
    assert_eq!(stored.len(), 3);
    assert_eq!(stored[0].0, Document { transport: Transport::Accepted, ..documents[0].0.clone() });
    assert_eq!(stored[1].0, Document { state: DocumentState::Ready, ..documents[1].0.clone() });
    assert_eq!(stored[2].0.functional, Answer::Rejected);
    assert_eq!(stored[2].1, documents[2].1);
    assert_eq!(view.documents_of(within.id, 2, 10).await.expect("there").len(), 1);
    assert_eq!(view.replies_to(closed.id).await.expect("there"), [reply]);
    let waited = view.expectations("997|US|ACME|PO|7").await.expect("there");
    assert_eq!((waited[0].state, waited[0].outcome.clone()), (Answer::Accepted, Some(json!("A"))));
    assert_eq!(view.open_holds(5).await.expect("there"), [hold]);
    assert_eq!(view.events_of(&transmission.id.to_string()).await.expect("there").len(), 1);
    assert!(view.counts().await.expect("counts").iter().any(|count| count.noun == "holds" && count.count == 1));
    assert!(matches!(view.document(Id::new()).await, Err(Error::Missing { .. })));
    drop(view);
    store.close().await;
}

pub(super) async fn documents_are_found(bed: &Bed) {
    let store = bed.open().await;
    let within: GroupId = Id::new();
    for position in 1..=5 {
        add(&store, within, position).await.expect("stored");
    }
    let mut view = store.view().await.expect("a view");
    let since = jiff::Timestamp::from_second(1_600_000_000).ok();
    let searches = [
        (Search { number: Some("PO-3".into()), ..Search::default() }, 1),
        (Search { number: Some("0004".into()), ..Search::default() }, 1),
        (Search { number: Some("nothing".into()), ..Search::default() }, 0),
        (Search { partner: Some("acme".into()), limit: 3, ..Search::default() }, 3),
        (Search { state: Some(DocumentState::Pending), direction: Some(Direction::In), ..Search::default() }, 5),
        (Search { kind: Some("order".into()), since, until: since, ..Search::default() }, 0),
        (Search { kind: Some("order".into()), since, ..Search::default() }, 5),
        (Search { before: Some(Id::from_uuid(uuid::Uuid::nil())), ..Search::default() }, 0),
        (Search::default(), 5),
    ];
    for (search, count) in searches {
        assert_eq!(view.find_documents(&search).await.expect("found").len(), count, "{search:?}");
    }
    drop(view);
    store.close().await;
}

pub(super) async fn windows_of_any_size_are_stored(bed: &Bed) {
    let store = bed.open().await;
    for size in [0, 1, 3, 4, 63, 64, 65, 200, 333] {
        let within: GroupId = Id::new();
        let window: Vec<_> = (1..=size).map(|position| document(within, position)).collect();
        let add = store.write(window, |window, session| Box::pin(session.add_documents(window))).await;
        add.expect("stored");
        assert_eq!(count(&store, within).await, size as usize);
    }
    store.close().await;
}

pub(super) async fn hostile_text_is_kept(bed: &Bed) {
    let store = bed.open().await;
    let within: GroupId = Id::new();
    let (mut one, contents) = document(within, 1);
    one.number = Some("'; DROP TABLE documents; -- \u{1F4A9} \\ \" \u{0} $1 {now}".into());
    let number = one.number.clone();
    let write = store.write(vec![(one, contents)], |window, session| Box::pin(session.add_documents(window))).await;
    write.expect("stored");
    let back = store.view().await.expect("a view").documents_of(within, 0, 1).await.expect("there");
    // PostgreSQL cannot hold U+0000 in text: it is replaced there.
    let expected = if bed.is_sqlite() { number } else { number.map(|text| text.replace('\0', "\u{fffd}")) };
    assert_eq!(back[0].0.number, expected);
    store.close().await;
}

pub(super) async fn a_key_is_claimed_once(bed: &Bed) {
    let store = bed.open().await;
    let claim = |key: &str, subject: &str| Claim { key: key.into(), subject: subject.into(), hash: "h".into() };
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let (store, claim) = (store.clone(), claim("ZZ:ACME|42", &format!("s{number}")));
            tokio::spawn(async move {
                store.write(vec![claim], |claims, session| Box::pin(session.claim_once("interchange", claims))).await
            })
        })
        .collect();
    let mut first = 0;
    for task in tasks {
        let answers = task.await.expect("joined").expect("claimed");
        first += usize::from(answers[0].is_none());
    }
    assert_eq!(first, 1, "exactly one has the key");

    // In one window: the second of two equal keys sees the first, the others are new.
    let claims = vec![claim("b", "1"), claim("a", "2"), claim("b", "3"), claim("ZZ:ACME|42", "4")];
    let answers = store.write(claims, |claims, session| Box::pin(session.claim_once("interchange", claims))).await;
    let answers = answers.expect("claimed");
    assert_eq!(answers.iter().map(Option::is_none).collect::<Vec<_>>(), [true, true, false, false]);
    assert_eq!(answers[2].as_ref().map(|earlier| earlier.subject.as_str()), Some("1"));

    // Another scope is another key; a key can be given away.
    let again = claim("b", "9");
    let context = vec![again];
    let answers = store
        .write(context, |claims, session| {
            Box::pin(async move {
                session.retake_once("interchange", &claims[0]).await?;
                session.claim_once("business", claims).await
            })
        })
        .await;
    assert_eq!(answers.expect("claimed"), [None]);
    let now = store.view().await.expect("a view").once("interchange", "b").await.expect("read");
    assert_eq!(now.map(|earlier| earlier.subject), Some("9".into()));
    store.close().await;
}

pub(super) async fn deliveries_keep_their_order(bed: &Bed) {
    let store = bed.open().await;
    let tasks: Vec<_> = (0..10)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let new: Vec<_> = (0..5)
                    .map(|file| {
                        let subject = (Subject::Reply, number.to_string());
                        Delivery::new("folder:acme", Some("acme"), subject, "hash", format!("{number}-{file}.edi"))
                    })
                    .collect();
                store
                    .write(new, |new, session| {
                        Box::pin(async move { session.queue_deliveries("folder:acme", &mut new.clone()).await })
                    })
                    .await
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("joined").expect("queued");
    }
    let mut view = store.view().await.expect("a view");
    let queued = view.queued_deliveries("folder:acme", 100).await.expect("queued");
    assert_eq!(queued.iter().map(|one| one.sequence).collect::<Vec<_>>(), (1..=50).collect::<Vec<_>>());
    // What was queued together stays together.
    assert!(queued.chunks(5).all(|five| five.iter().all(|one| one.subject == five[0].subject)));
    assert_eq!(view.owing_outlets().await.expect("outlets"), [("folder:acme".into(), 50)]);
    drop(view);
    let (first, second) = (queued[0].id, queued[1].id);
    store
        .write((first, second), |(first, second), session| {
            Box::pin(async move {
                session.delivered(*first, &json!({"renamed": true})).await?;
                session.delivery_failed(*second, "no such folder").await?;
                session.set_delivery_state(*second, DeliveryState::Parked, Some("a person decides")).await?;
                session.delivered_up_to("folder:acme", 10, &json!({})).await
            })
        })
        .await
        .expect("settled");
    let mut view = store.view().await.expect("a view");
    assert_eq!(view.queued_deliveries("folder:acme", 100).await.expect("queued").len(), 40);
    let parked = view.delivery(second).await.expect("there");
    assert_eq!((parked.state, parked.attempts), (DeliveryState::Parked, 1));
    assert_eq!(view.delivery(first).await.expect("there").receipt, Some(json!({"renamed": true})));
    drop(view);
    store.close().await;
}

pub(super) async fn revisions_are_immutable(bed: &Bed) {
    let store = bed.open().await;
    let files: Files = [("partners/acme.toml".into(), "name = 'Acme'".into())].into();
    let more: Files = [("partners/acme.toml".into(), "name = 'Acme Corp'".into())].into();
    for (files, note) in [(files.clone(), "first"), (more.clone(), "second"), (files.clone(), "back")] {
        let hash = store
            .write((files.clone(), note), |(files, note), session| Box::pin(session.activate_revision(files, note)))
            .await
            .expect("activated");
        let mut view = store.view().await.expect("a view");
        assert_eq!(view.active_revision().await.expect("read"), Some(hash.clone()));
        assert_eq!(view.revision_files(&hash).await.expect("read"), files);
    }
    assert_eq!(store.view().await.expect("a view").revisions(10).await.expect("read").len(), 2);
    store.close().await;
}

pub(super) async fn what_is_settled_is_forgotten(bed: &Bed) {
    let store = bed.open().await;
    // Two transmissions of the same bytes, both settled; one of them still owes a document.
    let (first, second) = (opened(&store).await, opened(&store).await);
    add(&store, first, 1).await.expect("stored");
    add(&store, second, 1).await.expect("stored");
    let forget = |after: i64| {
        let before = jiff::Timestamp::from_second(1_700_000_000 + after).expect("an instant");
        store.write(before, |before, session| Box::pin(session.forget(*before, 10)))
    };
    store
        .write((first, second), |(first, second), session| {
            Box::pin(async move {
                for group in [first, second] {
                    let interchange = session.group(*group).await?.interchange;
                    let transmission = session.interchange(interchange).await?.transmission;
                    let Some(id) = transmission else { return Err(Error::damaged("no transmission")) };
                    session.advance_transmission(id, TransmissionState::Done, None, &json!({})).await?;
                }
                session.move_documents(*first, (1, 1), DocumentState::Pending, DocumentState::Done).await
            })
        })
        .await
        .expect("settled");
    assert_eq!(forget(0).await.expect("forgotten"), 0, "not old enough");
    assert_eq!(forget(1).await.expect("forgotten"), 1, "one is settled");
    let mut view = store.view().await.expect("a view");
    assert!(view.group(first).await.is_err());
    assert!(view.find_documents(&Search::default()).await.expect("found").iter().all(|one| one.group == Some(second)));
    drop(view);
    // The payload of the other stays.
    assert_eq!(store.check(true, &mut |_| {}).await.expect("checked"), []);
    store
        .write(second, |group, session| {
            Box::pin(session.move_documents(*group, (1, 1), DocumentState::Pending, DocumentState::Done))
        })
        .await
        .expect("settled");
    assert_eq!(forget(1).await.expect("forgotten"), 1);
    assert_eq!(store.check(true, &mut |_| {}).await.expect("checked"), []);
    assert!(store.view().await.expect("a view").find_documents(&Search::default()).await.expect("found").is_empty());
    what_is_remembered_for_a_time_ends(&store).await;
    store.close().await;
}

async fn what_is_remembered_for_a_time_ends(store: &Store) {
    let claim = |key: &str| Claim { key: key.into(), subject: "x".into(), hash: "y".into() };
    let claims = [claim("1"), claim("2")];
    store
        .write(claims, |claims, session| {
            Box::pin(async move {
                for scope in ["api", "goods", "draft"] {
                    session.set_note(scope, "one", &json!(1)).await?;
                    session.set_note(scope, "two", &json!(2)).await?;
                }
                session.claim_once("sscc", claims).await?;
                session.claim_once("business", claims).await.map(drop)
            })
        })
        .await
        .expect("stored");
    let now = jiff::Timestamp::now();
    let forget = |memory: Memory, hours: i64| {
        let before = now + jiff::SignedDuration::from_hours(hours);
        store.write((memory, before), |(memory, before), session| Box::pin(session.forget_memory(*memory, *before, 1)))
    };
    for memory in Memory::ALL {
        assert_eq!(forget(memory, -24).await.expect("forgotten"), 0, "{memory:?} is young");
        assert_eq!(forget(memory, 24).await.expect("forgotten"), 1, "one at a time");
        assert_eq!(forget(memory, 24).await.expect("forgotten"), 1);
        assert_eq!(forget(memory, 24).await.expect("forgotten"), 0);
    }
    let mut view = store.view().await.expect("a view");
    assert_eq!(view.note("api", "one").await.expect("read"), None);
    assert_eq!(view.notes("draft", 10).await.expect("read").len(), 2, "what has no end stays");
    assert!(view.once("sscc", "1").await.expect("read").is_none());
    assert!(view.once("business", "1").await.expect("read").is_some());
}
