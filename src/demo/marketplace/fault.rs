//! The faults that tests inject into the simulated marketplaces.

use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The response is delayed.
    Slow { milliseconds: u64 },
    /// There is no response.
    Hang,
    /// The connection breaks during the response, and nothing was changed.
    Drop,
    /// The connection breaks during the response, after the change was made.
    DropAfter,
    /// A response of 100 MB.
    Huge,
    /// A response that is not JSON.
    Garbage,
    /// The status 500.
    ServerError,
    /// The page of a CDN or a proxy with that status: HTML, not an answer of the API.
    Page { status: u16 },
    /// A response that is compressed with gzip.
    Gzip,
    /// The status 200 with a temporary error inside, or what the marketplace uses instead.
    ErrorInside,
    /// Too many calls: retry after so many seconds.
    Throttle { seconds: u64 },
    /// The access token is refused as expired.
    EndedToken,
    /// An error that repeats the whole request, secrets included.
    Echo,
    /// Every other row is refused, beginning with the first.
    RefuseSome,
    /// Reports success without making the change.
    Ignore,
    /// Zalora: the answer to a write lists the rows that were set instead of those that were ignored. Its document can be
    /// read in both ways.
    ListWhatWasSet,
    /// The API is switched off for a while, as Lazada announces it for the beginning of its mega campaigns.
    SwitchedOff,
    /// Makes each change twice, as if the request were delivered twice.
    Twice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    Write,
    Read,
    /// Reads orders.
    Orders,
    Token,
}

/// A fault with the calls that it affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFault {
    #[serde(flatten)]
    pub fault: Fault,
    /// `None` affects all calls.
    #[serde(default)]
    pub on: Option<CallKind>,
    /// The number of calls; `None` affects them until the faults are cleared.
    #[serde(default)]
    pub times: Option<u32>,
}

impl From<Fault> for PlannedFault {
    fn from(fault: Fault) -> Self {
        Self { fault, on: None, times: None }
    }
}

impl PlannedFault {
    #[must_use]
    pub fn on(self, kind: CallKind) -> Self {
        Self { on: Some(kind), ..self }
    }

    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// The planned faults of one shop, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<PlannedFault>);

impl Faults {
    pub(super) fn add(&mut self, fault: PlannedFault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault for a call, which counts as one of its times.
    pub(super) fn next(&mut self, kind: CallKind) -> Option<Fault> {
        let at = self.0.iter().position(|planned| planned.on.is_none_or(|on| on == kind))?;
        let planned = &mut self.0[at];
        let fault = planned.fault;
        if let Some(times) = &mut planned.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.0.remove(at);
            }
        }
        Some(fault)
    }
}

/// Longer than the timeout of any client.
pub(super) const HANGS_FOR: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_in_their_calls_and_as_often_as_planned() {
        let mut faults = Faults::default();
        faults.add(PlannedFault::from(Fault::Hang).on(CallKind::Write).times(2));
        faults.add(PlannedFault::from(Fault::Garbage));
        assert_eq!(faults.next(CallKind::Read), Some(Fault::Garbage));
        assert_eq!(
            [(); 3].map(|()| faults.next(CallKind::Write)),
            [Fault::Hang, Fault::Hang, Fault::Garbage].map(Some)
        );
        faults.clear();
        assert_eq!(faults.next(CallKind::Write), None);
    }

    #[test]
    fn a_planned_fault_is_read_from_json() {
        let planned: PlannedFault =
            serde_json::from_str(r#"{"fault":"slow","milliseconds":5,"on":"write"}"#).expect("JSON");
        assert_eq!(planned, PlannedFault::from(Fault::Slow { milliseconds: 5 }).on(CallKind::Write));
    }
}
