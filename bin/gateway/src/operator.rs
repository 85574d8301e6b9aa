//! Operators: the people of the admin API.

use roster_kernel::{Secret, hex_token};

use crate::compose::{ADMIN, House};
use crate::config::Config;
use crate::credentials::is_name;
use crate::start;

/// Makes the operator `name`, or gives him a new token, which is answered. The token before stops
/// at once.
///
/// # Errors
/// For a name that is none, or a store that does not open.
pub async fn create(config: &Config, name: &str) -> Result<String, Box<dyn std::error::Error>> {
    if !is_name(name) {
        return Err("an operator's name is 1 to 64 of A-Z a-z 0-9 . _ @ -".into());
    }
    let house = House::open(config)?;
    start::migrate(&house).await?;
    let token = Secret::new(hex_token(house.random.as_ref(), 32));
    house.tokens.put_lasting(&house.change("command line"), ADMIN, name, &token).await?;
    Ok(token.expose().clone())
}
