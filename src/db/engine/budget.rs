//! The time that one request may wait for the database in all, however many reads and writes it makes: waits that are each
//! within the deadline would add up to several.

use std::{cell::Cell, time::Duration};

tokio::task_local! {
    static LEFT: Cell<Duration>;
}

/// Answers a request whose waits for the database take at most `deadline` together.
pub async fn within<Answer>(deadline: Duration, request: impl Future<Output = Answer>) -> Answer {
    LEFT.scope(Cell::new(deadline), request).await
}

/// What the request that runs here has left, at most `deadline`. Outside of a request, that is all of it.
pub fn left(deadline: Duration) -> Duration {
    LEFT.try_with(Cell::get).map_or(deadline, |left| left.min(deadline))
}

/// The request that runs here, if there is one, has waited for `time`.
pub fn spend(time: Duration) {
    // Outside of a request there is nothing to spend.
    LEFT.try_with(|left| left.set(left.get().saturating_sub(time))).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn the_waits_of_a_request_add_up_and_those_of_others_do_not() {
        let second = Duration::from_secs(1);
        within(second * 5, async {
            assert_eq!((left(second * 4), left(second * 9)), (second * 4, second * 5));
            spend(second * 3);
            assert_eq!(left(second * 4), second * 2);
            within(second, async { spend(second) }).await;
            assert_eq!(left(second * 4), second * 2, "another request has its own");
            spend(second * 3);
            assert_eq!(left(second * 4), Duration::ZERO);
        })
        .await;
        spend(second);
        assert_eq!(left(second * 4), second * 4);
    }
}
