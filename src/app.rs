//! Every route of the pages, with its permission. Those of the API are in [`crate::api`].

use crate::{
    domain::staff::permission::{
        Access::Public,
        Permission::{
            Import, ManageCatalogue, ManageConnections, ManageOrders, ManageOwnAccount, ManagePromotions, ManageStaff,
            ManageStores, ManageTokens, Verify, View,
        },
    },
    screens::{catalogue, dashboard, help, imports, orders, promotions, staff, stores, verifications},
    thumbnail::ORIGINAL_BYTES,
    web::routes::{PageRoute, get, post},
};

/// The first route that matches a path handles it.
pub fn routes() -> Vec<PageRoute> {
    let mut routes = vec![
        get("/", View, dashboard::show),
        get("/getting-started", View, dashboard::getting_started::show),
        get("/help", View, help::show),
        get("/sign-in", Public, staff::sign_in::show),
        post("/sign-in", Public, staff::sign_in::submit),
        post("/sign-out", Public, staff::sign_out::submit),
        get("/setup", Public, staff::setup::show),
        post("/setup", Public, staff::setup::submit),
    ];
    routes.extend(of_promotions());
    routes.extend(of_catalogue());
    routes.extend(of_orders());
    routes.extend(of_stores());
    routes.extend(of_imports_and_verifications());
    routes.extend(of_settings());
    routes
}

fn of_promotions() -> Vec<PageRoute> {
    use promotions::{by_hand, confirmation, draft, edit, end, history, list, new, report, show};
    vec![
        get("/promotions", View, list::show),
        get("/promotions/new", ManagePromotions, new::show),
        post("/promotions/new", ManagePromotions, new::submit),
        get("/promotions/drafts/{id}/details", ManagePromotions, draft::details::show),
        post("/promotions/drafts/{id}/details", ManagePromotions, draft::details::submit),
        get("/promotions/drafts/{id}/products", ManagePromotions, draft::products::show),
        post("/promotions/drafts/{id}/products", ManagePromotions, draft::products::submit),
        get("/promotions/drafts/{id}/review", ManagePromotions, draft::review::show),
        post("/promotions/drafts/{id}/review", ManagePromotions, draft::review::submit),
        get("/promotions/drafts/{id}/quantities.csv", ManagePromotions, by_hand::of_draft),
        post("/promotions/drafts/{id}/discard", ManagePromotions, draft::discard)
            .of_form_on("/promotions/drafts/{id}/details"),
        get("/promotions/{id}/confirmation", View, confirmation::show),
        get("/promotions/{id}/edit", ManagePromotions, edit::show),
        post("/promotions/{id}/edit", ManagePromotions, edit::submit),
        post("/promotions/{id}/edit/discard", ManagePromotions, edit::discard).of_form_on("/promotions/{id}/edit"),
        post("/promotions/{id}/duplicate", ManagePromotions, new::duplicate).of_form_on("/promotions/{id}"),
        get("/promotions/{id}/history", View, history::show),
        get("/promotions/{id}/end", ManagePromotions, end::show),
        post("/promotions/{id}/end", ManagePromotions, end::submit),
        get("/promotions/{id}/quantities.csv", View, by_hand::of_promotion),
        get("/promotions/{id}/report.csv", View, report::export::show),
        get("/promotions/{id}/cost", View, report::cost::show),
        get("/promotions/{id}", View, show::show),
    ]
}

