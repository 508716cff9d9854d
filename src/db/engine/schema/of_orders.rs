//! The tables of orders.

diesel::table! {
    orders (number, store) {
        store -> Text,
        number -> Text,
        status -> Text,
        placed_at -> Timestamp,
        received_at -> Timestamp,
        received_by -> Text,
        closed_at -> Nullable<Timestamp>,
        closed_by -> Nullable<Text>,
        units -> BigInt,
        oversold -> BigInt,
        updated_at -> Nullable<Timestamp>,
        payment -> Text,
        fulfilled_by -> Text,
    }
}

diesel::table! {
    order_lines (number, store, position) {
        store -> Text,
        number -> Text,
        position -> BigInt,
        sku -> Text,
        quantity -> BigInt,
        unit_price_minor -> Nullable<BigInt>,
        promotion_id -> Nullable<Text>,
        from_hold -> BigInt,
        from_shared -> BigInt,
        oversold -> BigInt,
        price_decimals -> Integer,
        line_id -> Nullable<Text>,
        seller_sku -> Nullable<Text>,
        per_unit -> BigInt,
        own_status -> Nullable<Text>,
        returned -> BigInt,
        restocked -> BigInt,
        written_off -> BigInt,
        returned_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    unmatched_lines (number, store, position) {
        store -> Text,
        number -> Text,
        position -> BigInt,
        line_id -> Nullable<Text>,
        seller_sku -> Text,
        quantity -> BigInt,
        own_status -> Nullable<Text>,
        returned -> BigInt,
        unit_price_minor -> Nullable<BigInt>,
        price_decimals -> Integer,
    }
}

diesel::table! {
    order_changes (number, store, nth) {
        store -> Text,
        number -> Text,
        nth -> BigInt,
        at -> Timestamp,
        actor -> Text,
        details -> Text,
    }
}

diesel::table! {
    promotion_orders (promotion_id, status, placed_at, number, store) {
        promotion_id -> Text,
        status -> Text,
        placed_at -> Timestamp,
        number -> Text,
        store -> Text,
        is_oversold -> Bool,
    }
}
