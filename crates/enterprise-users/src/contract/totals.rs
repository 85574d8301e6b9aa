//! The total of a list.

use std::collections::BTreeSet;

use crate::base::{Page, Search};
use crate::service::Store;
use crate::users::Selection;

/// At any time the total of a list is the number of its users, of all and of each enterprise.
pub async fn counts_everybody(store: &dyn Store) {
    let enterprises = counts(store, None).await;
    for enterprise in enterprises {
        counts(store, Some(enterprise)).await;
    }
}

/// Returns the enterprises of the counted users.
async fn counts(store: &dyn Store, enterprise_id: Option<String>) -> BTreeSet<String> {
    let (mut seen, mut enterprises) = (0, BTreeSet::new());
    for number in 1.. {
        let (page, search) = (Page::new(number, Page::MAX_SIZE), Search::All);
        let selection =
            Selection { enterprise_id: enterprise_id.clone(), administrators: false, search, page };
        let listed = store.list(selection).await.expect("read");
        seen += listed.users.len();
        enterprises.extend(listed.users.iter().map(|user| user.enterprise_id.as_str().to_owned()));
        if listed.users.is_empty() && number > 1 {
            assert_eq!(usize::try_from(listed.total), Ok(seen), "{enterprise_id:?}");
            break;
        }
    }
    enterprises
}
