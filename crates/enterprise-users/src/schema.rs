//! The tables, as the migrations leave them.

diesel::table! {
    enterprise_users (user_id) {
        user_id -> Integer,
        enterprise_id -> Text,
        nick_name -> Text,
        nick_name_folded -> Nullable<Text>,
        email -> Nullable<Text>,
        email_folded -> Nullable<Text>,
        phone -> Nullable<Text>,
        phone_folded -> Nullable<Text>,
        is_active -> Bool,
        origion -> Nullable<Text>,
        client_ip -> Nullable<Text>,
        password_hash -> Text,
        created_ms -> BigInt,
        updated_ms -> BigInt,
    }
}

diesel::table! {
    enterprise_administrators (user_id) {
        user_id -> Integer,
        created_ms -> BigInt,
    }
}

diesel::table! {
    enterprise_access_keys (key_hash) {
        key_hash -> Text,
        user_id -> Integer,
        note -> Text,
        created_ms -> BigInt,
        expires_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    enterprise_totals (what) {
        what -> Text,
        n -> BigInt,
    }
}

diesel::joinable!(enterprise_access_keys -> enterprise_users (user_id));
diesel::joinable!(enterprise_administrators -> enterprise_users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    enterprise_users,
    enterprise_administrators,
    enterprise_access_keys
);
