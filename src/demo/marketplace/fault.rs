//! What a pretended marketplace does wrong when it is told to.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// It answers, late.
    Slow {
        /// How late.
        milliseconds: u64,
    },
    /// It never answers.
    Hang,
    /// The connection breaks in the middle of the answer, and nothing was done.
    Drop,
    /// The connection breaks in the middle of the answer, and everything was done.
    DropAfter,
    /// It answers with 100 MB.
    Huge,
    /// It answers with bytes that mean nothing.
    Garbage,
    /// It answers with the status 500.
    ServerError,
    /// It answers with the status 200 and an error inside that may be over the next time.
    ErrorInside,
    /// It says that there were too many calls.
    Throttle {
        /// How long it asks us to wait.
        seconds: u64,
    },
    /// It does not take the access token.
    EndedToken,
    /// It repeats everything it was sent, secrets too, in an error.
    Echo,
    /// It refuses every other row, the first included.
    RefuseSome,
    /// It says yes, and does nothing.
    Ignore,
    /// It does everything twice, as when a request is delivered twice.
    Twice,
}

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// It sets quantities.
    Write,
    /// It asks.
    Read,
    /// It is for tokens.
    Token,
}

/// An order to do something wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultOrder {
    /// What.
    #[serde(flatten)]
    pub fault: Fault,
    /// In which calls; in all, if nobody says.
    #[serde(default)]
    pub on: Option<CallKind>,
    /// How often; until it is told to stop, if nobody says.
    #[serde(default)]
    pub times: Option<u32>,
}

impl From<Fault> for FaultOrder {
    /// In every call, until it is told to stop.
    fn from(fault: Fault) -> Self {
        Self { fault, on: None, times: None }
    }
}

impl FaultOrder {
    /// The same in calls of a kind.
    #[must_use]
    pub fn on(self, kind: CallKind) -> Self {
        Self { on: Some(kind), ..self }
    }

    /// The same so many times.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// The orders that one shop has, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<FaultOrder>);

impl Faults {
    pub(super) fn add(&mut self, order: FaultOrder) {
        self.0.push(order);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What to do wrong in a call, if anything; it counts.
    pub(super) fn next(&mut self, kind: CallKind) -> Option<Fault> {
        let at = self.0.iter().position(|order| order.on.is_none_or(|on| on == kind))?;
        let order = &mut self.0[at];
        let fault = order.fault;
        if let Some(times) = &mut order.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.0.remove(at);
            }
        }
        Some(fault)
    }
}

/// How long a call that hangs does so: longer than anybody waits.
pub(super) const HANGS_FOR: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_in_their_calls_and_as_often_as_they_were_ordered() {
        let mut faults = Faults::default();
        faults.add(FaultOrder::from(Fault::Hang).on(CallKind::Write).times(2));
        faults.add(FaultOrder::from(Fault::Garbage));
        assert_eq!(faults.next(CallKind::Read), Some(Fault::Garbage));
        assert_eq!(
            [(); 3].map(|()| faults.next(CallKind::Write)),
            [Fault::Hang, Fault::Hang, Fault::Garbage].map(Some)
        );
        faults.clear();
        assert_eq!(faults.next(CallKind::Write), None);
    }

    #[test]
    fn an_order_is_read_from_json() {
        let order: FaultOrder =
            serde_json::from_str(r#"{"fault":"slow","milliseconds":5,"on":"write"}"#).expect("JSON");
        assert_eq!(order, FaultOrder::from(Fault::Slow { milliseconds: 5 }).on(CallKind::Write));
    }
}
