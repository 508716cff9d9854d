//! Which raises may be sent: a buyer may have bought since the orders of a store were read last, and a raise would give those
//! units back. So it waits until they are read up to the time at which it was due; `sync::pull` reads them because it waits.
//! While the orders cannot be read, it waits for as long as a raise waits for other stores, and says so when it is sent.

use super::Times;
use crate::{
    db::{
        Conn, QueryResult,
        stores::{
            connections::Connection,
            pulls::{self, Pull},
            pushes::Due,
        },
    },
    domain::{moment::Moment, stores::pull},
    sync::pull::steps,
};

/// Up to when the orders of a store are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum OrdersRead {
    /// Its orders are not read, so no raise waits for them.
    Never(Moment),
    /// Raises that were due by `until` are sent; those that were due after `read_until` without the orders since.
    Up { now: Moment, read_until: Option<Moment>, until: Option<Moment> },
}

impl OrdersRead {
    pub(super) fn find(conn: &mut Conn, connection: &Connection, now: Moment, times: Times) -> QueryResult<Self> {
        let pull = pulls::find(conn, &connection.store)?;
        Ok(Self::of(connection, pull.as_ref(), now, times))
    }

    /// The same, if how far the store is was read already.
    pub(super) fn of(connection: &Connection, pull: Option<&Pull>, now: Moment, times: Times) -> Self {
        if !times.waits_for_orders || !steps::is_read(connection) {
            return Self::Never(now);
        }
        let complete_until = pull.and_then(|pull| pull.complete_until);
        let is_failing = pull.is_some_and(|pull| pull.failures > 0);
        let read_until = pull::fresh_until(complete_until, now);
        let until = pull::raises_until(complete_until, is_failing, now, times.patience);
        Self::Up { now, read_until, until }
    }

    pub(super) fn due(self) -> Due {
        match self {
            Self::Never(now) => Due::all(now),
            Self::Up { now, until, .. } => Due { now, raises: until },
        }
    }

    /// Whether a raise that was due at this time may be sent.
    pub(super) fn allows(self, due_at: Moment) -> bool {
        self.due().raises.is_some_and(|until| due_at <= until)
    }

    /// Whether a raise that was due at this time is sent although the orders could not be read up to then.
    pub(super) fn has_given_up(self, due_at: Moment) -> bool {
        match self {
            Self::Never(_) => false,
            Self::Up { read_until, .. } => read_until.is_none_or(|until| due_at > until),
        }
    }
}
