//! The tables of reading orders.

diesel::table! {
    pulls (store) {
        store -> Text,
        began_at -> Timestamp,
        complete_until -> Nullable<Timestamp>,
        window_from -> Nullable<Timestamp>,
        window_until -> Nullable<Timestamp>,
        page -> Nullable<Text>,
        due_at -> Timestamp,
        lease -> Nullable<Text>,
        leased_until -> Nullable<Timestamp>,
        failures -> BigInt,
        problem_text -> Nullable<Text>,
        refused -> BigInt,
        refused_text -> Nullable<Text>,
        last_webhook_at -> Nullable<Timestamp>,
        swept_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    order_hints (store, order_id) {
        store -> Text,
        order_id -> Text,
        message_key -> Text,
        noted_at -> Timestamp,
        read_at -> Nullable<Timestamp>,
    }
}
