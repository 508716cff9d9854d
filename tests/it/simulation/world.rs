//! The program and the model, side by side.

use super::{
    KITS, SKUS, STORES,
    always::Always,
    kit_name,
    model::{Line, Model, NAME, Sale, Shown},
    model_orders::Became,
    order_step::{Decide, Delivery, Said, Which},
    sku_name,
    step::{Create, Edit, Save, Step},
    store_name,
};
use crate::scene::{assert_every_hold_fitted, cause, list_kit, order_number, read, sku_code, store_code, verified};
use flashsale::{
    actions::{
        catalogue::{
            count_stock::{self, CountRefusal},
            save_skus::{self, SkuRefusal},
        },
        orders::{
            close_order::{self, CloseRefusal},
            decide_return::{self, Decision, ReturnedLine},
            put_state::{self, Became as Put, StateRefusal},
            take_orders::{self, Outcome},
        },
        promotions::{
            apply_changes::{self, EditRefusal, PromotionEdit},
            create_from_draft::{self, DraftRefusal},
            create_promotion::{self, CreateRefusal},
            duplicate_promotion,
            end_promotion::{self, EndRefusal},
        },
        stores::unlist::{self, UnlistRefusal},
    },
    db::{
        Conn, Database, Failed,
        availability::{self, ListingQuantities},
        catalogue::skus,
        orders,
        promotions::{drafts, holds},
        stores::listings::{self, Listing},
    },
    domain::{
        catalogue::quantity::Position,
        code::SkuCode,
        id::PromotionId,
        moment::Moment,
        orders::order::OrderRefusal,
        promotions::{history::Change, sale_changes::ChangeRefusal},
        refusal::HoldRefusal,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// A refusal, in a form that the program and the model share.
type Refused = Vec<String>;

pub struct World<'a> {
    database: &'a Database,
    model: Model,
    always: Always,
    last_put: Option<Said>,
}

impl<'a> World<'a> {
    pub fn new(database: &'a Database) -> Self {
        Self { database, model: Model::new(), always: Always::default(), last_put: None }
    }

    /// Applies a step to both.
    pub fn take(&mut self, step: &Step) -> Result<(), String> {
        let took = matches!(step, Step::Take(_));
        let (answer, expected) = match step {
            Step::Wait { minutes } => {
                self.model.wait(*minutes);
                Default::default()
            }
            Step::Settle => {
                let now = self.model.now;
                write(self.database, |conn| holds::settle_ended(conn, now).map(drop));
                Default::default()
            }
            Step::Save(save) => self.save(save),
            Step::Kit { kit } => self.kit(*kit),
            Step::Count { sku, counted, is_stale } => self.count(*sku, *counted, *is_stale),
            Step::Create(create) => self.create(create),
            Step::Duplicate { sale, late_minutes } => self.duplicate(*sale, *late_minutes)?,
            Step::End { sale, late_minutes } => self.end(*sale, *late_minutes),
            Step::Edit(edit) => {
                self.edit(edit)?;
                Default::default()
            }
            Step::Take(deliveries) => {
                self.take_orders(deliveries)?;
                Default::default()
            }
            Step::Ship(which) => self.close(which, true),
            Step::Cancel(which) => self.close(which, false),
            Step::Put(said) => {
                self.put(said)?;
                self.last_put = Some(said.clone());
                Default::default()
            }
            Step::PutAgain => {
                if let Some(said) = self.last_put.clone() {
                    self.put(&said)?;
                }
                Default::default()
            }
            Step::Decide(decide) => {
                self.decide(decide)?;
                Default::default()
            }
        };
        if answer != expected {
            return Err(format!("refused for {answer:?}, and the model says {expected:?}"));
        }
        self.compare(took)
    }

    fn save(&mut self, save: &Save) -> (Refused, Refused) {
        let asked_at = self.model.ago(save.late_minutes);
        let inputs = vec![save.input()];
        let answers = write(self.database, |conn| save_skus::run(conn, &cause(asked_at), inputs.clone()));
        let refused = answers.iter().filter_map(|answer| answer.as_ref().err()).map(sku_refusal).collect();
        (refused, self.model.save(save, asked_at))
    }

    fn kit(&mut self, kit: usize) -> (Refused, Refused) {
        let (store, made_of) = KITS[kit];
        let (code, now) = (store_code(&store_name(store)), self.model.now);
        if self.model.has_kit(kit) {
            let run = |conn: &mut Conn| unlist::run(conn, &cause(now), &code, &kit_name(kit));
            let refused = refusal(self.database.write_blocking(run)).err().map(|refusal| match refusal {
                UnlistRefusal::HeldThere { sku, .. } => format!("{sku} held there"),
                UnlistRefusal::Unknown { .. } | UnlistRefusal::Shared { .. } => refusal.to_string(),
            });
            return (refused.into_iter().collect(), self.model.unlist_kit(kit));
        }
        if self.model.can_list_kit(kit) {
            let parts: Vec<String> = made_of.iter().map(|(sku, units)| format!("{}*{units}", sku_name(*sku))).collect();
            list_kit(self.database, now, code.as_str(), &kit_name(kit), &parts.join("|"));
            self.model.list_kit(kit);
        }
        Default::default()
    }

    fn count(&mut self, sku: usize, counted: i64, is_stale: bool) -> (Refused, Refused) {
        let count = count_stock::Count { shown: self.model.shown_on_hand(sku, is_stale), counted };
        let (code, now) = (sku_code(&sku_name(sku)), self.model.now);
        let run = |conn: &mut Conn| count_stock::run(conn, &cause(now), &code, count);
        let refused = refusal(self.database.write_blocking(run)).err().map(|refusal| match refusal {
            CountRefusal::UnknownSku(sku) => format!("no {sku}"),
            CountRefusal::Changed { on_hand } => format!("{on_hand} on hand"),
        });
        (refused.into_iter().collect(), self.model.count(sku, counted, is_stale))
    }

    fn create(&mut self, create: &Create) -> (Refused, Refused) {
        let asked_at = self.model.ago(create.late_minutes);
        let new = create.promotion(asked_at);
        let run = |conn: &mut Conn| create_promotion::run(conn, &cause(asked_at), new.clone());
        let answer = refusal(self.database.write_blocking(run)).map(|created| created.id);
        self.created(create, NAME, answer)
    }

    /// A sale of this name was created, or refused.
    fn created(
        &mut self,
        create: &Create,
        name: &str,
        answer: Result<PromotionId, Vec<CreateRefusal>>,
    ) -> (Refused, Refused) {
        let asked_at = self.model.ago(create.late_minutes);
        let (refused, sale) = match answer {
            Ok(id) => (vec![], Some(Sale::new(id, name, create, asked_at))),
            Err(refusals) => (refusals.iter().map(create_refusal).collect(), None),
        };
        (refused, self.model.create(create, asked_at, sale))
    }

    /// A draft that cannot be created stays, and holds nothing.
    fn duplicate(&mut self, back: usize, late_minutes: i64) -> Result<(Refused, Refused), String> {
        let Some(id) = self.model.nth_sale(back) else { return Ok(Default::default()) };
        let cause = cause(self.model.ago(late_minutes));
        let (draft, products) = write(self.database, |conn| {
            let draft = duplicate_promotion::run(conn, cause.at, &cause.actor, id)?.expect("a sale that was created");
            Ok((drafts::find(conn, draft)?.expect("it was begun"), drafts::products(conn, draft)?))
        });
        let create = self.model.duplicate(id, late_minutes);
        let typed: Vec<_> = products.into_iter().map(|product| (product.sku.code, product.typed)).collect();
        let expected = create.products.iter().map(|(sku, units)| (sku_code(&sku_name(*sku)), units.to_string()));
        let (is, expected) = ((draft.flash_sale_type.as_str(), draft.store.as_str(), typed), expected.collect());
        if is != (create.kind.as_str(), store_name(create.store).as_str(), expected) {
            return Err(format!("the duplicate is {is:?}, and the model says {create:?}"));
        }
        let run = |conn: &mut Conn| create_from_draft::run(conn, &cause, draft.id, draft.revision);
        let answer = refusal(self.database.write_blocking(run)).map_err(|refusal| match refusal {
            DraftRefusal::Promotion(refusals) => refusals,
            refusal => panic!("the draft of a duplicate is refused: {refusal:?}"),
        });
        Ok(self.created(&create, &draft.name, answer))
    }

    fn end(&mut self, back: usize, late_minutes: i64) -> (Refused, Refused) {
        let asked_at = self.model.ago(late_minutes);
        let Some(id) = self.model.nth_sale(back) else { return Default::default() };
        let run = |conn: &mut Conn| end_promotion::run(conn, &cause(asked_at), id);
        let refused = refusal(self.database.write_blocking(run)).err().map(|refusal| match refusal {
            EndRefusal::AlreadyEnded => "ended".to_owned(),
            EndRefusal::NotFound => "not found".to_owned(),
        });
        (refused.into_iter().collect(), self.model.end(id, asked_at))
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), String> {
        let asked_at = self.model.ago(edit.late_minutes);
        let Some((id, wanted)) = self.model.edited(edit) else { return Ok(()) };
        let skus = self.model.concerned(id, &wanted).into_iter().map(|sku| sku_code(&sku_name(sku)));
        let now = self.now_for(skus.collect(), asked_at);
        let change = PromotionEdit { shown: None, wanted: wanted.values() };
        let run = |conn: &mut Conn| apply_changes::run(conn, &cause(asked_at), id, &change);
        let answer = match refusal(self.database.write_blocking(run)) {
            Ok(changes) => Ok(changes.iter().map(change_in_words).collect()),
            Err(EditRefusal::AlreadyEnded) => Err(vec!["ended".to_owned()]),
            Err(EditRefusal::Refused(refusals)) => Err(refusals.iter().map(change_refusal).collect()),
            Err(refusal @ (EditRefusal::NotFound | EditRefusal::Changed(_))) => panic!("{refusal:?}"),
        };
        let expected = self.model.edit(id, &wanted, asked_at, now);
        if answer != expected {
            return Err(format!("the edit became {answer:?}, and the model says {expected:?}"));
        }
        Ok(())
    }

    /// The effective time of a request that read the clock at `asked_at` and has locked `skus`: a sale that was over
    /// for an earlier request is not live again. Each step checks that nothing is sold twice because of it.
    fn now_for(&self, skus: BTreeSet<SkuCode>, asked_at: Moment) -> Moment {
        read(self.database, |conn| Ok(skus::effective_now(&skus::find_all(conn, &skus)?, asked_at)))
    }

    fn take_orders(&mut self, deliveries: &[Delivery]) -> Result<(), String> {
        let keys = self.model.keys(deliveries);
        let sent: Vec<(&Delivery, &Vec<_>, Moment)> =
            deliveries.iter().zip(&keys).map(|(one, keys)| (one, keys, self.model.ago(one.late_minutes))).collect();
        let orders: Vec<_> = sent.iter().map(|(one, keys, sent_at)| one.delivery(keys, *sent_at)).collect();
        let skus: BTreeSet<SkuCode> = orders
            .iter()
            .flat_map(|one| one.orders.iter())
            .flat_map(|order| &order.lines)
            .filter_map(|line| line.item.sku().cloned())
            .collect();
        let sent_last = sent.iter().map(|(_, _, sent_at)| *sent_at).max().expect("a delivery");
        let moment = self.now_for(skus, sent_last);
        let outcomes = write(self.database, |conn| take_orders::run(conn, &orders.iter().collect::<Vec<_>>()));
        for ((delivery, keys, sent_at), outcomes) in sent.into_iter().zip(outcomes) {
            let answer: Vec<Became> = outcomes.into_iter().map(became).collect();
            let expected = self.model.take(delivery, keys, sent_at, moment);
            if answer != expected {
                return Err(format!("the orders {keys:?} became\n  {answer:?}, and the model says\n  {expected:?}"));
            }
        }
        Ok(())
    }

    fn close(&mut self, which: &Which, ship: bool) -> (Refused, Refused) {
        let Some(key) = self.model.key(which) else { return Default::default() };
        let (store, number, cause) =
            (store_code(&store_name(key.0)), order_number(&key.1.to_string()), cause(self.model.now));
        let run = |conn: &mut Conn| match ship {
            true => close_order::ship(conn, &cause, (&store, &number)),
            false => close_order::cancel(conn, &cause, (&store, &number)),
        };
        let refused = refusal(self.database.write_blocking(run)).err().map(|refusal| match refusal {
            CloseRefusal::Unknown(..) => "unknown".to_owned(),
            CloseRefusal::UnknownStore(store) => format!("no store {store}"),
            CloseRefusal::AlreadyCancelled => "cancelled".to_owned(),
            CloseRefusal::AlreadyShipped => "shipped".to_owned(),
            CloseRefusal::StillShort { .. } => unreachable!("a program is not asked"),
            CloseRefusal::NotOnHand { sku, units, on_hand } => format!("{units} of {on_hand} {sku}"),
        });
        let expected = if ship { self.model.ship(key) } else { self.model.cancel(key) };
        (refused.into_iter().collect(), expected)
    }

    /// What the store of an order says about it.
    fn put(&mut self, said: &Said) -> Result<(), String> {
        let Some(key) = self.model.key(&said.which) else { return Ok(()) };
        let asked_at = self.model.ago(said.late_minutes);
        let mut skus: BTreeSet<usize> = said.lines.iter().map(|line| line.sku).collect();
        skus.extend(self.model.skus_of(key));
        let moment = self.now_for(skus.into_iter().map(|sku| sku_code(&sku_name(sku))).collect(), asked_at);
        let state = said.state(key, asked_at);
        let run = |conn: &mut Conn| put_state::run(conn, &cause(asked_at), state.clone());
        let answer = match refusal(self.database.write_blocking(run)) {
            Ok(Put::Created) => Ok("created"),
            Ok(Put::Changed) => Ok("changed"),
            Ok(Put::Unchanged) => Ok("unchanged"),
            Ok(Put::Older) => Ok("older"),
            Err(StateRefusal::Order(refusal)) => match became(Outcome::Rejected(refusal)) {
                Became::Rejected(words) => Err(words),
                became => panic!("a refusal is {became:?}"),
            },
            Err(StateRefusal::NoLines) => Err("no lines".to_owned()),
            Err(StateRefusal::NotOnHand { sku, units, on_hand }) => Err(format!("{units} of {on_hand} {sku}")),
            Err(refusal @ (StateRefusal::UpdatedInFuture | StateRefusal::NumberReused { .. })) => panic!("{refusal}"),
        };
        let expected = self.model.put(key, said, asked_at, moment);
        if answer != expected {
            return Err(format!("order {key:?} was {answer:?}, and the model says {expected:?}"));
        }
        self.model.next_number = self.model.next_number.max(key.1);
        Ok(())
    }

    fn decide(&mut self, decide: &Decide) -> Result<(), String> {
        let Some((key, at, units)) = self.model.decide(decide) else { return Ok(()) };
        let line = ReturnedLine {
            store: store_code(&store_name(key.0)),
            number: order_number(&key.1.to_string()),
            position: i64::try_from(at).expect("a few lines"),
        };
        let now = self.model.now;
        let decision = if decide.is_restocked { Decision::Restock } else { Decision::WriteOff };
        let run = |conn: &mut Conn| {
            let stored = orders::returns::line(conn, (&line.store, &line.number), line.position)?.expect("a line");
            decide_return::run(conn, &cause(now), &line, decision, (units, stored.undecided()))
        };
        refusal(self.database.write_blocking(run)).map_err(|refusal| format!("{line:?}: {refusal}"))
    }

    /// Compares every SKU and store in the database with the model, and checks the invariants. `took` is whether orders
    /// arrived.
    fn compare(&mut self, took: bool) -> Result<(), String> {
        let codes: Vec<SkuCode> = (0..SKUS).map(|number| sku_code(&sku_name(number))).collect();
        let now = self.model.now;
        let (skus, written, available, kits) = read(self.database, |conn| {
            let (skus, available) = (skus::find_all(conn, &codes)?, availability::read(conn, &codes, now)?);
            let written = self.always.read(conn, &skus, &available, now)?;
            Ok((skus, written, available, shown_of_kits(conn, &codes, now)?))
        });
        for kit in 0..KITS.len() {
            let (found, expected) = (kits.get(&kit_name(kit)).copied(), self.model.shown_of_kit(kit));
            if found != expected {
                return Err(format!("{} shows {found:?}, and the model says {expected:?}", kit_name(kit)));
            }
        }
        self.always.replay(&written);
        for (number, code) in codes.iter().enumerate() {
            let sku = skus.iter().find(|sku| sku.code == *code);
            let holds = available.get(code).map_or(&[][..], |availability| &availability.holds);
            let found = available.get(code).map(|availability| shown(&availability.position()));
            let expected = self.model.shown(number);
            if found != expected {
                return Err(format!(
                    "{code} has (stock, held, shared, shown)\n  {found:?}, and the model says\n  {expected:?}"
                ));
            }
            sku.map_or(Ok(()), |sku| self.always.check(sku, holds, &written, now, took))?;
        }
        Ok(())
    }

    pub fn verify(&self) -> Result<(), String> {
        assert_every_hold_fitted(self.database);
        let report = verified(self.database, self.model.now);
        if report.differences.is_empty() { Ok(()) } else { Err(report.to_string()) }
    }
}

/// What their stores show of the kits that `codes` are in.
fn shown_of_kits(conn: &mut Conn, codes: &[SkuCode], now: Moment) -> diesel::QueryResult<BTreeMap<String, i64>> {
    let kits: Vec<Listing> = listings::kits_with(conn, codes)?.into_values().flatten().collect();
    let quantities = ListingQuantities::read(conn, kits.iter().map(Listing::key), now)?;
    Ok(kits.iter().map(|kit| (kit.seller_sku.clone(), quantities.of(kit.key()).total())).collect())
}

/// The stock, the unsold units of each live hold, the shared units, and what each store shows.
fn shown(position: &Position<'_>) -> Shown {
    let held = position.holds.iter().map(|hold| (hold.store.to_string(), hold.remaining())).collect();
    let by_store = (0..STORES).map(|store| position.quantity_for(&store_code(&store_name(store))).total()).collect();
    (position.stock, held, position.shared(), by_store)
}

fn write<T>(database: &Database, mut work: impl FnMut(&mut Conn) -> diesel::QueryResult<T>) -> T {
    database.write_blocking(|conn| work(conn)).expect("no database error")
}

fn refusal<T, Refusal>(answer: Result<T, Failed<Refusal>>) -> Result<T, Refusal> {
    answer.map_err(|failed| match failed {
        Failed::Refused(refusal) => refusal,
        Failed::Database(error) => panic!("no refusal but an error: {error}"),
    })
}

fn became(outcome: Outcome) -> Became {
    let lines = |lines: Vec<orders::Line>| lines.into_iter().map(line).collect();
    match outcome {
        Outcome::Accepted(taken) => Became::Accepted(lines(taken)),
        Outcome::Duplicate(recorded) => Became::Duplicate(lines(recorded.lines)),
        Outcome::Rejected(refusal) => Became::Rejected(match refusal {
            OrderRefusal::UnknownStore(store) => format!("no store {store}"),
            OrderRefusal::UnknownSku(unknown) => format!("no {}", unknown.sku),
            OrderRefusal::UnknownSellerSku { seller_sku, .. } => format!("no {seller_sku}"),
            OrderRefusal::PlacedInFuture { .. } => "placed in the future".to_owned(),
            OrderRefusal::WorthTooMuch { .. } => "worth too much".to_owned(),
            OrderRefusal::NotListed { sku, .. } => format!("{sku} not listed"),
            OrderRefusal::NotEnoughStock { sku, asked, available } => format!("{asked} of {available} {sku}"),
        }),
    }
}

fn line(line: orders::Line) -> Line {
    let sku = (0..SKUS).find(|number| sku_name(*number) == line.sku.as_str()).expect("a SKU of the simulation");
    Line { sku, sale: line.promotion_id, taken: [line.from_hold, line.from_shared, line.oversold] }
}

fn sku_refusal(refusal: &SkuRefusal) -> String {
    match refusal {
        SkuRefusal::UnknownStore(store) => format!("no store {store}"),
        SkuRefusal::HeldThere { .. } => "held there".to_owned(),
        SkuRefusal::Twice(sku) => format!("{sku} twice"),
        SkuRefusal::Incomplete { .. } => "incomplete".to_owned(),
        // The model renames and archives nothing, and every seller SKU is the code of its SKU.
        SkuRefusal::SellerSkuTaken { .. } | SkuRefusal::Archived(_) | SkuRefusal::FormerCode { .. } => {
            refusal.to_string()
        }
    }
}

fn create_refusal(refusal: &CreateRefusal) -> String {
    match refusal {
        CreateRefusal::UnknownStore(store) => format!("no store {store}"),
        CreateRefusal::Schedule(_) => "schedule".to_owned(),
        CreateRefusal::NoProducts => "no products".to_owned(),
        CreateRefusal::Twice(sku) => format!("{sku} twice"),
        CreateRefusal::Product(refusal) => hold_refusal(refusal),
        // The model names no listings.
        CreateRefusal::UnknownListing { .. } | CreateRefusal::ListingTwice(_) | CreateRefusal::TooMany(_) => {
            refusal.to_string()
        }
    }
}

fn hold_refusal(refusal: &HoldRefusal) -> String {
    match refusal {
        HoldRefusal::UnknownSku(unknown) => format!("no {}", unknown.sku),
        HoldRefusal::NotListed { sku, .. } => format!("{sku} not listed"),
        HoldRefusal::AlreadyHeld { sku, .. } => format!("{sku} held"),
        HoldRefusal::NotEnoughStock { sku, asked, available } => format!("{asked} of {available} {sku}"),
    }
}

fn change_refusal(refusal: &ChangeRefusal) -> String {
    match refusal {
        ChangeRefusal::NoProducts => "no products".to_owned(),
        ChangeRefusal::TooManyProducts(many) => format!("{many} products"),
        ChangeRefusal::Schedule(_) => "schedule".to_owned(),
        ChangeRefusal::Product(refusal) => hold_refusal(refusal),
        ChangeRefusal::TooFew { sku, asked, sold } => format!("{asked} of {sku}, {sold} sold"),
        ChangeRefusal::TooMany { sku, asked, most, available: _ } => format!("{asked} of {most} {sku}"),
    }
}

fn change_in_words(change: &Change) -> String {
    match change {
        Change::Renamed { from: _, to } => format!("renamed {to}"),
        Change::EndMoved { .. } => "end moved".to_owned(),
        Change::ProductAdded { sku, quantity } => format!("{sku} added, {quantity}"),
        Change::QuantityChanged { sku, from, to } => format!("{sku} {from} to {to}"),
        Change::ProductRemoved { sku, quantity, sold } => format!("{sku} removed, {sold} of {quantity} sold"),
        Change::Created { .. } | Change::EndedEarly { .. } => panic!("no edit does this: {change:?}"),
    }
}
