//! The tables of `roster_migrations::TENANT_CIAM`.

diesel::table! {
    tenant_tenants (id) {
        id -> Text,
        name -> Text,
        rules_version -> BigInt,
        host -> Nullable<Text>,
        created_ms -> BigInt,
        updated_ms -> BigInt,
    }
}

diesel::table! {
    tenant_attributes (tenant_id, key) {
        tenant_id -> Text,
        key -> Text,
        position -> Integer,
        builtin -> Bool,
        kind -> Text,
        required -> Bool,
        is_unique -> Bool,
        display_zh -> Text,
        display_en -> Text,
        min_chars -> Nullable<Integer>,
        max_chars -> Nullable<Integer>,
        pattern -> Nullable<Text>,
        allowed_json -> Text,
    }
}

diesel::table! {
    tenant_area_codes (tenant_id, code) {
        tenant_id -> Text,
        code -> Text,
        position -> Integer,
        region -> Text,
        number_pattern -> Text,
        is_default -> Bool,
    }
}

diesel::table! {
    tenant_password_policies (tenant_id) {
        tenant_id -> Text,
        preset -> Text,
        min_chars -> Integer,
        max_chars -> Integer,
        min_classes -> Integer,
        max_run -> Nullable<Integer>,
        weak_list -> Bool,
        user_information -> Bool,
        history_depth -> Integer,
    }
}

diesel::table! {
    tenant_weak_passwords (tenant_id, password_folded) {
        tenant_id -> Text,
        password_folded -> Text,
    }
}

diesel::table! {
    tenant_users (user_id) {
        user_id -> Text,
        tenant_id -> Text,
        user_name -> Text,
        user_name_key -> Text,
        name -> Nullable<Text>,
        mobile -> Nullable<Text>,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        gender -> Nullable<Text>,
        birthday -> Nullable<Text>,
        nick_name -> Nullable<Text>,
        mailing_address -> Nullable<Text>,
        zip_code -> Nullable<Text>,
        first_name -> Nullable<Text>,
        middle_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        industry -> Nullable<Text>,
        external_id -> Nullable<Text>,
        external_id_key -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        must_modify_password -> Bool,
        password_set_ms -> Nullable<BigInt>,
        disabled -> Bool,
        created_ms -> BigInt,
        updated_ms -> BigInt,
        sign_ins -> BigInt,
        last_sign_in_ms -> Nullable<BigInt>,
        revision -> BigInt,
    }
}

diesel::table! {
    tenant_user_pictures (user_id) {
        user_id -> Text,
        picture -> Text,
    }
}

diesel::table! {
    tenant_user_extensions (user_id, key) {
        user_id -> Text,
        key -> Text,
        kind -> Text,
        value -> Text,
        tenant_id -> Text,
    }
}

diesel::table! {
    tenant_unique_values (tenant_id, attribute, value_key) {
        tenant_id -> Text,
        attribute -> Text,
        value_key -> Text,
        user_id -> Text,
    }
}

diesel::table! {
    tenant_password_history (user_id, number) {
        user_id -> Text,
        number -> Integer,
        password_hash -> Text,
        set_ms -> BigInt,
    }
}

diesel::table! {
    tenant_totals (what) {
        what -> Text,
        n -> BigInt,
    }
}

diesel::joinable!(tenant_user_extensions -> tenant_users (user_id));
diesel::joinable!(tenant_user_pictures -> tenant_users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    tenant_tenants,
    tenant_user_extensions,
    tenant_user_pictures,
    tenant_users
);
