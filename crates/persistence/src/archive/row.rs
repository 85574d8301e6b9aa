//! A row of any table, as the database has it and as a line has it.

use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::row::{Field as _, NamedRow, Row};
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Text};
use serde_json::Value as Json;

use crate::catalogue::Kind;

/// One value. Which of the whole numbers and octets it is the column's kind says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Whole(i64),
    Bool(bool),
    Text(String),
    Binary(Vec<u8>),
}

impl Value {
    /// As it stands in a line, if the column may hold it.
    pub(super) fn into_json(self, kind: Kind) -> Option<Json> {
        Some(match (self, kind) {
            (Self::Null, _) => Json::Null,
            (Self::Whole(n), Kind::Integer) if i32::try_from(n).is_ok() => n.into(),
            (Self::Whole(n), Kind::BigInt) => n.into(),
            (Self::Bool(b), Kind::Bool) => b.into(),
            // SQLite has no other truth.
            (Self::Whole(n @ (0 | 1)), Kind::Bool) => (n == 1).into(),
            (Self::Text(text), Kind::Text) => text.into(),
            (Self::Binary(octets), Kind::Binary) => hex::encode(octets).into(),
            _ => return None,
        })
    }

    /// From a line, if the column may hold it.
    pub(super) fn from_json(json: Json, kind: Kind) -> Option<Self> {
        Some(match (json, kind) {
            (Json::Null, _) => Self::Null,
            (Json::Number(n), Kind::Integer) => Self::Whole(i32::try_from(n.as_i64()?).ok()?.into()),
            (Json::Number(n), Kind::BigInt) => Self::Whole(n.as_i64()?),
            (Json::Bool(b), Kind::Bool) => Self::Bool(b),
            (Json::String(text), Kind::Text) => Self::Text(text),
            (Json::String(octets), Kind::Binary) => Self::Binary(hex::decode(octets).ok()?),
            _ => return None,
        })
    }

    /// About how many octets it holds.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(octets) => octets.len(),
            Self::Null | Self::Whole(_) | Self::Bool(_) => 8,
        }
    }
}

/// The values of a row, in the order of the query.
pub(super) struct Values(pub(super) Vec<Value>);

#[cfg(feature = "sqlite")]
impl QueryableByName<diesel::sqlite::Sqlite> for Values {
    fn build<'a>(row: &impl NamedRow<'a, diesel::sqlite::Sqlite>) -> deserialize::Result<Self> {
        use diesel::sqlite::{Sqlite, SqliteType};
        let value = |index: usize| {
            let field = Row::get(row, index).ok_or("a column is missing")?;
            let Some(value) = field.value() else { return Ok(Value::Null) };
            Ok(match value.value_type() {
                None => Value::Null,
                Some(SqliteType::Text) => Value::Text(<String as FromSql<Text, Sqlite>>::from_sql(value)?),
                Some(SqliteType::Binary) => {
                    Value::Binary(<Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?)
                }
                Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                    Value::Whole(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?)
                }
                Some(other) => return Err(format!("a value of kind {other:?}").into()),
            })
        };
        (0..row.field_count()).map(value).collect::<deserialize::Result<_>>().map(Self)
    }
}

#[cfg(feature = "postgres")]
impl QueryableByName<diesel::pg::Pg> for Values {
    fn build<'a>(row: &impl NamedRow<'a, diesel::pg::Pg>) -> deserialize::Result<Self> {
        use diesel::pg::Pg;
        let value = |index: usize| {
            let field = Row::get(row, index).ok_or("a column is missing")?;
            let Some(value) = field.value() else { return Ok(Value::Null) };
            // The numbers of the types in PostgreSQL's catalogue.
            Ok(match value.get_oid().get() {
                16 => Value::Bool(<bool as FromSql<Bool, Pg>>::from_sql(value)?),
                17 => Value::Binary(<Vec<u8> as FromSql<Binary, Pg>>::from_sql(value)?),
                20 => Value::Whole(<i64 as FromSql<BigInt, Pg>>::from_sql(value)?),
                23 => Value::Whole(<i32 as FromSql<Integer, Pg>>::from_sql(value)?.into()),
                25 => Value::Text(<String as FromSql<Text, Pg>>::from_sql(value)?),
                other => return Err(format!("a value of kind {other}").into()),
            })
        };
        (0..row.field_count()).map(value).collect::<deserialize::Result<_>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_column_may_hold_goes_there_and_back() {
        for (value, kind) in [
            (Value::Null, Kind::Integer),
            (Value::Whole(i64::MIN), Kind::BigInt),
            (Value::Whole(-7), Kind::Integer),
            (Value::Bool(true), Kind::Bool),
            (Value::Text("名\u{1f600}\n\"".into()), Kind::Text),
            (Value::Binary(vec![0, 255, 10]), Kind::Binary),
        ] {
            let json = value.clone().into_json(kind).expect("fits");
            assert_eq!(Value::from_json(json, kind), Some(value));
        }
    }

    #[test]
    fn what_it_may_not_hold_is_refused() {
        assert_eq!(Value::Whole(1 << 40).into_json(Kind::Integer), None);
        assert_eq!(Value::Whole(2).into_json(Kind::Bool), None);
        assert_eq!(Value::from_json(Json::from("zz"), Kind::Binary), None);
        assert_eq!(Value::from_json(Json::from(1_i64 << 40), Kind::Integer), None);
        assert_eq!(Value::from_json(Json::from(1.5), Kind::BigInt), None);
    }
}
