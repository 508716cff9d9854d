//! Stops the server when the process gets a signal, within five seconds whatever is open.

use actix_web::{
    dev::ServerHandle,
    rt::{self, time::sleep},
};
use std::{io, process, sync::mpsc, thread, time::Duration};

/// After this time the process ends although something is still running: less than five seconds, and more than requests
/// get to finish. What was acknowledged is in the database already.
const AT_THE_LATEST: Duration = Duration::from_millis(4_700);

/// The time in which connections that were accepted reach the thread that serves them.
const ACCEPTED_ARRIVE: Duration = Duration::from_millis(50);

/// Waits for a signal. Then no connection is accepted any more (those that wait stay in the queue of the socket, for the
/// next server if it has the same one), what was asked is answered, and the server ends. A second signal ends it at once.
pub async fn on_signal(server: ServerHandle) {
    if let Err(error) = signal().await {
        tracing::error!(%error, "signals cannot be received");
        return;
    }
    tracing::info!("stopping: requests have a few seconds to finish");
    end_at_the_latest();
    server.pause().await;
    sleep(ACCEPTED_ARRIVE).await;
    let at_once = server.clone();
    rt::spawn(async move {
        if signal().await.is_ok() {
            at_once.stop(false).await;
            process::exit(1);
        }
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

#[cfg(unix)]
async fn signal() -> io::Result<()> {
    use futures_util::future::select;
    use rt::signal::unix::{SignalKind, signal};
    use std::pin::pin;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    select(pin!(interrupt.recv()), pin!(terminate.recv())).await;
    Ok(())
}

#[cfg(not(unix))]
async fn signal() -> io::Result<()> {
    rt::signal::ctrl_c().await
}
