//! The tables of the set `auth`.

diesel::table! {
    auth_accounts (realm, name) {
        realm -> Text,
        name -> Text,
        scope -> Nullable<Text>,
        secret_hash -> Text,
        secret_set_ms -> BigInt,
        disabled -> Bool,
        created_ms -> BigInt,
        generation -> Text,
    }
}

diesel::table! {
    auth_tokens (token_hash) {
        token_hash -> Text,
        realm -> Text,
        subject -> Text,
        scope -> Nullable<Text>,
        issued_ms -> BigInt,
        expires_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    auth_signing_keys (kid) {
        kid -> Text,
        realm -> Text,
        secret -> Binary,
        created_ms -> BigInt,
        retired_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    auth_throttle (realm, kind, subject) {
        realm -> Text,
        kind -> Text,
        subject -> Text,
        failures -> Integer,
        window_ms -> BigInt,
        expires_ms -> BigInt,
        last_failure_ms -> BigInt,
        spent_until_ms -> BigInt,
    }
}

diesel::table! {
    auth_reservations (id) {
        id -> Text,
        realm -> Text,
        account -> Nullable<Text>,
        address -> Nullable<Text>,
        known -> Bool,
        expires_ms -> BigInt,
    }
}

diesel::table! {
    auth_known_addresses (realm, account, address) {
        realm -> Text,
        account -> Text,
        address -> Text,
        expires_ms -> BigInt,
    }
}
