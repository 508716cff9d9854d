//! Staff decide about units that were shipped and came back: they are put back to stock, or written off. Nothing else puts
//! them back.

use crate::{
    db::{
        Conn, Failed,
        catalogue::{ledger, skus},
        orders::{changes, returns, states},
    },
    domain::{
        catalogue::{
            ledger::{Cause, Entry, EntryKind},
            stock::{MAX_UNITS, Stock},
        },
        code::{OrderNumber, SkuCode, StoreCode},
        text::counted,
    },
};

/// What becomes of returned units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Restock,
    WriteOff,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReturnRefusal {
    #[error("There is no such line.")]
    Unknown,
    #[error("Enter {undecided} or less: as many came back.")]
    TooMany { undecided: i64 },
    /// Somebody else has decided about some, or more came back.
    #[error("{}", changed(*undecided))]
    Changed { undecided: i64 },
    #[error("Write them off, and count the units of the SKU that “{0}” is now: it is archived.")]
    Archived(SkuCode),
    #[error("Count “{0}” first: it would have more than {MAX_UNITS} units on hand.")]
    TooFull(SkuCode),
}

fn changed(undecided: i64) -> String {
    match undecided {
        0 => "They were decided about already.".to_owned(),
        left => format!(
            "Look at it again: {} to decide about now.",
            if left == 1 { "1 is".to_owned() } else { format!("{left} are") }
        ),
    }
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedLine {
    pub store: StoreCode,
    pub number: OrderNumber,
    pub position: i64,
}

/// `shown` are the undecided units that the page showed, so that a form that is sent twice is recorded once.
pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    of: &ReturnedLine,
    decision: Decision,
    (units, shown): (i64, i64),
) -> Result<(), Failed<ReturnRefusal>> {
    let key = (&of.store, &of.number);
    let refused = |refusal| Err(Failed::Refused(refusal));
    let Some(before) = returns::line(conn, key, of.position)? else { return refused(ReturnRefusal::Unknown) };
    let locked = skus::lock(conn, [&before.sku])?;
    states::lock(conn, key.0, key.1)?;
    let Some(mut line) = returns::line(conn, key, of.position)? else { return refused(ReturnRefusal::Unknown) };
    let undecided = line.undecided();
    if shown != undecided {
        return refused(ReturnRefusal::Changed { undecided });
    }
    if units > undecided {
        return refused(ReturnRefusal::TooMany { undecided });
    }
    let sku = locked.iter().find(|sku| sku.code == line.sku).expect("the SKU of a line stays");
    let (kind, change, words) = match decision {
        Decision::Restock => {
            if sku.archived_at.is_some() {
                return refused(ReturnRefusal::Archived(line.sku));
            }
            if sku.on_hand + units > MAX_UNITS {
                return refused(ReturnRefusal::TooFull(line.sku));
            }
            line.restocked += units;
            let change = Stock { on_hand: units, ..Stock::default() };
            (EntryKind::ReturnRestocked, change, "put back to stock")
        }
        Decision::WriteOff => {
            line.written_off += units;
            (EntryKind::ReturnWrittenOff, Stock::default(), "written off")
        }
    };
    returns::decide(conn, &line)?;
    let details = format!("{}: {} {words}.", line.sku, counted(units, "returned unit"));
    let entry = Entry {
        store: Some(of.store.clone()),
        promotion: line.promotion_id,
        order: Some(of.number.clone()),
        change,
        ..Entry::new(line.sku.clone(), kind)
    };
    let cause = Cause { reason: details.clone(), ..cause.clone() };
    ledger::record(conn, &cause, locked, vec![entry])?;
    changes::add(conn, &cause, key, &details)?;
    Ok(())
}
