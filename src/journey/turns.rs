//! Partners take turns: a gate that lets so much work through at once, one window of each partner after the other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The gate. Work is measured in bytes, since that is what it holds in memory while it is being read and stored.
#[derive(Clone, Debug)]
pub struct Turns {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    capacity: usize,
    free: usize,
    /// Who waits, by partner; the first partner is next, and goes to the end once it was let through.
    waiting: VecDeque<(String, VecDeque<Waiter>)>,
}

#[derive(Debug)]
struct Waiter {
    bytes: usize,
    admit: oneshot::Sender<Turn>,
}

/// The right to work; giving it back lets the next one through.
#[derive(Debug)]
pub struct Turn {
    turns: Option<Turns>,
    bytes: usize,
}

impl Turns {
    pub fn new(capacity: usize) -> Self {
        Self { state: Arc::new(Mutex::new(State { capacity, free: capacity, waiting: VecDeque::new() })) }
    }

    /// Waits for a turn. More bytes than the whole capacity wait until nobody else works.
    pub async fn take(&self, partner: &str, bytes: usize) -> Turn {
        let (admit, admitted) = oneshot::channel();
        {
            let mut state = self.state();
            let bytes = bytes.min(state.capacity);
            let waiter = Waiter { bytes, admit };
            match state.waiting.iter_mut().find(|(name, _)| name == partner) {
                Some((_, queue)) => queue.push_back(waiter),
                None => state.waiting.push_back((partner.to_owned(), VecDeque::from([waiter]))),
            }
        }
        self.let_through();
        // The sender is dropped only together with the gate, which the caller holds.
        admitted.await.unwrap_or(Turn { turns: None, bytes: 0 })
    }

    fn let_through(&self) {
        loop {
            let (turn, admit) = {
                let mut state = self.state();
                let free = state.free;
                let Some((partner, mut queue)) = state.waiting.pop_front() else { return };
                let Some(waiter) = queue.pop_front() else { continue };
                if waiter.bytes > free {
                    queue.push_front(waiter);
                    state.waiting.push_front((partner, queue));
                    return;
                }
                state.free -= waiter.bytes;
                if !queue.is_empty() {
                    state.waiting.push_back((partner, queue));
                }
                (Turn { turns: Some(self.clone()), bytes: waiter.bytes }, waiter.admit)
            };
            // Whoever stopped waiting gives the turn back here, where the loop goes on with the next one.
            if let Err(mut unwanted) = admit.send(turn) {
                unwanted.turns = None;
                self.state().free += unwanted.bytes;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.state().free += self.bytes;
            turns.let_through();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn partners_alternate_however_much_one_brings() {
        let turns = Turns::new(10);
        let first = turns.take("giant", 10).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (partner, count) in [("giant", 3), ("small", 2)] {
            for _ in 0..count {
                let (turns, order) = (turns.clone(), order.clone());
                tasks.push(tokio::spawn(async move {
                    let _turn = turns.take(partner, 10).await;
                    order.lock().unwrap().push(partner);
                }));
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), ["giant", "small", "giant", "small", "giant"]);
    }

    #[tokio::test]
    async fn whoever_stops_waiting_leaves_no_hole() {
        let turns = Turns::new(1);
        let held = turns.take("a", 1).await;
        let given_up = tokio::time::timeout(Duration::from_millis(5), turns.take("b", 1)).await;
        assert!(given_up.is_err());
        drop(held);
        let _again = tokio::time::timeout(Duration::from_secs(1), turns.take("c", 1)).await.unwrap();
    }

    #[tokio::test]
    async fn more_than_the_capacity_goes_alone() {
        let turns = Turns::new(4);
        let _turn = tokio::time::timeout(Duration::from_secs(1), turns.take("a", 100)).await.unwrap();
    }
}