fn of_catalogue() -> Vec<PageRoute> {
    use catalogue::{adjust, archive, create, edit, export, list, merge, picture, rename, show, stocktake};
    vec![
        get("/catalogue", View, list::show),
        post("/catalogue", ManageCatalogue, create::submit).of_form_on("/catalogue/new"),
        get("/catalogue.csv", View, export::show),
        get("/catalogue/new", ManageCatalogue, create::show),
        get("/catalogue/{sku}", View, show::show),
        get("/catalogue/{sku}/edit", ManageCatalogue, edit::show),
        post("/catalogue/{sku}/edit", ManageCatalogue, edit::submit).with_file_of_up_to(ORIGINAL_BYTES),
        get("/catalogue/{sku}/rename", ManageCatalogue, rename::show),
        post("/catalogue/{sku}/rename", ManageCatalogue, rename::submit),
        get("/catalogue/{sku}/archive", ManageCatalogue, archive::show),
        post("/catalogue/{sku}/archive", ManageCatalogue, archive::submit),
        post("/catalogue/{sku}/restore", ManageCatalogue, archive::restore).of_form_on("/catalogue/{sku}"),
        get("/catalogue/{sku}/merge", ManageCatalogue, merge::show),
        post("/catalogue/{sku}/merge", ManageCatalogue, merge::submit),
        get("/catalogue/{sku}/adjust", ManageCatalogue, adjust::show),
        post("/catalogue/{sku}/adjust", ManageCatalogue, adjust::submit),
        get("/catalogue/{sku}/stocktake", ManageCatalogue, stocktake::show),
        post("/catalogue/{sku}/stocktake", ManageCatalogue, stocktake::submit),
        get("/pictures/{hash}", View, picture::show),
    ]
}

fn of_orders() -> Vec<PageRoute> {
    use orders::{close, export, list, new, returns, selected, show, unmatched};
    vec![
        get("/orders", View, list::show),
        get("/orders.csv", View, export::orders),
        get("/order-lines.csv", View, export::lines),
        post("/orders", ManageOrders, new::submit).of_form_on("/orders/new"),
        get("/orders/new", ManageOrders, new::show),
        post("/orders/selected", ManageOrders, selected::submit).of_form_on("/orders"),
        get("/orders/returns", View, returns::show),
        post("/orders/returns", ManageOrders, returns::submit),
        get("/orders/unmatched", View, unmatched::show),
        get("/orders/{store}/{number}", View, show::show),
        get("/orders/{store}/{number}/{closing}", ManageOrders, close::show),
        post("/orders/{store}/{number}/{closing}", ManageOrders, close::submit),
    ]
}

fn of_stores() -> Vec<PageRoute> {
    use stores::{
        campaigns, connect, connection, create, disconnect, drifts, edit, found, kits, leave, list, listing, listings,
        pause, push_log, quantities, rename, show, start,
    };
    vec![
        get("/stores", View, list::show),
        post("/stores", ManageStores, create::submit).of_form_on("/stores/new"),
        get("/stores/new", ManageStores, create::show),
        get("/stores/connect", ManageConnections, connect::show),
        post("/stores/connect", ManageConnections, connect::begin),
        get("/stores/connect/{id}", ManageConnections, connect::permitted::show),
        post("/stores/connect/{id}", ManageConnections, connect::permitted::submit),
        get("/connect/{marketplace}", ManageConnections, connect::back::show).of_form_on("/stores/connect"),
        post("/stores/{code}/reconnect", ManageConnections, connect::reconnect::submit).of_form_on("/stores/{code}"),
        get("/stores/{code}", View, show::show),
        get("/stores/{code}/edit", ManageStores, edit::show),
        post("/stores/{code}/edit", ManageStores, edit::submit),
        get("/stores/{code}/rename", ManageStores, rename::show),
        post("/stores/{code}/rename", ManageStores, rename::submit),
        get("/stores/{code}/listings", View, listings::show),
        post("/stores/{code}/listings", ManageStores, listings::submit),
        get("/stores/{code}/listings.csv", View, listings::export::show),
        get("/stores/{code}/found", View, found::show),
        post("/stores/{code}/found", ManageStores, found::submit),
        get("/stores/{code}/campaigns", View, campaigns::show),
        post("/stores/{code}/campaigns", ManagePromotions, campaigns::submit),
        post("/stores/{code}/fetch", ManageStores, found::fetch).of_form_on("/stores/{code}/found"),
        get("/stores/{code}/start", ManageStores, start::show),
        post("/stores/{code}/start", ManageStores, start::submit),
        get("/stores/{code}/start.csv", ManageStores, start::export),
        get("/stores/{code}/listings/new", ManageStores, listing::add::show),
        post("/stores/{code}/listings/new", ManageStores, listing::add::submit),
        get("/stores/{code}/listings/{id}/edit", ManageStores, listing::edit::show),
        post("/stores/{code}/listings/{id}/edit", ManageStores, listing::edit::submit),
        get("/stores/{code}/listings/{id}/remove", ManageStores, listing::remove::show),
        post("/stores/{code}/listings/{id}/remove", ManageStores, listing::remove::submit),
        get("/kits", View, kits::show),
        get("/kits.csv", View, kits::export),
        get("/stores/{code}/quantities.csv", View, quantities::show),
        get("/stores/{code}/retiring", ManageStores, leave::show),
        post("/stores/{code}/retiring", ManageStores, leave::submit),
        post("/stores/{code}/pause", ManageStores, pause::pause).of_form_on("/stores/{code}"),
        post("/stores/{code}/resume", ManageStores, pause::resume).of_form_on("/stores/{code}"),
        post("/stores/{code}/push", ManageStores, pause::push_now).of_form_on("/stores/{code}"),
        get("/drifts", View, drifts::show),
        get("/push-log", View, push_log::list::show),
        get("/push-log.csv", View, push_log::export::show),
        get("/pushes", View, push_log::moved::list),
        get("/pushes.csv", View, push_log::moved::export),
        get("/stores/{code}/connection", ManageConnections, connection::show),
        post("/stores/{code}/connection", ManageConnections, connection::submit::submit),
        post("/stores/{code}/test", ManageStores, connection::test::submit).of_form_on("/stores/{code}"),
        get("/stores/{code}/disconnect", ManageConnections, disconnect::show),
        post("/stores/{code}/disconnect", ManageConnections, disconnect::submit),
    ]
}

