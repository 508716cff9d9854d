//! Compares the clock of the machine with the database's, before a transaction that writes decides anything. On PostgreSQL
//! with the server's own clock, of which a sample is at most a second old; on SQLite with what was recorded last.
//!
//! On SQLite a clock that stays off for minutes is believed if no open hold ends between what it shows and what it should
//! show: nobody's stock depends on which of the two is right. Where one does, a person has to say that it is right. Where
//! PostgreSQL runs on the same machine its clock is set with ours: then both are believed at once, unless such a hold is open;
//! then after the same minutes.

use super::{
    connection::Conn,
    database::Database,
    error::Error,
    schema::{holds, recorded_time},
    sql::OPEN_HOLDS,
};
use crate::{
    clock::{Anchor, Clock, ClockGuard, Reading},
    domain::moment::Moment,
};
use diesel::{
    dsl::{exists, select},
    prelude::*,
};
use std::{sync::Arc, time::Duration};

/// How old the sample of a server's clock may be.
#[cfg(feature = "postgres")]
const SAMPLE_KEPT_FOR: Duration = Duration::from_secs(1);

/// For how long a clock has to stay as it is before it may be believed.
const PATIENCE: Duration = Duration::from_secs(300);

/// How the clock of the machine compares with the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    pub shown: Moment,
    pub expected: Moment,
    pub is_off: bool,
}

impl Comparison {
    fn of(guard: &ClockGuard) -> Self {
        let reading = guard.read();
        Self { shown: reading.shown, expected: reading.expected, is_off: guard.is_off(reading) }
    }
}

impl Database {
    /// The same database, which writes only while `clock`, which is guarded, is right.
    pub fn guarded(&self, clock: &Clock) -> Result<Self, Error> {
        let mut guarded = self.clone();
        guarded.clock_guard = clock.guard().cloned();
        guarded.record_time()?;
        Ok(guarded)
    }

    /// The same database for what is not about stock, like a sign-in: the clock may be off.
    #[must_use]
    pub fn at_any_time(&self) -> Self {
        let mut unguarded = self.clone();
        unguarded.clock_guard = None;
        unguarded
    }

    /// Compares the clock, and records the time that it shows if it is right, or says in the log that it is not. From time to
    /// time the server does this, so that a later start knows what the clock has to show.
    pub fn record_time(&self) -> Result<Option<Comparison>, Error> {
        let Some(guard) = self.clock_guard.clone() else { return Ok(None) };
        self.at_any_time().write_blocking(|conn| record(conn, &guard)).map(Some)
    }

    /// [`Self::record_time`] for the job, which waits no longer than others for a server that hangs.
    pub async fn record_time_again(&self) -> Result<(), Error> {
        let Some(guard) = self.clock_guard.clone() else { return Ok(()) };
        self.at_any_time().write(move |conn| record(conn, &guard)).await.map(drop)
    }

    /// What the clock shows and what it should show, without asking the database.
    pub fn compared_clock(&self) -> Option<Comparison> {
        self.clock_guard.as_deref().map(Comparison::of)
    }

    /// A person says that the clock is right: from now on the time that it shows counts. Not on PostgreSQL.
    pub fn believe_clock(&self) -> Result<(), Error> {
        let Some(guard) = self.clock_guard.clone() else { return Ok(()) };
        self.at_any_time().write_blocking(|conn| {
            if !matches!(conn, Conn::Sqlite(_)) {
                let words = "the clock of the PostgreSQL server counts: set the clock of this machine by it";
                return Err(Error::Setting(words.to_owned()));
            }
            believe(conn, &guard)
        })
    }
}

fn record(conn: &mut Conn, guard: &ClockGuard) -> Result<Comparison, Error> {
    if compare(conn, guard)? && matches!(conn, Conn::Sqlite(_)) {
        believe(conn, guard)?;
    }
    let compared = Comparison::of(guard);
    if let Comparison { shown, expected, is_off: true } = compared {
        tracing::error!(
            %shown, %expected,
            "the clock of this machine is off: stock is not changed until it is right (see flashsale clock)"
        );
    }
    Ok(compared)
}

/// Refuses a transaction that has begun on `conn` if the clock is off.
pub(super) fn check(conn: &mut Conn, guard: Option<&Arc<ClockGuard>>) -> Result<(), Error> {
    let Some(guard) = guard else { return Ok(()) };
    if !compare(conn, guard)? {
        let Comparison { shown, expected, .. } = Comparison::of(guard);
        return Err(Error::Clock { shown, expected });
    }
    let reading = guard.read();
    if guard.was_just_corrected(reading) {
        return Err(Error::Clock { shown: reading.shown, expected: reading.expected });
    }
    Ok(())
}

