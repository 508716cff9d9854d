//! The threads on which the program waits for the database. The program ends without waiting for them: what one of them
//! waits for may never come, and what was not committed is rolled back.

use super::error::Error;
use std::sync::LazyLock;
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::JoinHandle,
};

const AT_ONCE: usize = 512;

/// Never dropped, and so never waited for.
static THREADS: LazyLock<Runtime> = LazyLock::new(|| {
    let builder = Builder::new_current_thread().max_blocking_threads(AT_ONCE).thread_name("database").build();
    builder.expect("a runtime without a driver can always be built")
});

/// Work without its type, so that what is around it is compiled once and not for every query of the program.
pub(super) type Task = Box<dyn FnOnce() + Send>;

/// A task that does `work`, and what its result comes out of; nothing comes if `work` panicked.
pub(super) fn task<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> (Task, oneshot::Receiver<T>) {
    let (sender, result) = oneshot::channel();
    // Whoever waited may have gone.
    (Box::new(move || drop(sender.send(work()))), result)
}

pub(super) fn spawn(task: Task) -> JoinHandle<()> {
    THREADS.spawn_blocking(task)
}

/// Runs work that may block outside of the async threads.
pub async fn run<T: Send + 'static, Failure: From<Error> + Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (task, result) = task(work);
    spawn(task);
    result.await.unwrap_or_else(|_| Err(Error::GivenUp.into()))
}
