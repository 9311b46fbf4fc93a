//! Documents that wait to leave together.

use super::*;

fn lane(type_code: &str) -> Lane {
    Lane { partner: "acme".into(), type_code: type_code.into(), test: false }
}

/// A document of ours that waits: ready, and in no interchange.
fn waiting(type_code: &str, number: u64) -> (Document, Contents) {
    let (document, contents) = document(Id::new(), number);
    let (direction, state) = (Direction::Out, DocumentState::Ready);
    let type_code = type_code.to_owned();
    (Document { direction, state, type_code, group: None, position: 0, ..document }, contents)
}

async fn stored(store: &Store, new: (Document, Contents)) -> Result<()> {
    store.write(vec![new], |new, session| Box::pin(session.add_documents(new))).await
}

async fn in_lane(store: &Store, of: &str, limit: usize) -> Vec<(Document, String)> {
    store
        .write((lane(of), limit), |(lane, limit), session| Box::pin(session.waiting_documents(lane, *limit)))
        .await
        .expect("read")
}

pub(super) async fn what_waits_leaves_once_and_in_order(bed: &Bed) {
    let store = bed.open().await;
    let new: Vec<_> = (1..=4).map(|number| waiting("810", number)).collect();
    for one in [new[2].clone(), new[0].clone(), new[3].clone(), new[1].clone(), waiting("850", 9)] {
        stored(&store, one).await.expect("stored");
    }
    // Neither what is held, nor what came in, nor a test waits with them.
    for (change, number) in [(0, 11), (1, 12), (2, 13)] {
        let (mut other, contents) = waiting("810", number);
        match change {
            0 => other.state = DocumentState::Pending,
            1 => other.direction = Direction::In,
            _ => other.test = true,
        }
        stored(&store, (other, contents)).await.expect("stored");
    }
    let found = in_lane(&store, "810", 10).await;
    let numbers = |found: &[(Document, String)]| -> Vec<String> {
        found.iter().filter_map(|(document, _)| document.number.clone()).collect()
    };
    assert_eq!(numbers(&found), ["PO-1", "PO-2", "PO-3", "PO-4"], "as they were made");
    assert_eq!(found[2].0, new[2].0);
    assert!(found.iter().all(|(document, canonical)| canonical.contains(document.number.as_deref().unwrap_or("?"))));
    assert_eq!(numbers(&in_lane(&store, "810", 2).await), ["PO-1", "PO-2"]);
    assert_eq!(store.view().await.expect("a view").waiting_count(&lane("810")).await.expect("counted"), 4);
    assert_eq!(store.view().await.expect("a view").waiting(100).await.expect("read").len(), 6, "tests wait too");

    let within = opened(&store).await;
    let interchange = store.view().await.expect("a view").group(within).await.expect("there").interchange;
    let left = Document {
        interchange: Some(interchange),
        group: Some(within),
        position: 1,
        control_number: "0001".into(),
        span: (100, 480),
        functional: Answer::Awaiting,
        state: DocumentState::Done,
        transport: Transport::Pending,
        release: "005010".into(),
        segments: 12,
        map: Some("x12/005010/810".into()),
        ..found[0].0.clone()
    };
    let depart =
        |document: Document| store.write(document, |document, session| Box::pin(session.set_departed(document)));
    depart(left.clone()).await.expect("it leaves");
    assert_eq!(store.view().await.expect("a view").document(left.id).await.expect("there"), left);
    assert_eq!(numbers(&in_lane(&store, "810", 10).await), ["PO-2", "PO-3", "PO-4"]);
    assert!(matches!(depart(left).await, Err(Error::Missing { .. })), "it left already");
    store.close().await;
}

/// Whoever adds to a lane at the same moment as others counts them: exactly one finds it full.
pub(super) async fn who_fills_a_lane_knows_it(bed: &Bed) {
    const COUNT: u64 = 12;
    let one = bed.open().await;
    // A second process on PostgreSQL; beside the daemon on SQLite.
    let two = bed.open_as(if bed.is_sqlite() { Access::Desk } else { Access::Daemon }).await.expect("opens");
    let tasks: Vec<_> = (0..COUNT)
        .map(|number| {
            let store = if number % 2 == 0 { one.clone() } else { two.clone() };
            tokio::spawn(async move {
                store
                    .write(waiting("810", number), |new, session| {
                        Box::pin(async move {
                            session.hold_lane(&lane("810")).await?;
                            session.add_documents(std::slice::from_ref(new)).await?;
                            session.waiting_count(&lane("810")).await
                        })
                    })
                    .await
            })
        })
        .collect();
    let mut counted = Vec::new();
    for task in tasks {
        counted.push(task.await.expect("joined").expect("stored"));
    }
    counted.sort_unstable();
    assert_eq!(counted, (1..=COUNT).collect::<Vec<u64>>());
    two.close().await;
    one.close().await;
}
