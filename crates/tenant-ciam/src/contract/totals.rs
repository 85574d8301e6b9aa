//! The total of a list.

use crate::store::Store;
use crate::user::Selection;

/// Whatever happened, the total of a tenant's list is the number of its users.
pub async fn counts_everybody(store: &dyn Store) {
    for tenant in store.tenants(None, 1000).await.expect("listed") {
        let selection = Selection { updated_since_ms: None, skip: 0, limit: 100_000 };
        let listed = store.users(&tenant.id, selection).await.expect("read");
        assert_eq!(usize::try_from(listed.total), Ok(listed.users.len()), "{:?}", tenant.id);
    }
}
