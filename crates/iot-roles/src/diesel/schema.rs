diesel::table! {
    iot_domains (id) {
        id -> Text,
        name -> Text,
    }
}

diesel::table! {
    iot_types (id) {
        id -> Text,
        domain_id -> Text,
        name -> Text,
        description -> Nullable<Text>,
        definition -> Text,
        kind -> Text,
    }
}

diesel::table! {
    iot_objects (id) {
        id -> Text,
        domain_id -> Text,
        parent_id -> Nullable<Text>,
        location_id -> Text,
        type_id -> Text,
        name -> Text,
        attributes -> Text,
        kind -> Text,
    }
}

diesel::table! {
    iot_devices (object_id) {
        object_id -> Text,
        gateway_id -> Nullable<Text>,
        account_id -> Nullable<Text>,
    }
}

diesel::table! {
    iot_location_ancestors (ancestor_id, descendant_id) {
        ancestor_id -> Text,
        descendant_id -> Text,
        depth -> Integer,
    }
}

diesel::table! {
    iot_users (id) {
        id -> Text,
        username -> Text,
        email -> Nullable<Text>,
        role -> Text,
        status -> Text,
        password_hash -> Text,
        password_version -> Integer,
        created_ms -> BigInt,
        updated_ms -> BigInt,
    }
}

diesel::table! {
    iot_user_areas (user_id, position) {
        user_id -> Text,
        position -> Integer,
        area_id -> Text,
        area_kind -> Text,
    }
}

diesel::table! {
    iot_sessions (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        domain -> Nullable<Text>,
        created_ms -> BigInt,
        expires_ms -> BigInt,
        login_id -> Nullable<Text>,
        used_ms -> Nullable<BigInt>,
        next_access -> Nullable<Text>,
        next_refresh -> Nullable<Text>,
    }
}

diesel::table! {
    iot_logins (id) {
        id -> Text,
        user_id -> Text,
        address -> Nullable<Text>,
        device -> Nullable<Text>,
        domain -> Nullable<Text>,
        created_ms -> BigInt,
        access_expires_ms -> BigInt,
        refresh_expires_ms -> BigInt,
        expires_ms -> BigInt,
        last_ms -> BigInt,
    }
}

diesel::table! {
    iot_totals (what) {
        what -> Text,
        n -> BigInt,
    }
}

diesel::joinable!(iot_sessions -> iot_users (user_id));
diesel::joinable!(iot_sessions -> iot_logins (login_id));
diesel::joinable!(iot_logins -> iot_users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    iot_domains,
    iot_types,
    iot_objects,
    iot_devices,
    iot_location_ancestors,
    iot_users,
    iot_user_areas,
    iot_sessions,
    iot_logins,
);
