//! The threads on which the program waits for the database. The program ends without waiting for them: what one of them
//! waits for may never come, and what was not committed is rolled back.

use super::error::Error;
use std::sync::LazyLock;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

const AT_ONCE: usize = 512;

/// Never dropped, and so never waited for.
static THREADS: LazyLock<Runtime> = LazyLock::new(|| {
    let builder = Builder::new_current_thread().max_blocking_threads(AT_ONCE).thread_name("database").build();
    builder.expect("a runtime without a driver can always be built")
});

pub(super) fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    THREADS.spawn_blocking(work)
}

/// Runs work that may block outside of the async threads.
pub async fn run<T: Send + 'static, Failure: From<Error>>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure>
where
    Failure: Send + 'static,
{
    spawn(work).await.unwrap_or_else(|_| Err(Error::GivenUp.into()))
}
