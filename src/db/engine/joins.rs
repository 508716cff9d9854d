//! Which tables queries may join.

use super::schema::{
    api_tokens, apps, authorizations, campaigns, connections, former_codes, former_store_codes, found_listings,
    found_tasks, holds, idempotent_answers, import_changes, import_chunks, import_failures, import_questions, imports,
    kept_forms, kit_components, known_devices, ledger_entries, listing_fetches, listings, order_lines, orders,
    picture_fetches, pictures, promotion_changes, promotion_draft_products, promotion_drafts, promotion_orders,
    promotions, push_log, pushes, quantity_change_counter, quantity_changes, quantity_checks, retiring_listings,
    sessions, skus, stores, unmatched_lines, users, warehouses,
};

diesel::joinable!(listings -> skus (sku));
diesel::joinable!(listings -> stores (store));
diesel::joinable!(holds -> skus (sku));
diesel::joinable!(holds -> promotions (promotion_id));
diesel::joinable!(promotions -> stores (store));
diesel::joinable!(promotion_draft_products -> skus (sku));
diesel::joinable!(order_lines -> skus (sku));
diesel::joinable!(promotion_draft_products -> promotion_drafts (draft_id));
diesel::joinable!(sessions -> users (user_id));

diesel::allow_tables_to_appear_in_same_query! {
    stores, skus, listings, ledger_entries, promotions, holds, promotion_changes, promotion_drafts,
    promotion_draft_products, users, known_devices, sessions, kept_forms, api_tokens, idempotent_answers, imports,
    import_changes, import_chunks, import_failures, import_questions, orders, order_lines, connections,
    quantity_checks, quantity_changes, quantity_change_counter, pushes, push_log, promotion_orders, warehouses,
    apps, authorizations, campaigns, former_codes, former_store_codes, found_listings, found_tasks, kit_components, listing_fetches, picture_fetches, pictures, retiring_listings, unmatched_lines,
}
