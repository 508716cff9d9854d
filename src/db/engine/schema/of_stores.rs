//! The tables of listings and pushes.

diesel::table! {
    listings (id) {
        id -> Text,
        sku -> Text,
        store -> Text,
        seller_sku -> Text,
        title -> Text,
        created_at -> Timestamp,
        item_id -> Nullable<Text>,
        variant_id -> Nullable<Text>,
        shared_by -> Text,
    }
}

diesel::table! {
    retiring_listings (id) {
        id -> Text,
        sku -> Text,
        store -> Text,
        seller_sku -> Text,
        title -> Text,
        created_at -> Timestamp,
        item_id -> Nullable<Text>,
        variant_id -> Nullable<Text>,
        retired_at -> Timestamp,
        retired_by -> Text,
    }
}

diesel::table! {
    kit_components (listing, sku) {
        listing -> Text,
        sku -> Text,
        units -> BigInt,
    }
}

diesel::table! {
    pushes (listing) {
        listing -> Text,
        sku -> Text,
        store -> Text,
        acknowledged -> Nullable<BigInt>,
        acknowledged_at -> Nullable<Timestamp>,
        behind_since -> Nullable<Timestamp>,
        lower_since -> Nullable<Timestamp>,
        due_at -> Nullable<Timestamp>,
        lease -> Nullable<Text>,
        sending -> Nullable<BigInt>,
        has_sold -> Bool,
        failures -> BigInt,
        problem -> Nullable<Text>,
        problem_text -> Nullable<Text>,
        locked_quantity -> Nullable<BigInt>,
        locked_until -> Nullable<Timestamp>,
        sequence -> BigInt,
        missing -> BigInt,
    }
}

diesel::table! {
    drifts (id) {
        id -> Text,
        at -> Timestamp,
        store -> Text,
        sku -> Text,
        seller_sku -> Text,
        expected -> BigInt,
        shown -> BigInt,
        sent -> BigInt,
        corrected -> Bool,
    }
}

diesel::table! {
    push_log (id) {
        id -> Text,
        at -> Timestamp,
        store -> Text,
        sku -> Text,
        seller_sku -> Text,
        quantity_before -> Nullable<BigInt>,
        quantity -> BigInt,
        why -> Text,
        outcome -> Text,
        answer -> Text,
        request_id -> Nullable<Text>,
    }
}
