//! The total of a list.

use crate::domain::{PAGE_SIZE_MAX, PageRequest};
use crate::store::Store;

/// Whatever happened, the total of a list is the number of all users.
pub async fn counts_everybody(store: &dyn Store) {
    let mut shown = 0;
    for number in 0.. {
        let page = PageRequest { number, size: PAGE_SIZE_MAX };
        let listed = store.users(page).await.expect("read");
        shown += listed.content.len();
        if listed.content.is_empty() {
            assert_eq!(usize::try_from(listed.total), Ok(shown));
            return;
        }
    }
}