fn of_imports_and_verifications() -> Vec<PageRoute> {
    vec![
        get("/imports", View, imports::list::show),
        post("/imports", Import, imports::list::submit),
        get("/imports/{id}", View, imports::show::show),
        post("/imports/{id}/go-on", Import, imports::answer::go_on).of_form_on("/imports"),
        post("/imports/{id}/cancel", Import, imports::answer::cancel).of_form_on("/imports"),
        get("/imports/{id}/failed-rows.csv", View, imports::show::failed_rows),
        get("/verifications", View, verifications::list),
        post("/verifications", Verify, verifications::start),
        get("/verifications/{id}", View, verifications::show),
    ]
}

fn of_settings() -> Vec<PageRoute> {
    use staff::{account, organization, sessions, tokens, users};
    vec![
        get("/settings/account", ManageOwnAccount, account::show),
        post("/settings/account", ManageOwnAccount, account::change_password),
        post("/settings/account/sessions/end", ManageOwnAccount, sessions::end).of_form_on("/settings/account"),
        post("/settings/account/sessions/end-others", ManageOwnAccount, sessions::end_others)
            .of_form_on("/settings/account"),
        get("/settings/organization", ManageStaff, organization::show),
        post("/settings/organization", ManageStaff, organization::save),
        get("/settings/users", ManageStaff, users::show),
        post("/settings/users", ManageStaff, users::add),
        get("/settings/users/{id}/role", ManageStaff, users::show_role),
        post("/settings/users/{id}/role", ManageStaff, users::change_role),
        get("/settings/users/{id}/disable", ManageStaff, users::ask),
        post("/settings/users/{id}/disable", ManageStaff, users::disable),
        post("/settings/users/{id}/enable", ManageStaff, users::enable).of_form_on("/settings/users"),
        get("/settings/marketplaces", ManageConnections, stores::apps::show),
        post("/settings/marketplaces/{marketplace}", ManageConnections, stores::apps::save)
            .of_form_on("/settings/marketplaces"),
        get("/settings/tokens", ManageTokens, tokens::show),
        post("/settings/tokens", ManageTokens, tokens::create),
        post("/settings/tokens/{id}/revoke", ManageTokens, tokens::revoke).of_form_on("/settings/tokens"),
    ]
}
