//! Control numbers under load: never twice, no gap without a word, a wrap that says so.

use super::*;

fn counter(receiver: &str) -> Counter {
    Counter {
        level: NumberLevel::Interchange,
        sender: "ZZ:US".into(),
        receiver: receiver.into(),
        functional_id: String::new(),
        test: false,
    }
}

pub(super) async fn two_allocators_never_give_the_same_number(bed: &Bed) {
    let one = bed.open().await;
    // A second process on PostgreSQL; beside the daemon on SQLite.
    let two = bed.open_as(if bed.is_sqlite() { Access::Desk } else { Access::Daemon }).await.expect("opens");
    let tasks: Vec<_> = (0..40_u64)
        .map(|number| {
            let store = if number % 2 == 0 { one.clone() } else { two.clone() };
            tokio::spawn(async move {
                store
                    .write(number, |number, session| {
                        Box::pin(async move {
                            let taken = session.take_numbers(&counter("01:ACME"), NumberRange::X12, 3).await?;
                            // Some fail behind it: their numbers are given to others.
                            if number % 5 == 0 { Err(Error::Refused("no".into())) } else { Ok(taken) }
                        })
                    })
                    .await
            })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.expect("joined").into_iter().flatten());
    }
    taken.sort_unstable();
    assert_eq!(taken, (1..=96).collect::<Vec<u64>>(), "each once, and no gap");
    two.close().await;
    one.close().await;
}

pub(super) async fn numbers_wrap_and_say_so(bed: &Bed) {
    let store = bed.open().await;
    let take = |range: NumberRange, count: u64| {
        let store = store.clone();
        async move {
            store
                .write((range, count), |(range, count), session| {
                    Box::pin(async move { session.take_numbers(&counter("01:ACME"), *range, *count).await })
                })
                .await
        }
    };
    let small = NumberRange { first: 1, last: 5 };
    assert_eq!(take(small, 4).await.expect("taken"), [1, 2, 3, 4]);
    assert_eq!(take(small, 3).await.expect("taken"), [5, 1, 2]);
    assert!(take(small, 6).await.is_err());
    // The agreement changes: the next number is outside and moves.
    assert_eq!(take(NumberRange { first: 100, last: 999 }, 2).await.expect("taken"), [100, 101]);
    store
        .write((), |(), session| {
            Box::pin(async move {
                let range = NumberRange { first: 100, last: 999 };
                session.set_number(&counter("01:ACME"), range, 500, "agreed by telephone").await?;
                session.void_numbers(&counter("01:ACME"), 101, 101, "rendered and rejected").await
            })
        })
        .await
        .expect("set");
    assert_eq!(take(NumberRange { first: 100, last: 999 }, 1).await.expect("taken"), [500]);
    let mut view = store.view().await.expect("a view");
    let breaks = view.number_breaks(&counter("01:ACME")).await.expect("read");
    let told: Vec<_> = breaks.iter().map(|one| (one.kind.as_str(), one.low, one.high)).collect();
    assert_eq!(told, [("wrap", 5, 1), ("set", 3, 100), ("set", 102, 500), ("gap", 101, 101)]);
    assert_eq!(view.numbers().await.expect("read")[0].wraps, 1);
    drop(view);
    store.close().await;
}

/// Two units that take two locks in opposite order: one is taken back and tried again, both end well.
pub(super) async fn units_that_wait_for_each_other_are_tried_again(bed: &Bed) {
    let store = bed.open().await;
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let order = if number % 2 == 0 { ["a", "b"] } else { ["b", "a"] };
                store
                    .write(order, |order, session| {
                        Box::pin(async move {
                            session.take_number(&counter(order[0]), NumberRange::X12).await?;
                            tokio::time::sleep(Duration::from_millis(5)).await;
                            session.take_number(&counter(order[1]), NumberRange::X12).await
                        })
                    })
                    .await
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("joined").expect("both numbers");
    }
    let numbers = store.view().await.expect("a view").numbers().await.expect("read");
    assert!(numbers.iter().all(|state| state.next == 9), "{numbers:?}");
    store.close().await;
}
