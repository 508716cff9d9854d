//! The HTTP server of the simulated marketplaces: their APIs, their page, and the calls that control them.

use super::{
    authorization, buyers_page,
    call::{self, Call},
    control,
    fault::{self, Fault},
    page, registry, shopping,
    simulation::Marketplace,
    storefront,
};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    web::{self, Bytes, Data, PayloadConfig},
};
use std::{io, net::TcpListener, path::PathBuf, time::Duration};

const MAX_BODY_BYTES: usize = 4 << 20;

/// Runs when it is awaited, inside an actix system, and handles no signals. `static_dir` has the style sheets of the
/// page.
pub fn server(marketplace: &Marketplace, listener: TcpListener, static_dir: Option<PathBuf>) -> io::Result<Server> {
    actix_web::rt::spawn(marketplace.clone().keep_sending());
    actix_web::rt::spawn(marketplace.clone().keep_buying());
    marketplace.serve_at(&format!("http://{}", listener.local_addr()?));
    let marketplace = Data::new(marketplace.clone());
    let server = HttpServer::new(move || {
        let app = App::new()
            .app_data(marketplace.clone())
            .app_data(PayloadConfig::new(MAX_BODY_BYTES))
            .route("/", web::get().to(page::show))
            .route("/buyers", web::get().to(buyers_page::show))
            .route("/buyers", web::post().to(buyers_page::submit))
            .route("/shops/{code}", web::get().to(storefront::show))
            .route("/shops/{code}", web::post().to(shopping::buy))
            .route("/shops/{code}/orders/{number}", web::get().to(shopping::show))
            .route("/shops/{code}/orders/{number}", web::post().to(shopping::change))
            .route("/pictures/{name}", web::get().to(storefront::picture))
            .service(control::scope());
        let app = registry::ASKING
            .iter()
            .fold(app, |app, asking| app.route(asking.page_path(), web::get().to(authorization::ask)));
        let app = match &static_dir {
            Some(folder) => app.service(actix_files::Files::new("/static", folder)),
            None => app,
        };
        app.default_service(web::to(respond))
    });
    // Without a timeout, a call that hangs does not delay the shutdown.
    Ok(server.workers(1).shutdown_timeout(0).disable_signals().tcp_nodelay(true).listen(listener)?.run())
}

/// Responds to a call of a marketplace's API.
async fn respond(request: HttpRequest, body: Bytes, marketplace: Data<Marketplace>) -> HttpResponse {
    let call = Call::read(&request, body);
    if let Some(response) = authorization::exchange(&marketplace, &call) {
        return response;
    }
    let simulated = registry::of_path(&call.path);
    if let Some(response) = simulated.of_app(&mut marketplace.world(), &call, marketplace.now()) {
        return response;
    }
    let Some((code, fault)) = marketplace.receive(simulated, &call) else { return simulated.unknown_caller(&call) };
    match fault {
        Some(Fault::Slow { milliseconds }) => tokio::time::sleep(Duration::from_millis(milliseconds)).await,
        Some(Fault::Hang) => tokio::time::sleep(fault::HANGS_FOR).await,
        Some(Fault::Drop) => return call::truncated(),
        Some(Fault::Huge) => return call::huge(),
        Some(Fault::Garbage) => return call::garbage(),
        Some(Fault::ServerError) => return HttpResponse::InternalServerError().body("Something went wrong."),
        Some(Fault::Page { status }) => return call::page(status),
        _ => {}
    }
    let response = marketplace.respond(simulated, &code, &call, fault);
    match fault {
        Some(Fault::DropAfter) => call::truncated(),
        Some(Fault::Gzip) => call::compressed(response).await,
        _ => response,
    }
}
