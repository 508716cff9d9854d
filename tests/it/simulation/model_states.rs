//! The expected result of a state that the store of an order says, decided unit by unit.

use super::{
    SKUS, STORES,
    model::{Held, Line, Model},
    order_step::{Decide, Key, Said, SaidLine},
    sku_name, store_name,
};
use chrono::TimeDelta;
use flashsale::domain::{
    id::PromotionId,
    moment::Moment,
    orders::order::OrderStatus::{self, Cancelled, Open, Shipped},
};

/// What a state should make of a part.
struct Target {
    units: i64,
    status: OrderStatus,
    returned: i64,
}

impl Model {
    /// The SKUs of the order that it has already.
    pub fn skus_of(&self, key: Key) -> Vec<usize> {
        let place = self.places.get(&key);
        place.map_or(Vec::new(), |place| self.orders[*place].parts.iter().map(|part| part.line.sku).collect())
    }

    /// What becomes of the order, or why nothing does.
    pub fn put(&mut self, key: Key, said: &Said, asked_at: Moment, moment: Moment) -> Result<&'static str, String> {
        if key.0 == STORES {
            return Err(format!("no store {}", store_name(STORES)));
        }
        let placed_at = said.placed_at(asked_at);
        let updated_at = said.updated_at(asked_at);
        if placed_at.is_some_and(|at| at.since(asked_at) > TimeDelta::days(1)) {
            return Err("placed in the future".to_owned());
        }
        let mut unknown: Vec<usize> =
            said.lines.iter().map(|line| line.sku).filter(|sku| !self.is_known(*sku)).collect();
        unknown.sort_unstable();
        if let Some(sku) = unknown.first() {
            return Err(format!("no {}", sku_name(*sku)));
        }
        let known = self.places.get(&key).copied();
        let is_awaited = known.is_some_and(|place| self.orders[place].parts.is_empty());
        if let Some(place) = known {
            let order = &self.orders[place];
            let cancelled_at = order.cancelled_at.filter(|_| is_awaited && said.status != Cancelled);
            let stored = order.updated_at.max(cancelled_at);
            if updated_at.zip(stored).is_some_and(|(now, stored)| now < stored) {
                return Ok("older");
            }
        } else if said.lines.is_empty() && said.status != Cancelled {
            return Err("no lines".to_owned());
        }
        let placed_at = match known {
            Some(place) if !is_awaited => self.orders[place].placed_at,
            _ => placed_at.unwrap_or(asked_at),
        };
        let parts = known.map_or(Vec::new(), |place| self.orders[place].parts.clone());
        let pairs = pairs(&parts, &said.lines);
        let is_ours = said.is_ours.unwrap_or(known.is_none_or(|place| self.orders[place].is_ours));
        self.enough_on_hand(&parts, &pairs, said, is_ours)?;
        let place = known.unwrap_or_else(|| self.add(key, placed_at));
        self.orders[place].placed_at = placed_at;
        let before = (self.orders[place].is_ours, without_ids(&parts));
        self.orders[place].is_ours = is_ours;
        self.orders[place].updated_at = self.orders[place].updated_at.max(updated_at);
        self.change(place, &pairs, said, (placed_at, moment));
        self.open.retain(|open| *open != place);
        if self.orders[place].status() == Open {
            self.open.push(place);
            self.open.sort_unstable();
        }
        if self.orders[place].parts.is_empty() {
            self.orders[place].cancelled_at.get_or_insert(asked_at);
        }
        let is_same = before == (is_ours, without_ids(&self.orders[place].parts));
        Ok(match known {
            None => "created",
            Some(_) if is_same => "unchanged",
            Some(_) => "changed",
        })
    }

    /// Refuses to ship more than is there.
    fn enough_on_hand(&self, parts: &[Held], pairs: &Pairs, said: &Said, is_ours: bool) -> Result<(), String> {
        let mut left = [0_i64; SKUS];
        for (place, nth) in pairs {
            let (part, line) = (place.map(|place| &parts[place]), nth.map(|nth| &said.lines[nth]));
            let target = target(part, line, said, is_ours);
            let sku = part.map_or_else(|| line.expect("one of both").sku, |part| part.line.sku);
            let takes = is_ours || part.is_some_and(|part| part.decided > 0);
            let has_left = takes && (target.status == Shipped || target.returned > 0);
            left[sku] += if has_left { target.units } else { 0 };
            left[sku] -= part.filter(|part| has_part_left(part)).map_or(0, |part| part.line.units());
        }
        for (sku, units) in left.into_iter().enumerate() {
            if units > self.on_hand(sku) {
                return Err(format!("{units} of {} {}", self.on_hand(sku), sku_name(sku)));
            }
        }
        Ok(())
    }

    /// First what is given back, then what is taken, then what leaves.
    fn change(&mut self, place: usize, pairs: &Pairs, said: &Said, (placed_at, moment): (Moment, Moment)) {
        let is_ours = self.orders[place].is_ours;
        let store = self.orders[place].key.0;
        let before = self.orders[place].parts.clone();
        let targets: Vec<Target> = pairs
            .iter()
            .map(|(known, nth)| {
                target(known.map(|known| &before[known]), nth.map(|nth| &said.lines[nth]), said, is_ours)
            })
            .collect();
        // Every order that is changed counts as open while it is, with what it has at the moment.
        if !self.open.contains(&place) {
            self.open.push(place);
        }
        let mut taken: Vec<[i64; 3]> = Vec::new();
        for ((known, _), target) in pairs.iter().zip(&targets) {
            let Some(part) = known.map(|known| &before[known]) else {
                taken.push([0; 3]);
                continue;
            };
            let takes = is_ours || part.decided > 0;
            let stays = takes && has_part_left(part) && (target.status == Shipped || target.returned > 0);
            let mut has = if is_nothing(part) { [0; 3] } else { part.line.taken };
            if has_part_left(part) && !stays {
                self.remove(part.line.sku, -part.line.units());
            }
            let wanted = if takes { target.units } else { 0 };
            while has.iter().sum::<i64>() > wanted {
                let from = (0..3).rev().find(|from| has[*from] > 0).expect("there are some");
                has[from] -= 1;
                if from == 0 {
                    self.sell(part.line.sale.expect("the sale of a hold"), part.line.sku, -1);
                }
            }
            let at = known.expect("it is known");
            let status = if stays { Shipped } else { Open };
            let line = Line { taken: has, ..part.line.clone() };
            self.orders[place].parts[at] = Held { line, status, returned: 0, ..part.clone() };
            taken.push(has);
        }
        // What is taken is there for nothing else; it is stored with the parts at the end.
        let scratch = self.add((STORES + 1, 0), placed_at);
        self.open.push(scratch);
        let mut left = Vec::new();
        let mut done = Vec::new();
        for (number, ((known, nth), target)) in pairs.iter().zip(&targets).enumerate() {
            let part = known.map(|known| &before[known]);
            let line = nth.map(|nth| &said.lines[nth]);
            let takes = is_ours || part.is_some_and(|part| part.decided > 0);
            let sku = part.map_or_else(|| line.expect("one of both").sku, |part| part.line.sku);
            let missing = target.units - taken[number].iter().sum::<i64>();
            let has_some = taken[number].iter().any(|units| *units > 0);
            let mut sale = part.filter(|_| has_some).and_then(|part| part.line.sale);
            if missing > 0 && takes {
                let more = if has_some {
                    self.sources_of(sku, sale, missing, moment)
                } else {
                    let (of, more) = self.sources(sku, store, missing, placed_at, moment);
                    sale = of.or_else(|| self.over(sku, store, placed_at, moment));
                    more
                };
                if let Some(sale) = sale {
                    self.sell(sale, sku, more[0]);
                }
                let line = Line { sku, sale, taken: more };
                self.orders[scratch].parts.push(Held::new(line, missing));
                (0..3).for_each(|from| taken[number][from] += more[from]);
            }
            let has_left = takes && (target.status == Shipped || target.returned > 0);
            if has_left && target.units > 0 {
                let left_before = part.filter(|part| has_part_left(part)).map_or(0, |part| part.line.units());
                left.push((sku, target.units - left_before));
            }
            done.push(((*known, part), line, target, (sale, taken[number])));
        }
        self.orders.pop();
        self.places.remove(&(STORES + 1, 0));
        self.open.retain(|open| *open != scratch);
        for (known, line, target, taken) in done {
            self.settle(place, known, line, target, taken);
        }
        for (sku, units) in left {
            self.remove(sku, units);
        }
    }

    /// Stores what a part has become.
    fn settle(
        &mut self,
        place: usize,
        (known, before): (Option<usize>, Option<&Held>),
        line: Option<&SaidLine>,
        target: &Target,
        (sale, taken): (Option<PromotionId>, [i64; 3]),
    ) {
        let parts = &mut self.orders[place].parts;
        let Some(at) = known else {
            let line = line.expect("a new part is wanted");
            let quantity = if target.units > 0 { target.units } else { line.units };
            if quantity > 0 {
                let of_line = Line { sku: line.sku, sale, taken };
                let status = target.status;
                let returned = target.returned;
                parts.push(Held { id: Some(line.id), status, returned, ..Held::new(of_line, quantity) });
            }
            return;
        };
        let before = before.expect("it is known");
        let mut part = before.clone();
        part.id = line.map(|line| line.id).or(part.id);
        part.status = target.status;
        part.returned = target.returned;
        if target.units > 0 {
            part.quantity = target.units;
            part.line.taken = taken;
            part.line.sale = sale.filter(|_| taken != [0; 3]);
        }
        parts[at] = part;
    }

    /// Staff decide about returned units; how many they could.
    pub fn decide(&mut self, decide: &Decide) -> Option<(Key, usize, i64)> {
        let returned = |part: &Held| part.returned - part.decided;
        let of_order = |place: &usize| self.orders[*place].parts.iter().position(|part| returned(part) > 0);
        let waiting: Vec<(usize, usize)> = (0..self.orders.len())
            .rev()
            .filter_map(|place| of_order(&place).map(|part| (place, part)))
            .take(8)
            .collect();
        let (place, at) = *waiting.get(decide.nth % waiting.len().max(1))?;
        let part = &mut self.orders[place].parts[at];
        let units = decide.units.min(returned(part));
        part.decided += units;
        let sku = part.line.sku;
        let key = self.orders[place].key;
        if decide.is_restocked {
            self.remove(sku, -units);
        }
        Some((key, at, units))
    }
}