/// Whether the clock is right. What it is compared with is read again if it is old, or if the clock seems to be off.
fn compare(conn: &mut Conn, guard: &ClockGuard) -> Result<bool, Error> {
    let reading = guard.read();
    let is_off = guard.is_off(reading);
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(server) => {
            let is_old = |sample: Anchor| reading.elapsed.saturating_sub(sample.elapsed) >= SAMPLE_KEPT_FOR;
            if is_off || guard.anchor().is_none_or(is_old) {
                let sample = sample(server, guard)?;
                if !is_set_together(conn, guard, reading, sample)? {
                    guard.set(sample);
                }
            }
        }
        Conn::Sqlite(_) if is_off => {
            let recorded = recorded(conn, guard, reading)?;
            if !guard.differ(recorded.expected(reading.elapsed), reading.shown) {
                guard.set(recorded);
            } else if guard.steadily_off_for(reading) >= PATIENCE && !decides_about_holds(conn, reading)? {
                believe(conn, guard)?;
            }
        }
        Conn::Sqlite(_) if guard.anchor().is_none() => {
            let recorded = recorded(conn, guard, reading)?;
            guard.set(recorded);
        }
        Conn::Sqlite(_) => {}
    }
    Ok(!guard.is_off(guard.read()))
}

/// Whether the clocks of this machine and of the server were set at the same time, as they are if both run on one machine,
/// and a hold depends on it. After some minutes that is believed.
#[cfg(feature = "postgres")]
fn is_set_together(conn: &mut Conn, guard: &ClockGuard, reading: Reading, server: Anchor) -> Result<bool, Error> {
    let agree = !guard.differ(server.expected(reading.elapsed), reading.shown);
    if !guard.is_off(reading) || !agree || guard.is_back(server) {
        return Ok(false);
    }
    Ok(guard.steadily_off_for(reading) < PATIENCE && decides_about_holds(conn, reading)?)
}

/// The clock of the server, as of the middle of the time that it took to ask.
#[cfg(feature = "postgres")]
fn sample(conn: &mut diesel::PgConnection, guard: &ClockGuard) -> Result<Anchor, Error> {
    #[derive(QueryableByName)]
    struct Shown {
        #[diesel(sql_type = diesel::sql_types::Timestamp)]
        at: Moment,
    }
    let before = guard.read().elapsed;
    let shown: Shown = diesel::sql_query("SELECT clock_timestamp() AT TIME ZONE 'UTC' AS at").get_result(conn)?;
    let after = guard.read().elapsed;
    Ok(Anchor { at: shown.at, elapsed: before + (after - before) / 2 })
}

/// What the record says: of the same boot of the machine, what it was. After a restart of the machine the clock may show
/// anything later, because nothing has measured how long the machine was off.
fn recorded(conn: &mut Conn, guard: &ClockGuard, reading: Reading) -> Result<Anchor, Error> {
    let row: Option<(Moment, String, i64)> = recorded_time::table
        .select((recorded_time::at, recorded_time::boot, recorded_time::since_boot_us))
        .first(conn)
        .optional()?;
    let Some((at, boot, since_boot_us)) = row else {
        return Ok(Anchor { at: reading.shown, elapsed: reading.elapsed });
    };
    let elapsed = Duration::from_micros(since_boot_us.unsigned_abs());
    if boot == guard.boot() && elapsed <= reading.elapsed {
        return Ok(Anchor { at, elapsed });
    }
    let is_behind = reading.shown < at && guard.differ(reading.shown, at);
    Ok(Anchor { at: if is_behind { at } else { reading.shown }, elapsed: reading.elapsed })
}

/// Whether an open hold ends between what the clock shows and what it should show.
fn decides_about_holds(conn: &mut Conn, reading: Reading) -> Result<bool, Error> {
    let from = reading.shown.min(reading.expected);
    let to = reading.shown.max(reading.expected);
    let ending = holds::table.filter(OPEN_HOLDS).filter(holds::ends_at.gt(from)).filter(holds::ends_at.le(to));
    Ok(select(exists(ending)).get_result(conn)?)
}

/// Records what the clock shows: from now on it counts.
fn believe(conn: &mut Conn, guard: &ClockGuard) -> Result<(), Error> {
    let reading = guard.read();
    let since_boot_us = i64::try_from(reading.elapsed.as_micros()).unwrap_or(i64::MAX);
    let values = (
        recorded_time::at.eq(reading.shown),
        recorded_time::boot.eq(guard.boot()),
        recorded_time::since_boot_us.eq(since_boot_us),
    );
    if diesel::update(recorded_time::table).set(values).execute(conn)? == 0 {
        diesel::insert_into(recorded_time::table).values((recorded_time::id.eq(1), values)).execute(conn)?;
    }
    guard.set(Anchor { at: reading.shown, elapsed: reading.elapsed });
    Ok(())
}
