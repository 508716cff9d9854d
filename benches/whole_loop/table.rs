//! Many histories, each in three ways, and the table of what was sold beyond stock.

use super::{
    argument,
    history::{self, Counted, HOT, Window},
    seller::{SKUS, STORES, Seller, cause, code, product_id, store_code},
};
use chrono::TimeDelta;
use flashsale::{
    actions::promotions::create_promotion::{self, NewPromotion},
    clock::new_id,
    domain::{id::PromotionId, promotions::promotion::FlashSaleType},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

/// How a history is lived through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Messages,
    Sweeps,
    WithoutReading,
    ByFile,
}

impl Way {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Messages, "(a) messages, of which some are late, double or lost"),
        (Self::Sweeps, "(b) sweeps alone"),
        (Self::WithoutReading, "(c) sweeps alone, and raises without reading orders first"),
        (Self::ByFile, "(d) as before there were sweeps: orders come by file, and the next file comes afterwards"),
    ];

    pub fn waits_for_orders(self) -> bool {
        self.sweeps() && self != Self::WithoutReading
    }

    pub fn sweeps(self) -> bool {
        self != Self::ByFile
    }
}

/// The database that each history begins with: all stores are in sync, and sales are running.
pub struct Template {
    pub path: PathBuf,
    /// What each store shows of each SKU.
    pub shown: Vec<Vec<i64>>,
    /// A sale that ends in the middle, and the position of its store.
    pub ending: PromotionId,
    pub ending_store: usize,
}

impl Template {
    /// Few units of what buyers want.
    #[expect(clippy::unused_self, reason = "it is of the template")]
    pub fn on_hand(&self, number: usize) -> i64 {
        on_hand(number)
    }

    /// The store and the units of a hold on a SKU when the history begins.
    #[expect(clippy::unused_self, reason = "it is of the template")]
    pub fn hold_of(&self, number: usize) -> Option<(usize, i64)> {
        hold_of(number)
    }

    #[expect(clippy::unused_self, reason = "it is of the template")]
    pub fn is_reservation(&self, number: usize) -> bool {
        number % 5 == 3
    }

    fn new(folder: &Path) -> Self {
        let path = folder.join("template.db");
        let seller = Seller::open(&format!("sqlite://{}", path.display()), on_hand);
        seller.push_all();
        let mut ending = None;
        for store in 0..STORES.len() {
            for kind in [FlashSaleType::StockAllocation, FlashSaleType::StockReservation] {
                let id = begin(&seller, store, kind);
                if store == 1 && kind == FlashSaleType::StockAllocation {
                    ending = id;
                }
            }
        }
        seller.push_all();
        let market = &seller.market.marketplace;
        let shown_of = |(store, kind): (&str, _)| {
            (0..SKUS).map(|number| market.quantity(store, &product_id(kind, number)).unwrap_or(0)).collect()
        };
        let shown: Vec<Vec<i64>> = STORES.iter().map(|(store, kind)| shown_of((store, *kind))).collect();
        let total: i64 = shown.iter().flatten().sum();
        println!("{} listings are in sync and show {total} units", SKUS * STORES.len());
        seller.database.close().expect("the log is in the file");
        Self { path, shown, ending: ending.expect("a sale"), ending_store: 1 }
    }
}

fn on_hand(number: usize) -> i64 {
    if number < HOT { 6 + (number % 7) as i64 } else { 50 }
}

/// Two fifths of the SKUs are allocated, a fifth is reserved, the others have no hold.
fn hold_of(number: usize) -> Option<(usize, i64)> {
    let store = number / 5 % STORES.len();
    (number % 5 < 2 || number % 5 == 3).then(|| (store, on_hand(number) / 2))
}

fn begin(seller: &Seller, store: usize, kind: FlashSaleType) -> Option<PromotionId> {
    let now = seller.clock.now();
    let is_of_kind = |number: &usize| (number % 5 == 3) == (kind == FlashSaleType::StockReservation);
    let mut products = Vec::new();
    for number in (0..SKUS).filter(is_of_kind) {
        if let Some((_, units)) = hold_of(number).filter(|(of, _)| *of == store) {
            products.push((code(number), units));
        }
    }
    let sale = NewPromotion {
        id: new_id(now),
        name: format!("{kind:?} {store}"),
        flash_sale_type: kind,
        store: store_code(STORES[store].0),
        start: None,
        ends_at: now.plus(TimeDelta::days(2)),
        products,
        listings: Vec::new(),
    };
    let id = sale.id;
    seller.write(|conn| drop(create_promotion::run(conn, &cause(now), sale.clone()).expect("a sale")));
    Some(id)
}

pub fn run() {
    let began = Instant::now();
    let folder = tempfile::tempdir().expect("a folder");
    let template = Template::new(folder.path());
    let seeds: u64 = argument("seeds", 50);
    let next = AtomicU64::new(0);
    let all: Mutex<BTreeMap<Way, Vec<Counted>>> = Mutex::default();
    let ways = Way::ALL.len() as u64;
    thread::scope(|scope| {
        for _ in 0..argument("together", 25) {
            scope.spawn(|| {
                loop {
                    let nth = next.fetch_add(1, Ordering::SeqCst);
                    if nth >= seeds * ways {
                        return;
                    }
                    let (way, _) = Way::ALL[usize::try_from(nth % ways).expect("small")];
                    let counted = history::live(&template, folder.path(), nth / ways + 1, way);
                    println!("seed {}, {way:?}: {counted:?}", nth / ways + 1);
                    all.lock().expect("no panic").entry(way).or_default().push(counted);
                }
            });
        }
    });
    print(&all.into_inner().expect("no panic"), seeds);
    println!("in {:.0?}, at {} times the speed", began.elapsed(), argument("speed", 1));
}

fn print(all: &BTreeMap<Way, Vec<Counted>>, seeds: u64) {
    println!("\n{seeds} histories; units sold beyond stock:");
    for (way, name) in Way::ALL {
        let of_way = all.get(&way).map_or(&[][..], Vec::as_slice);
        let sum = |of_one: &dyn Fn(&Counted) -> usize| of_way.iter().map(of_one).sum::<usize>();
        let beyond = |is_of_allocation: bool, wanted: Option<Window>| {
            sum(&|counted: &Counted| {
                let kept = counted.beyond.iter().filter(|((of, window), _)| {
                    *of == is_of_allocation && wanted.is_none_or(|wanted| wanted == *window)
                });
                kept.map(|(_, units)| units).sum()
            })
        };
        println!("\n{name}");
        println!(
            "  {:>7} orders, {:>7} units, {} orders lost",
            sum(&|of| of.orders),
            sum(&|of| of.units),
            sum(&|of| of.lost)
        );
        println!("  {:>7} of allocations, {:>7} shared", beyond(true, None), beyond(false, None));
        for (window, words) in Window::ALL {
            println!("  {:>7}                 {:>7} {words}", beyond(true, Some(window)), beyond(false, Some(window)));
        }
    }
}
