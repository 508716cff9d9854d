//! The tables of what marketplaces list.

diesel::table! {
    found_listings (store, key) {
        store -> Text,
        key -> Text,
        item_id -> Text,
        variant_id -> Nullable<Text>,
        seller_sku -> Text,
        title -> Text,
        search_key -> Text,
        status -> Text,
        picture -> Text,
        price_minor -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        shown -> Nullable<BigInt>,
        seen_at -> Timestamp,
        seen_in -> BigInt,
        gone_at -> Nullable<Timestamp>,
        is_ignored -> Bool,
        state -> Text,
        sku -> Nullable<Text>,
        listing -> Nullable<Text>,
        note -> Text,
    }
}

diesel::table! {
    listing_fetches (store) {
        store -> Text,
        number -> BigInt,
        phase -> Text,
        place -> Nullable<Text>,
        found -> BigInt,
        unreadable -> BigInt,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        due_at -> Timestamp,
        failures -> BigInt,
        problem -> Nullable<Text>,
        news_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    found_tasks (store) {
        store -> Text,
        task -> Text,
        place -> Nullable<Text>,
        done -> BigInt,
        refused -> BigInt,
        actor -> Text,
        asked_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}
