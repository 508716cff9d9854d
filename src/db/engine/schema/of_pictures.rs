//! The tables of pictures.

diesel::table! {
    pictures (sku) {
        sku -> Text,
        hash -> Text,
        media_type -> Text,
        source -> Text,
        at -> Timestamp,
        bytes -> Binary,
    }
}

diesel::table! {
    picture_fetches (sku) {
        sku -> Text,
        address -> Text,
        tries -> BigInt,
        next_try_at -> Nullable<Timestamp>,
        failure -> Text,
    }
}
