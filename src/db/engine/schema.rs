//! The tables of both databases, as diesel sees them. `migrations/` is the truth.

mod of_campaigns;
mod of_found;
mod of_orders;
mod of_pictures;
mod of_pulls;
mod of_stores;

pub use of_campaigns::*;
pub use of_found::*;
pub use of_orders::*;
pub use of_pictures::*;
pub use of_pulls::*;
pub use of_stores::*;

diesel::table! {
    stores (code) {
        code -> Text,
        name -> Text,
        marketplace -> Text,
        time_zone -> Text,
        created_at -> Timestamp,
        country -> Nullable<Text>,
        currency -> Nullable<Text>,
    }
}

diesel::table! {
    skus (code) {
        code -> Text,
        name -> Text,
        search_key -> Text,
        on_hand -> BigInt,
        committed -> BigInt,
        oversold -> BigInt,
        buffer -> BigInt,
        revision -> BigInt,
        created_at -> Timestamp,
        may_be_short -> Bool,
        last_at -> Timestamp,
        archived_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    former_store_codes (code) {
        code -> Text,
        store -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    former_codes (code) {
        code -> Text,
        sku -> Text,
        is_merged -> Bool,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    ledger_entries (sku, number) {
        sku -> Text,
        number -> BigInt,
        at -> Timestamp,
        actor -> Text,
        kind -> Text,
        reason -> Text,
        promotion_id -> Nullable<Text>,
        store -> Nullable<Text>,
        on_hand_change -> BigInt,
        committed_change -> BigInt,
        oversold_change -> BigInt,
        buffer_change -> BigInt,
        held_change -> BigInt,
        sold_change -> BigInt,
        on_hand_after -> BigInt,
        committed_after -> BigInt,
        oversold_after -> BigInt,
        buffer_after -> BigInt,
        order_number -> Nullable<Text>,
        held_after -> Nullable<BigInt>,
        sold_after -> Nullable<BigInt>,
    }
}

diesel::table! {
    promotions (id) {
        id -> Text,
        draft_id -> Nullable<Text>,
        name -> Text,
        search_key -> Text,
        flash_sale_type -> Text,
        store -> Text,
        starts_at -> Timestamp,
        ends_at -> Timestamp,
        scheduled_ends_at -> Timestamp,
        ended_by -> Nullable<Text>,
        created_at -> Timestamp,
        created_by -> Text,
    }
}

diesel::table! {
    holds (sku, promotion_id) {
        sku -> Text,
        promotion_id -> Text,
        store -> Text,
        ends_at -> Timestamp,
        quantity -> BigInt,
        sold -> BigInt,
        settled -> Bool,
        removed -> Bool,
    }
}

diesel::table! {
    promotion_changes (promotion_id, number) {
        promotion_id -> Text,
        number -> BigInt,
        at -> Timestamp,
        actor -> Text,
        kind -> Text,
        sku -> Nullable<Text>,
        name_before -> Nullable<Text>,
        name_after -> Nullable<Text>,
        ends_before -> Nullable<Timestamp>,
        ends_after -> Nullable<Timestamp>,
        quantity_before -> Nullable<BigInt>,
        quantity_after -> Nullable<BigInt>,
    }
}

diesel::table! {
    promotion_drafts (id) {
        id -> Text,
        name -> Text,
        search_key -> Text,
        flash_sale_type -> Text,
        store -> Text,
        start_typed -> Text,
        end_typed -> Text,
        revision -> BigInt,
        created_at -> Timestamp,
        created_by -> Text,
        edits_id -> Nullable<Text>,
        shown_name -> Nullable<Text>,
        shown_ends_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    promotion_draft_products (draft_id, sku) {
        draft_id -> Text,
        sku -> Text,
        position -> BigInt,
        quantity_typed -> Text,
        shown_quantity -> Nullable<BigInt>,
        removing -> Bool,
    }
}

diesel::table! {
    promotion_draft_kits (draft_id, seller_sku) {
        draft_id -> Text,
        seller_sku -> Text,
        position -> BigInt,
        quantity_typed -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        email -> Text,
        password_hash -> Text,
        created_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
        password_is_given -> Bool,
        role -> Text,
    }
}

diesel::table! {
    known_devices (key_hash, user_id) {
        key_hash -> Text,
        user_id -> Text,
        used_at -> Timestamp,
    }
}

diesel::table! {
    sessions (key_hash) {
        key_hash -> Text,
        user_id -> Text,
        device -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Text,
        name -> Text,
        token_hash -> Text,
        created_at -> Timestamp,
        created_by -> Text,
        revoked_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    idempotent_answers (token_id, key) {
        token_id -> Text,
        key -> Text,
        request_hash -> Text,
        status -> Integer,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    imports (id) {
        id -> Text,
        kind -> Text,
        file_name -> Text,
        header -> Text,
        rows_total -> BigInt,
        rows_done -> BigInt,
        rows_created -> BigInt,
        rows_updated -> BigInt,
        rows_failed -> BigInt,
        created_at -> Timestamp,
        created_by -> Text,
        finished_at -> Nullable<Timestamp>,
        orders_recorded -> BigInt,
        orders_known -> BigInt,
        units_recorded -> BigInt,
        orders_short -> BigInt,
        units_short -> BigInt,
        rows_unchanged -> BigInt,
        is_check -> Bool,
        notes -> Text,
        content_hash -> Nullable<Text>,
        rows_unmapped -> BigInt,
    }
}

diesel::table! {
    import_chunks (import_id, first_row) {
        import_id -> Text,
        first_row -> BigInt,
        body -> Text,
    }
}

diesel::table! {
    import_changes (import_id, row_number) {
        import_id -> Text,
        row_number -> BigInt,
        change_hash -> BigInt,
    }
}

diesel::table! {
    import_questions (import_id) {
        import_id -> Text,
        question -> Text,
    }
}

diesel::table! {
    import_failures (import_id, row_number) {
        import_id -> Text,
        row_number -> BigInt,
        line -> BigInt,
        cells -> Text,
        reason -> Text,
    }
}

diesel::table! {
    recorded_time (id) {
        id -> Integer,
        at -> Timestamp,
        boot -> Text,
        since_boot_us -> BigInt,
    }
}

diesel::table! {
    organization (id) {
        id -> Integer,
        name -> Text,
        time_zone -> Nullable<Text>,
        currency -> Nullable<Text>,
    }
}

diesel::table! {
    connections (store) {
        store -> Text,
        kind -> Text,
        api_url -> Text,
        credentials -> Text,
        rate -> BigInt,
        paused_at -> Nullable<Timestamp>,
        paused_by -> Nullable<Text>,
        pause_reason -> Nullable<Text>,
        failures -> BigInt,
        problem -> Nullable<Text>,
        problem_text -> Nullable<Text>,
        not_before -> Nullable<Timestamp>,
        last_push_at -> Nullable<Timestamp>,
        renewed_until -> Nullable<Timestamp>,
        created_at -> Timestamp,
        created_by -> Text,
        tested_at -> Nullable<Timestamp>,
        warehouse -> Nullable<Text>,
        failed_test_at -> Nullable<Timestamp>,
        failed_test -> Nullable<Text>,
        shop -> Nullable<Text>,
        permission -> Nullable<Text>,
        access_ends_at -> Nullable<Timestamp>,
        permission_ends_at -> Nullable<Timestamp>,
        failed_listing -> Nullable<Text>,
        started_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    apps (kind) {
        kind -> Text,
        address -> Text,
        app_keys -> Text,
        saved_at -> Timestamp,
        saved_by -> Text,
    }
}

diesel::table! {
    authorizations (state_hash) {
        state_hash -> Text,
        session_hash -> Text,
        kind -> Text,
        country -> Nullable<Text>,
        store -> Nullable<Text>,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        granted -> Nullable<Text>,
    }
}

diesel::table! {
    warehouses (store, code) {
        store -> Text,
        code -> Text,
        name -> Text,
    }
}

diesel::table! {
    quantity_checks (sku, due_at) {
        sku -> Text,
        due_at -> Timestamp,
    }
}

diesel::table! {
    quantity_changes (sku) {
        sku -> Text,
        number -> BigInt,
        quantities -> Text,
        revision -> BigInt,
    }
}

diesel::table! {
    quantity_change_counter (id) {
        id -> Integer,
        last -> BigInt,
        at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    verifications (id) {
        id -> Text,
        began_at -> Timestamp,
        began_by -> Text,
        finished_at -> Nullable<Timestamp>,
        skus -> BigInt,
        entries -> BigInt,
        holds -> BigInt,
        orders -> BigInt,
        differences -> Nullable<BigInt>,
        listed -> Text,
    }
}

diesel::table! {
    kept_forms (id) {
        id -> Text,
        user_id -> Text,
        page -> Text,
        action -> Text,
        fields -> Text,
        has_expired -> Bool,
        had_file -> Bool,
        had_secret -> Bool,
        kept_at -> Timestamp,
    }
}
