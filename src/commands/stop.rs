//! Stops the server when the process gets a signal, within five seconds whatever is open.

use actix_web::{
    dev::ServerHandle,
    rt::{self, time::sleep},
};
#[cfg(unix)]
use futures_util::future::select;
#[cfg(unix)]
use std::pin::pin;
use std::{io, process, sync::mpsc, thread, time::Duration};

/// After this time the process ends although something is still running: less than five seconds, and more than requests
/// get to finish. What was acknowledged is in the database already.
const AT_THE_LATEST: Duration = Duration::from_millis(4_700);

/// The time in which connections that were accepted reach the thread that serves them.
const ACCEPTED_ARRIVE: Duration = Duration::from_millis(50);

/// Waits for a signal. Then no connection is accepted any more (those that wait stay in the queue of the socket, for the
/// next server if it has the same one), what was asked is answered, and the server ends. A second signal ends it at once.
pub async fn on_signal(mut signals: Signals, server: ServerHandle) {
    signals.next().await;
    tracing::info!("stopping: requests have a few seconds to finish");
    end_at_the_latest();
    server.pause().await;
    sleep(ACCEPTED_ARRIVE).await;
    let at_once = server.clone();
    rt::spawn(async move {
        signals.next().await;
        at_once.stop(false).await;
        process::exit(1);
    });
    server.stop(true).await;
}

fn end_at_the_latest() {
    let (never, ended) = mpsc::channel::<()>();
    thread::spawn(move || {
        let _never = never;
        if ended.recv_timeout(AT_THE_LATEST).is_err() {
            tracing::warn!("something did not finish in time: ending all the same");
            process::exit(1);
        }
    });
}

/// The signals that stop a server. From when this is made they no longer end the process by themselves, so it has to be
/// before the first connection is accepted.
#[cfg(unix)]
pub struct Signals {
    interrupt: rt::signal::unix::Signal,
    terminate: rt::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub fn new() -> io::Result<Self> {
        use rt::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        select(pin!(self.interrupt.recv()), pin!(self.terminate.recv())).await;
    }
}

#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if let Err(error) = rt::signal::ctrl_c().await {
            tracing::error!(%error, "signals cannot be received");
            std::future::pending::<()>().await;
        }
    }
}
