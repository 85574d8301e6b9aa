//! The tables of the set `device-users`.

diesel::table! {
    device_users (user_id) {
        user_id -> Integer,
        name -> Text,
        user_type -> Integer,
        is_admin -> Bool,
        ic_number -> Text,
        id_number -> Text,
        job_number -> Text,
        remark -> Text,
        guest_time_start_ms -> BigInt,
        guest_time_end_ms -> BigInt,
        feature -> Nullable<Text>,
        created_ms -> BigInt,
        updated_ms -> BigInt,
        name_folded -> Nullable<Text>,
    }
}

diesel::table! {
    device_user_pictures (user_id) {
        user_id -> Integer,
        avatar -> Text,
    }
}

diesel::table! {
    device_groups (group_id) {
        group_id -> Integer,
        name -> Text,
        group_type -> Integer,
        rule_id -> Text,
        created_ms -> BigInt,
        name_folded -> Nullable<Text>,
    }
}

diesel::table! {
    device_group_members (user_id, group_id) {
        user_id -> Integer,
        group_id -> Integer,
        position -> Integer,
    }
}

diesel::table! {
    device_totals (what) {
        what -> Text,
        n -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(device_users, device_group_members, device_user_pictures);
