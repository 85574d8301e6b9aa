//! What an operator's doctor asks.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use roster_kernel::ports::PortError;

use super::DieselStore;
use super::schema::iot_users;
use crate::domain::{Role, Status};

/// Places that stand in a column without a foreign key, since they may be domains or sites.
const PLACES: [(&str, &str); 4] = [
    ("iot_location_ancestors", "ancestor_id"),
    ("iot_location_ancestors", "descendant_id"),
    ("iot_objects", "location_id"),
    ("iot_user_areas", "area_id"),
];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl DieselStore {
    /// Whether anybody of role SYSTEM may sign in: else nobody can make users.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn any_administrator(&self) -> Result<bool, PortError> {
        let any = self.db.read(|conn| {
            let administrators = iot_users::table
                .filter(iot_users::role.eq(Role::System.name()))
                .filter(iot_users::status.eq(Status::Enable.name()));
            Ok(diesel::select(diesel::dsl::exists(administrators)).get_result(conn)?)
        });
        Ok(any.await?)
    }

    /// The columns that name a place which is not there, as `table.column`, each with how many rows do.
    /// None in a good store. Walks the tables.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn orphans(&self) -> Result<Vec<(String, i64)>, PortError> {
        let orphans = self.db.snapshot(|conn| {
            let mut found = Vec::new();
            for (table, column) in PLACES {
                let orphans = diesel::sql_query(format!(
                    "SELECT count(*) AS n FROM {table} AS t \
                     WHERE NOT EXISTS (SELECT 1 FROM iot_domains AS d WHERE d.id = t.{column}) \
                     AND NOT EXISTS (SELECT 1 FROM iot_objects AS o WHERE o.id = t.{column})"
                ));
                match orphans.get_result::<Count>(conn)?.n {
                    0 => {}
                    n => found.push((format!("{table}.{column}"), n)),
                }
            }
            Ok(found)
        });
        Ok(orphans.await?)
    }
}
