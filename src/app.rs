//! The server: what requests share, and every route in one place.

use crate::{
    api::{self, call::KnownTokens},
    clock::Clock,
    db::{self, Database},
    jobs::{self, intake::Intake, verify::Verifier},
    marketplaces::HttpClient,
    screens,
    settings::Settings,
    sync::{
        access::{self, Access},
        push::{Pusher, Times},
    },
    web::{
        csrf,
        error::{PageError, PageResult},
        guard,
        limits::SignInLimits,
        sessions,
    },
};
use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::from_fn,
    rt,
    web::{self, Data, ServiceConfig, get, post},
};
use chrono::TimeDelta;
use std::{io, net::TcpListener, sync::Arc};

/// What the program shares between requests.
pub struct State {
    /// The settings.
    pub settings: Settings,
    /// The data.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// How often passwords may be tried.
    pub limits: SignInLimits,
    /// The API tokens that were let in.
    pub known_tokens: KnownTokens,
    /// What whoever makes the first account has to know; there is none once somebody can sign in.
    pub setup_token: Option<String>,
    /// What the forms of connections try marketplaces through.
    pub http: HttpClient,
}

impl State {
    /// What requests share on a server that was just started.
    ///
    /// # Errors
    /// When the database fails.
    pub fn new(settings: Settings, database: Database, clock: Clock) -> Result<Self, db::Error> {
        let is_empty = database.read_blocking(db::staff::users::none_yet)?;
        Ok(Self {
            limits: SignInLimits::new(settings.sign_in_tries, &clock),
            known_tokens: KnownTokens::default(),
            setup_token: is_empty.then(sessions::random_secret),
            http: HttpClient::new(access::ANSWER),
            settings,
            database,
            clock,
        })
    }
}

/// Starts the server on `listener`. It runs when the answer is awaited, inside an actix system.
///
/// # Errors
/// When the system does not let it listen.
pub fn server(state: State, listener: TcpListener) -> io::Result<Server> {
    let static_dir = state.settings.static_dir.clone();
    let workers = state.settings.workers;
    let state = Data::new(state);
    let wake = Data::new(jobs::imports::Wake::default());
    rt::spawn(jobs::imports::run(state.database.clone(), state.clock.clone(), wake.clone().into_inner()));
    let intake = Data::new(Intake::start(state.database.clone(), state.settings.orders_together));
    rt::spawn(jobs::settle::run(state.database.clone(), state.clock.clone()));
    let kept_for = TimeDelta::days(state.settings.push_log_days.into());
    rt::spawn(jobs::forget::run(state.database.clone(), state.clock.clone(), kept_for));
    rt::spawn(pusher(&state).run(state.settings.push));
    let verifier = verifier(&state);
    rt::spawn(verifier.clone().run_every(TimeDelta::hours(state.settings.verify_hours.into())));
    let verifier = Data::new(verifier);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(wake.clone())
            .app_data(intake.clone())
            .app_data(verifier.clone())
            .wrap(from_fn(guard::guard))
            .service(
                web::scope("/static").wrap(from_fn(guard::cacheable)).service(actix_files::Files::new("", &static_dir)),
            )
            .service(api::scope())
            .service(
                web::scope("")
                    .wrap(from_fn(csrf::protect))
                    .wrap(from_fn(sessions::load))
                    .configure(pages)
                    .configure(pages_of_stores)
                    .configure(pages_of_settings)
                    .configure(pages_of_orders)
                    .default_service(web::to(nothing_here)),
            )
    });
    // An answer leaves in several writes; without this the later ones wait for the browser's word on the first.
    Ok(server.workers(workers).tcp_nodelay(true).listen(listener)?.run())
}

/// What sends quantities to the stores.
fn pusher(state: &State) -> Pusher {
    let Settings { credentials_key, push_wait, push_lease, .. } = &state.settings;
    let times = Times::of_server(*push_wait, *push_lease);
    let access = Access::new(state.database.clone(), state.clock.clone(), credentials_key.clone(), state.http.clone());
    Pusher::new(Arc::new(access), times)
}

/// What recomputes everything from the ledger.
fn verifier(state: &State) -> Verifier {
    Verifier {
        database: state.database.clone(),
        url: state.settings.database_url.clone(),
        pool: state.settings.pool,
        clock: state.clock.clone(),
    }
}

/// Whatever no route answers.
async fn nothing_here() -> PageResult {
    Err(PageError::NotFound)
}

