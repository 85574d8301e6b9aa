//! The total of a list.

use crate::domain::Window;
use crate::store::Store;

/// Whatever happened, the total of a list is the number of all users.
pub async fn counts_everybody(store: &dyn Store) {
    let everybody = store.versions(None, u32::MAX).await.expect("read").len();
    let window = Window::parse("0", "1").expect("a window");
    let total = store.list(window).await.expect("read").total;
    assert_eq!(usize::try_from(total), Ok(everybody));
}
