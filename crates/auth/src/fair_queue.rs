//! A queue that takes turns: among addresses first, then among the accounts of an address.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use roster_kernel::ports::Flow;

use crate::address::address_key;

/// Items by flow. However many items one address has, the first item of another one is popped after
/// one item of each address before it.
pub(crate) struct FairQueue<T> {
    addresses: Ring<Option<String>, Ring<Option<String>, VecDeque<T>>>,
    len: usize,
}

/// Queues that are served in turn. No queue in it is empty.
struct Ring<K, Q> {
    turns: VecDeque<K>,
    queues: HashMap<K, Q>,
}

impl<K, Q> Default for Ring<K, Q> {
    fn default() -> Self {
        Self { turns: VecDeque::new(), queues: HashMap::new() }
    }
}

impl<K: Clone + Eq + Hash, Q: Default> Ring<K, Q> {
    fn queue(&mut self, key: K) -> &mut Q {
        let turns = &mut self.turns;
        self.queues.entry(key).or_insert_with_key(|key| {
            turns.push_back(key.clone());
            Q::default()
        })
    }

    /// Takes something from the queue whose turn it is; `take` says whether that queue is empty then.
    fn next<T>(&mut self, take: impl FnOnce(&mut Q) -> (Option<T>, bool)) -> Option<T> {
        let key = self.turns.pop_front()?;
        let (item, empty) = take(self.queues.get_mut(&key)?);
        if empty {
            self.queues.remove(&key);
        } else {
            self.turns.push_back(key);
        }
        item
    }

    fn remove_if(&mut self, key: &K, empty: bool) {
        if empty {
            self.queues.remove(key);
            self.turns.retain(|turn| turn != key);
        }
    }
}

impl<T> Default for FairQueue<T> {
    fn default() -> Self {
        Self { addresses: Ring::default(), len: 0 }
    }
}

impl<T> FairQueue<T> {
    /// How many items wait.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn push(&mut self, flow: &Flow, item: T) {
        let accounts = self.addresses.queue(flow.address.map(address_key));
        accounts.queue(flow.account.clone()).push_back(item);
        self.len += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let item = self.addresses.next(|accounts| {
            let item = accounts.next(|items| (items.pop_front(), items.is_empty()));
            (item, accounts.turns.is_empty())
        })?;
        self.len -= 1;
        Some(item)
    }

    /// Removes the newest item of the longest queue: the flood loses, not the last to come.
    pub(crate) fn evict(&mut self) -> Option<T> {
        let waiting =
            |accounts: &Ring<_, VecDeque<T>>| accounts.queues.values().map(VecDeque::len).sum::<usize>();
        let (address, accounts) = self.addresses.queues.iter_mut().max_by_key(|(_, ring)| waiting(ring))?;
        let (account, items) = accounts.queues.iter_mut().max_by_key(|(_, items)| items.len())?;
        let (item, empty) = (items.pop_back()?, items.is_empty());
        let (address, account) = (address.clone(), account.clone());
        accounts.remove_if(&account, empty);
        let empty = accounts.turns.is_empty();
        self.addresses.remove_if(&address, empty);
        self.len -= 1;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn flow(address: u8, account: &str) -> Flow {
        Flow { address: Some(IpAddr::from([192, 0, 2, address])), account: Some(account.to_owned()) }
    }

    fn drained(queue: &mut FairQueue<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn another_address_is_next_however_long_the_queue_of_a_flood_is() {
        let mut queue = FairQueue::default();
        for _ in 0..300 {
            queue.push(&flow(1, "victim"), "flood");
        }
        queue.push(&flow(2, "owner"), "owner");
        let popped = drained(&mut queue);
        assert_eq!(popped.iter().position(|item| *item == "owner"), Some(1));
        assert_eq!((popped.len(), queue.len()), (301, 0));
    }

    #[test]
    fn another_account_at_the_address_of_a_flood_is_next_too() {
        let mut queue = FairQueue::default();
        for _ in 0..300 {
            queue.push(&flow(1, "victim"), "flood");
        }
        queue.push(&flow(1, "owner"), "owner");
        assert_eq!(drained(&mut queue).iter().position(|item| *item == "owner"), Some(1));
    }

    #[test]
    fn addresses_take_turns_and_keep_the_order_of_their_items() {
        let mut queue = FairQueue::default();
        for (address, item) in [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (2, "b2"), (3, "c1")] {
            queue.push(&flow(address, "x"), item);
        }
        assert_eq!(drained(&mut queue), ["a1", "b1", "c1", "a2", "b2", "a3"]);
    }

    #[test]
    fn a_full_queue_drops_the_newest_of_the_longest() {
        let mut queue = FairQueue::default();
        for (address, item) in [(1, "a1"), (1, "a2"), (2, "b1")] {
            queue.push(&flow(address, "x"), item);
        }
        assert_eq!(queue.evict(), Some("a2"));
        assert_eq!(queue.len(), 2);
        assert_eq!(drained(&mut queue), ["a1", "b1"]);
        assert_eq!(queue.evict(), None);
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let mut queue = FairQueue::default();
        for n in 0..3_u16 {
            let address = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
            queue.push(&Flow { address: Some(address), account: None }, "flood");
        }
        queue.push(&flow(2, "owner"), "owner");
        assert_eq!(drained(&mut queue), ["flood", "owner", "flood", "flood"]);
    }
}