/// What a store calls its lines is no change.
fn without_ids(parts: &[Held]) -> Vec<Held> {
    parts.iter().map(|part| Held { id: None, ..part.clone() }).collect()
}

type Pairs = Vec<(Option<usize>, Option<usize>)>;

/// A part that counts nothing.
fn is_nothing(part: &Held) -> bool {
    part.status == Cancelled && part.returned == 0
}

fn has_part_left(part: &Held) -> bool {
    part.line.units() > 0 && (part.status == Shipped || part.returned > 0)
}

/// A line is found by its id, then among those without one: by its units, then by the first that is not cancelled.
fn pairs(known: &[Held], wanted: &[SaidLine]) -> Pairs {
    let mut of_wanted: Vec<Option<usize>> = vec![None; wanted.len()];
    for rule in 0..3 {
        for (nth, line) in wanted.iter().enumerate().filter(|(_, line)| line.sku < SKUS) {
            let free = |place: &usize| !of_wanted.contains(&Some(*place)) && known[*place].line.sku == line.sku;
            let fits = |place: &usize| match rule {
                0 => known[*place].id == Some(line.id),
                1 => known[*place].id.is_none() && known[*place].quantity == line.units,
                _ => known[*place].id.is_none(),
            };
            let mut places: Vec<usize> = (0..known.len()).filter(|place| free(place) && fits(place)).collect();
            places.sort_by_key(|place| is_nothing(&known[*place]));
            if of_wanted[nth].is_none() {
                of_wanted[nth] = places.first().copied();
            }
        }
    }
    let find = |place: usize| of_wanted.iter().position(|of| *of == Some(place));
    let mut pairs: Pairs = (0..known.len()).map(|place| (Some(place), find(place))).collect();
    pairs.extend((0..wanted.len()).filter(|nth| of_wanted[*nth].is_none()).map(|nth| (None, Some(nth))));
    pairs
}

fn target(part: Option<&Held>, line: Option<&SaidLine>, said: &Said, is_ours: bool) -> Target {
    let status = line.and_then(|line| line.status).unwrap_or(said.status);
    let units = line.filter(|_| status != Cancelled).map_or(0, |line| line.units);
    let takes = is_ours || part.is_some_and(|part| part.decided > 0);
    let back = line.filter(|_| takes).map_or(0, |line| line.returned);
    let nothing = Target { units: 0, status: Cancelled, returned: 0 };
    if let Some(part) = part.filter(|part| has_part_left(part) && takes)
        && !(status == Open && units > 0 && part.decided == 0)
    {
        let returned = back.max(part.decided).max(part.line.units() - units);
        return Target {
            units: units + returned,
            status: if status == Cancelled { Cancelled } else { Shipped },
            returned,
        };
    }
    match status {
        Open if units > 0 => Target { units, status, returned: 0 },
        Shipped if units + back > 0 => Target { units: units + back, status, returned: back },
        Cancelled if back > 0 => Target { units: back, status, returned: back },
        Open | Shipped | Cancelled => nothing,
    }
}
