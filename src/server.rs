//! Starts the server: the pages, the API, and the background jobs.

use crate::{
    api, app,
    jobs::{
        self,
        health::JobsHealth,
        order_queue::OrderQueue,
        runner::{Job, Run, Wake},
        verify::Verifier,
    },
    marketplaces::{ANSWER, HttpClient},
    screens::{health, hooks},
    sync::{
        access::Access,
        campaigns, found, messages,
        pull::Puller,
        push::{Pusher, Times},
        reader::{Reader, Reading},
    },
    web::{
        connections, csrf, deadline,
        error::{PageError, PageResult},
        guard,
        page::without_slash,
        sessions,
        state::State,
    },
};
use actix_web::{
    App, HttpRequest, Scope,
    dev::Server,
    middleware::from_fn,
    rt,
    web::{self, Data},
};
use chrono::TimeDelta;
use futures_util::FutureExt;
use std::{io, net::TcpListener, rc::Rc, sync::Arc, time::Duration};

/// Starts the server on `listener`. It runs while the returned future is awaited, inside an actix system.
pub fn start(state: State, listener: TcpListener) -> io::Result<Server> {
    let static_dir = state.settings.static_dir.clone();
    let settings = state.settings.clone();
    let imports = Data::new(Wake::default());
    // Nobody waits for the answers of jobs: they may take long, on a slow disk too.
    let patient = state.database.patient();
    let verifier = Verifier {
        database: patient.clone(),
        url: state.settings.database_url.clone(),
        pool: state.settings.pool,
        clock: state.clock.clone(),
    };
    let orders = Data::new(OrderQueue::start(state.database.clone(), state.settings.orders_together));
    let job_settings = jobs::JobSettings {
        push_log_kept_for: TimeDelta::days(state.settings.push_log_days.into()),
        verify_every: TimeDelta::hours(state.settings.verify_hours.into()),
    };
    let http = HttpClient::new(ANSWER, state.clock.clone());
    let http = if state.settings.private_addresses { http } else { http.only_outside() };
    let jobs_health = Arc::new(JobsHealth::default());
    for job in jobs::all(&patient, &state.clock, imports.clone().into_inner(), &http, &verifier, job_settings) {
        rt::spawn(job.run(jobs_health.clone()));
    }
    let key = state.settings.credentials_key.clone();
    let access = Arc::new(Access::new(patient, state.clock.clone(), key, http));
    let times = Times::of_server(state.settings.push_wait, state.settings.push_lease, state.settings.pull);
    rt::spawn(Pusher::new(access.clone(), times).run(state.settings.push));
    if state.settings.push {
        read_stores(&state, &access, &jobs_health);
    }
    let access = Data::from(access);
    let verifier = Data::new(verifier);
    let state = Data::new(state);
    let jobs_health = Data::from(jobs_health);
    connections::server(&settings, listener, move || {
        App::new()
            .app_data(state.clone())
            .app_data(jobs_health.clone())
            .app_data(access.clone())
            .app_data(imports.clone())
            .app_data(orders.clone())
            .app_data(verifier.clone())
            .wrap(from_fn(deadline::limit))
            .wrap(from_fn(guard::guard))
            .wrap(from_fn(connections::watch))
            .service(
                web::scope("/static").wrap(from_fn(guard::cacheable)).service(actix_files::Files::new("", &static_dir)),
            )
            .route("/healthz", web::get().to(health::live))
            .route("/readyz", web::get().to(health::ready))
            .service(messages())
            .service(api::scope())
            .service(
                web::scope("")
                    .wrap(from_fn(csrf::protect))
                    .wrap(from_fn(sessions::load))
                    .configure(|to| {
                        for route in app::routes() {
                            route.register(to);
                        }
                    })
                    .default_service(web::to(nothing_here)),
            )
    })
}

/// Reads what the stores say: their listings, orders and campaigns. A copy of the data that sends nothing must not renew tokens
/// either: each counts once.
fn read_stores(state: &State, access: &Arc<Access>, health: &Arc<JobsHealth>) {
    rt::spawn(reader("read listings", 2, access, found::READING).run(health.clone()));
    if state.settings.pull {
        let reach = TimeDelta::hours(state.settings.pull_hours.into());
        rt::spawn(Puller::new(access.clone(), reach, state.settings.push_lease).run());
        rt::spawn(reader("read campaigns", 5, access, campaigns::READING).run(health.clone()));
        rt::spawn(lost_messages(access.clone()).run(health.clone()));
    }
}

/// Fetches the messages that marketplaces could not deliver.
fn lost_messages(access: Arc<Access>) -> Job {
    Job {
        name: "fetch lost messages",
        every: Duration::from_secs(300),
        delay: Duration::from_secs(60),
        wake: Arc::default(),
        run_once: Box::new(move || {
            let access = access.clone();
            async move { messages::fetch_lost(&access).await.map(|()| Run::Done) }.boxed_local()
        }),
    }
}

/// A job that reads something of all stores from their marketplaces.
fn reader(name: &'static str, seconds: u64, access: &Arc<Access>, reading: Reading) -> Job {
    let reader = Rc::new(Reader::new(access.clone(), reading));
    Job {
        name,
        every: Duration::from_secs(seconds),
        delay: Duration::ZERO,
        wake: Arc::default(),
        run_once: Box::new(move || {
            let reader = reader.clone();
            async move { reader.run_once().await.map(|()| Run::Done) }.boxed_local()
        }),
    }
}

/// Where marketplaces send messages about orders and products. They have no session.
fn messages() -> Scope {
    web::scope("/hook")
        .app_data(web::PayloadConfig::new(hooks::BODY_BYTES))
        .route("/{marketplace}", web::post().to(hooks::of_app))
        .route("/{marketplace}/{store}/{secret}", web::post().to(hooks::of_store))
}

async fn nothing_here(req: HttpRequest) -> PageResult {
    without_slash(&req).ok_or(PageError::NotFound)
}