/// Every page but those of orders.
fn pages(to: &mut ServiceConfig) {
    use screens::{catalogue, dashboard, help, imports, promotions, staff, verifications};
    to.route("/", get().to(dashboard::show));
    to.route("/sign-in", get().to(staff::sign_in::show))
        .route("/sign-in", post().to(staff::sign_in::submit))
        .route("/sign-out", post().to(staff::sign_out::submit))
        .route("/setup", get().to(staff::setup::show))
        .route("/setup", post().to(staff::setup::submit));
    to.route("/promotions", get().to(promotions::list::show))
        .route("/promotions/new", get().to(promotions::new::show))
        .route("/promotions/new", post().to(promotions::new::submit))
        .route("/promotions/drafts/{id}/details", get().to(promotions::draft::details::show))
        .route("/promotions/drafts/{id}/details", post().to(promotions::draft::details::submit))
        .route("/promotions/drafts/{id}/products", get().to(promotions::draft::products::show))
        .route("/promotions/drafts/{id}/products", post().to(promotions::draft::products::submit))
        .route("/promotions/drafts/{id}/review", get().to(promotions::draft::review::show))
        .route("/promotions/drafts/{id}/review", post().to(promotions::draft::review::submit))
        .route("/promotions/drafts/{id}/discard", post().to(promotions::draft::discard::submit))
        .route("/promotions/{id}/confirmation", get().to(promotions::confirmation::show))
        .route("/promotions/{id}/edit", get().to(promotions::edit::show))
        .route("/promotions/{id}/edit", post().to(promotions::edit::submit))
        .route("/promotions/{id}/edit/discard", post().to(promotions::edit::discard))
        .route("/promotions/{id}/duplicate", post().to(promotions::duplicate::submit))
        .route("/promotions/{id}/history", get().to(promotions::history::show))
        .route("/promotions/{id}/end", get().to(promotions::end::show))
        .route("/promotions/{id}/end", post().to(promotions::end::submit))
        .route("/promotions/{id}/report.csv", get().to(promotions::report::export::show))
        .route("/promotions/{id}/cost", get().to(promotions::report::cost::show))
        .route("/promotions/{id}", get().to(promotions::show::show));
    to.route("/imports", get().to(imports::list::show))
        .route("/imports", post().to(imports::start::submit))
        .route("/imports/{id}", get().to(imports::show::show))
        .route("/imports/{id}/failed-rows.csv", get().to(imports::failed_rows::download));
    to.route("/verifications", get().to(verifications::list::show))
        .route("/verifications", post().to(verifications::start::submit))
        .route("/verifications/{id}", get().to(verifications::show::show));
    to.route("/help", get().to(help::show));
    to.route("/catalogue", get().to(catalogue::list::show))
        .route("/catalogue", post().to(catalogue::create::submit))
        .route("/catalogue.csv", get().to(catalogue::export::show))
        .route("/catalogue/new", get().to(catalogue::create::show))
        .route("/catalogue/{sku}", get().to(catalogue::show::show))
        .route("/catalogue/{sku}/edit", get().to(catalogue::edit::show))
        .route("/catalogue/{sku}/edit", post().to(catalogue::edit::submit))
        .route("/catalogue/{sku}/stocktake", get().to(catalogue::stocktake::show))
        .route("/catalogue/{sku}/stocktake", post().to(catalogue::stocktake::submit));
}

/// The pages of orders.
fn pages_of_orders(to: &mut ServiceConfig) {
    use screens::orders::{close, export, list, new, selected, show};
    to.route("/orders", get().to(list::show))
        .route("/orders.csv", get().to(export::orders))
        .route("/order-lines.csv", get().to(export::lines))
        .route("/orders", post().to(new::submit))
        .route("/orders/new", get().to(new::show))
        .route("/orders/selected", post().to(selected::submit))
        .route("/orders/{store}/{number}", get().to(show::show))
        .route("/orders/{store}/{number}/{closing}", get().to(close::show))
        .route("/orders/{store}/{number}/{closing}", post().to(close::submit));
}

/// Every page about stores and their connections.
fn pages_of_stores(to: &mut ServiceConfig) {
    use screens::stores;
    to.route("/stores", get().to(stores::list::show))
        .route("/stores", post().to(stores::create::submit))
        .route("/stores/new", get().to(stores::create::show))
        .route("/stores/{code}", get().to(stores::show::show))
        .route("/stores/{code}/edit", get().to(stores::edit::show))
        .route("/stores/{code}/edit", post().to(stores::edit::submit))
        .route("/stores/{code}/connection", get().to(stores::connection::show))
        .route("/stores/{code}/connection", post().to(stores::connection::submit::submit))
        .route("/stores/{code}/listings", get().to(stores::listings::show))
        .route("/stores/{code}/listings", post().to(stores::listings::submit))
        .route("/stores/{code}/listings.csv", get().to(stores::listings::export::show))
        .route("/stores/{code}/quantities.csv", get().to(stores::quantities::show))
        .route("/stores/{code}/disconnect", get().to(stores::disconnect::show))
        .route("/stores/{code}/disconnect", post().to(stores::disconnect::submit))
        .route("/stores/{code}/test", post().to(stores::connection::test::submit))
        .route("/stores/{code}/pause", post().to(stores::pause::pause))
        .route("/stores/{code}/resume", post().to(stores::pause::resume))
        .route("/stores/{code}/push", post().to(stores::pause::push_now));
    to.route("/pushes", get().to(screens::stores::push_log::list::show))
        .route("/pushes.csv", get().to(screens::stores::push_log::export::show));
}

/// Every page of the settings.
fn pages_of_settings(to: &mut ServiceConfig) {
    use screens::staff;
    to.route("/settings/account", get().to(staff::account::show))
        .route("/settings/account", post().to(staff::account::change_password))
        .route("/settings/account/sessions/end", post().to(staff::sessions::end))
        .route("/settings/account/sessions/end-others", post().to(staff::sessions::end_others))
        .route("/settings/users", get().to(staff::users::show))
        .route("/settings/users", post().to(staff::users::add))
        .route("/settings/users/{id}/disable", post().to(staff::users::disable))
        .route("/settings/users/{id}/enable", post().to(staff::users::enable));
    to.route("/settings/tokens", get().to(staff::tokens::show))
        .route("/settings/tokens", post().to(staff::tokens::create))
        .route("/settings/tokens/{id}/revoke", post().to(staff::tokens::revoke));
}
