//! The web server. It does what actix-web's `HttpServer` does, with a stream of ours below HTTP.

use super::{ConnectionLimits, Connections, Stream, requests::PIECE_BYTES};
use crate::settings::Settings;
use actix_http::{HttpService, Protocol, Request, Response, error::DispatchError};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, map_config};
use actix_web::{
    body::MessageBody,
    dev::{AppConfig, Server},
    rt::{net::TcpStream, time::sleep},
};
use futures_util::future::select;
use socket2::SockRef;
use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    pin::pin,
    sync::Arc,
    time::Duration,
};

/// Connections that wait until they are accepted. The kernel's own bound is 4,096 by default.
const BACKLOG: i32 = 4_096;

/// Bytes of answers that the kernel holds unsent for each connection. Above that it waits for the client, and so do we.
pub const UNSENT_BYTES: u32 = 128 << 10;

/// After this time without any sign of a client, the kernel gives up what it sent.
#[cfg(target_os = "linux")]
const GONE_AFTER: Duration = Duration::from_secs(30);

/// How long requests may take to finish when the server stops. Looked at once a second.
const FINISHING_SECONDS: u64 = 3;

/// How long a connection may still bring a request when the server stops: those that were accepted last have just begun.
/// It makes no stop longer, because of the second above.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

/// How long a client may take to close its side after the last answer.
const CLOSING: Duration = Duration::from_secs(1);

/// The most threads that the server starts.
const MOST_WORKERS: usize = 512;

/// How many connections are accepted beyond those that may stay, so that one can be let in before another is closed.
pub fn spare_connections(connections: usize) -> usize {
    (connections / 8).max(8)
}

/// Serves `app` on `listener`. It runs while the returned future is awaited, inside an actix system, and handles no
/// signals.
pub fn server<MakeApp, IntoApp, App, Body>(
    settings: &Settings,
    listener: TcpListener,
    app: MakeApp,
) -> io::Result<Server>
where
    MakeApp: Fn() -> IntoApp + Clone + Send + 'static,
    IntoApp: IntoServiceFactory<App, Request>,
    App: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
    App::InitError: fmt::Debug,
    App::Response: Into<Response<Body>> + 'static,
    App::Service: 'static,
    <App::Service as Service<Request>>::Future: 'static,
    Body: MessageBody + 'static,
{
    prepare(&listener)?;
    let connections = Connections::new(ConnectionLimits {
        in_all: settings.connections,
        // Behind a proxy every connection comes from its address.
        of_address: (!settings.trust_proxy).then_some(settings.connections_per_address),
        wait: settings.client_wait,
    });
    let workers = settings.workers.min(MOST_WORKERS);
    let accepted = settings.connections + spare_connections(settings.connections);
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(accepted.div_ceil(workers))
        .shutdown_timeout(FINISHING_SECONDS)
        .disable_signals();
    let stopping = server.graceful_shutdown_signal();
    let service = move || {
        let stopping = stopping.clone();
        let connections = connections.clone();
        let app = app().into_factory().map_err(|error: actix_web::Error| error.error_response());
        let http = HttpService::build()
            .client_disconnect_timeout(CLOSING)
            .h1_write_buffer_size(PIECE_BYTES)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move {
                    stopping.notified().await;
                    sleep(LAST_REQUESTS).await;
                }
            })
            .on_connect_ext(|stream: &Stream, data| drop(data.insert(stream.shared.clone())))
            .finish(map_config(app, |()| AppConfig::default()));
        apply_fn_factory(http, move |io, http: &_| serve(&connections, io, http))
    };
    Ok(server.listen("flashsale", listener, service)?.run())
}

/// Sets what every accepted connection inherits.
fn prepare(listener: &TcpListener) -> io::Result<()> {
    let socket = SockRef::from(listener);
    // Listening already, it only gets the longer queue: the one of the standard library loses a burst of clients.
    socket.listen(BACKLOG)?;
    // A response is sent in several writes; without this the later ones wait until the browser acknowledges the first.
    socket.set_tcp_nodelay(true)?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_notsent_lowat(UNSENT_BYTES)?;
        socket.set_tcp_user_timeout(Some(GONE_AFTER))?;
    }
    Ok(())
}

/// Serves a connection until it is over, or has to make room for another.
fn serve<Http>(
    connections: &Arc<Connections>,
    io: TcpStream,
    http: &Http,
) -> impl Future<Output = Result<(), DispatchError>> + use<Http>
where
    Http: Service<(Stream, Protocol, Option<SocketAddr>), Response = (), Error = DispatchError>,
{
    // Without an address it is gone already.
    let peer = io.peer_addr().ok();
    let admitted = peer.and_then(|peer| connections.admit(peer.ip())).map(|admission| {
        let stream = Stream::new(io, connections.clone(), admission.connection.clone());
        (admission, http.call((stream, Protocol::Http1, peer)))
    });
    async move {
        let Some((admission, served)) = admitted else { return Ok(()) };
        select(pin!(served), pin!(admission.connection.ended())).await;
        Ok(())
    }
}
