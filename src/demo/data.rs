//! The data of the demo. Times are relative to the start of the demo, so that it is never out of date.

use super::marketplace::NewShop;
use crate::domain::promotions::promotion::FlashSaleType::{
    self, StockAllocation as Allocation, StockReservation as Reservation,
};
use chrono::TimeDelta;

/// The stores: code, name, marketplace, time zone. Their currencies follow from the zones.
#[rustfmt::skip]
pub(super) const STORES: [(&str, &str, &str, &str); 7] = [
    ("lazada-sg",  "Lazada SG",  "Lazada",  "Asia/Singapore"),
    ("shopee-sg",  "Shopee SG",  "Shopee",  "Asia/Singapore"),
    ("zalora-sg",  "Zalora SG",  "Zalora",  "Asia/Singapore"),
    ("lazada-ph",  "Lazada PH",  "Lazada",  "Asia/Manila"),
    ("shopee-id",  "Shopee ID",  "Shopee",  "Asia/Jakarta"),
    ("shopee-vn",  "Shopee VN",  "Shopee",  "Asia/Ho_Chi_Minh"),
    ("shopify-eu", "Shopify EU", "Shopify", "Europe/Berlin"),
];

/// The store that is left for the visitor to connect: its code, and the account of its seller at the marketplace.
pub(super) const TO_CONNECT: (&str, &str) = ("shopee-vn", "vietnam@seller.example");

/// The account of a seller with two shops.
pub(super) const GROUP: &str = "group@seller.example";

/// Shops that no store is connected to, for the visitor: marketplace, account of the seller, shops.
pub(super) const UNCONNECTED: &[(&str, &str, &[NewShop])] = &[
    ("Lazada", "outlet@seller.example", &[NewShop { code: "lazada-outlet", name: "Demo Outlet", country: "MY" }]),
    (
        "Shopee",
        GROUP,
        &[
            NewShop { code: "shopee-th", name: "Demo Group Thailand", country: "TH" },
            NewShop { code: "shopee-my", name: "Demo Group Malaysia", country: "MY" },
        ],
    ),
];

/// What the shops of the group list beside our SKUs, with what each shows: one that resembles a SKU, one that is none of ours, one twice, and
/// one without a seller SKU.
pub(super) const TO_MATCH: [(&str, i64); 5] =
    [("product 1", 15), ("GIFT-BOX", 12), ("LAMP-OLD", 4), ("LAMP-OLD", 6), ("", 3)];

// The stores that list a SKU, in the format of the column `stores` of an import.
const SINGAPORE: &str = "lazada-sg|shopee-sg|zalora-sg";
const EVERYWHERE: &str = "lazada-sg|shopee-sg|zalora-sg|lazada-ph|shopee-id|shopify-eu";
const LAZADA_SHOPEE: &str = "lazada-sg|shopee-sg|lazada-ph|shopee-id|shopee-vn";
const FASHION: &str = "zalora-sg|lazada-sg|shopify-eu";
const BERLIN: &str = "shopify-eu";
const SHOPEE: &str = "shopee-sg|shopee-id";
const HOME: &str = "lazada-sg|shopee-sg|shopify-eu";

/// The SKUs: code, name, units on hand, buffer, stores. The first two are the article's example, one for each type of flash
/// sale. The codes of the others sort after theirs, so that the catalogue begins with these two.
#[rustfmt::skip]
pub(super) const SKUS: [(&str, &str, i64, i64, &str); 54] = [
    ("Product1",          "Product1",                             100,  0, SINGAPORE),
    ("Product2",          "Product2",                             100,  0, SINGAPORE),

    ("WR-BAG-CRO-BLK",    "Crossbody bag, black",                  86,  0, FASHION),
    ("WR-BAG-CRO-TAN",    "Crossbody bag, tan",                    54,  0, FASHION),
    ("WR-BAG-TOT-NAT",    "Canvas tote, natural",                  80,  0, FASHION),
    ("WR-BLT-LEA-BRN",    "Leather belt, brown",                  130,  5, FASHION),
    ("WR-CAP-DAD-NVY",    "Cotton cap, navy",                     210, 10, EVERYWHERE),
    ("WR-DRS-MID-FLR-M",  "Midi dress, floral, M",                 42,  0, FASHION),
    ("WR-DRS-MID-FLR-S",  "Midi dress, floral, S",                 38,  0, FASHION),
    ("WR-HOD-ZIP-GRY-L",  "Zip hoodie, grey, L",                   75,  5, EVERYWHERE),
    ("WR-HOD-ZIP-GRY-M",  "Zip hoodie, grey, M",                   90,  5, EVERYWHERE),
    ("WR-JKT-DEN-IND-M",  "Denim jacket, indigo, M",               31,  0, FASHION),
    ("WR-SCF-WOL-RED",    "Wool scarf, red",                        0,  0, BERLIN),
    ("WR-SHT-LIN-WHT-L",  "Linen shirt, white, L",                 64,  4, FASHION),
    ("WR-SHT-LIN-WHT-M",  "Linen shirt, white, M",                 88,  4, FASHION),
    ("WR-SNK-RUN-BLK-42", "Running shoes, black, 42",              47,  2, SINGAPORE),
    ("WR-SNK-RUN-BLK-43", "Running shoes, black, 43",              52,  2, SINGAPORE),
    ("WR-SOK-CRW-3PK",    "Crew socks, pack of 3",                640, 20, EVERYWHERE),
    ("WR-TEE-BAS-BLK-L",  "Basic T-shirt, black, L",              260, 10, EVERYWHERE),
    ("WR-TEE-BAS-BLK-M",  "Basic T-shirt, black, M",              310, 10, EVERYWHERE),
    ("WR-TEE-BAS-WHT-M",  "Basic T-shirt, white, M",              280, 10, EVERYWHERE),
    ("WR-TRS-CHI-KHA-32", "Chino trousers, khaki, 32",             73,  0, FASHION),

    ("TC-CAB-C-1M",       "USB-C cable, braided, 1 m",            920, 30, EVERYWHERE),
    ("TC-CAB-C-2M",       "USB-C cable, braided, 2 m",            540, 30, EVERYWHERE),
    ("TC-CAR-MAG",        "Magnetic car mount",                   115,  0, LAZADA_SHOPEE),
    ("TC-CAS-A55",        "Phone case for Galaxy A55, clear",     230,  0, LAZADA_SHOPEE),
    ("TC-CAS-I15",        "Phone case for iPhone 15, clear",      345,  0, EVERYWHERE),
    ("TC-CAS-I15P",       "Phone case for iPhone 15 Pro, clear",  190,  0, EVERYWHERE),
    ("TC-CHG-20W",        "Wall charger, 20 W",                   410, 15, LAZADA_SHOPEE),
    ("TC-CHG-65W",        "Wall charger, 65 W, two ports",        150, 10, LAZADA_SHOPEE),
    ("TC-EAR-ANC",        "Wireless earbuds, noise cancelling",    96,  0, SINGAPORE),
    ("TC-EAR-STD",        "Wireless earbuds",                     175,  5, LAZADA_SHOPEE),
    ("TC-GLS-A55",        "Screen protector for Galaxy A55",      300,  0, SHOPEE),
    ("TC-GLS-I15",        "Screen protector for iPhone 15",       480,  0, EVERYWHERE),
    ("TC-PWB-10K",        "Power bank, 10,000 mAh",               205, 10, LAZADA_SHOPEE),
    ("TC-PWB-20K",        "Power bank, 20,000 mAh",               120,  5, LAZADA_SHOPEE),
    ("TC-RNG-STD",        "Phone ring stand",                       0,  0, SHOPEE),
    ("TC-SPK-MIN",        "Bluetooth speaker, mini",               68,  0, SINGAPORE),
    ("TC-STY-PEN",        "Stylus pen",                            57,  0, SHOPEE),
    ("TC-WAT-BND-M",      "Watch band, silicone, M",              140,  0, LAZADA_SHOPEE),

    ("RM-BED-QUE",        "Bed sheet set, queen",                  44,  2, HOME),
    ("RM-BLK-WOV",        "Woven throw blanket",                   39,  0, HOME),
    ("RM-CDL-CIT",        "Scented candle, citrus",               160,  0, HOME),
    ("RM-CDL-SAN",        "Scented candle, sandalwood",           145,  0, HOME),
    ("RM-CUT-BAM",        "Bamboo cutting board",                  84,  0, HOME),
    ("RM-DIF-ULT",        "Ultrasonic diffuser, 300 ml",           61,  0, EVERYWHERE),
    ("RM-LMP-DSK",        "Desk lamp, dimmable",                   72,  4, HOME),
    ("RM-MUG-SET4",       "Stoneware mugs, set of 4",              93,  0, HOME),
    ("RM-ORG-DRW",        "Drawer organiser, 6 pieces",           118,  0, SHOPEE),
    ("RM-PIL-MEM",        "Memory foam pillow",                    58,  0, EVERYWHERE),
    ("RM-PLT-CER-L",      "Ceramic planter, large",                 0,  0, HOME),
    ("RM-TWL-BTH",        "Bath towel, cotton",                   220, 10, EVERYWHERE),
    ("RM-VAS-GLS",        "Glass vase, smoked",                    27,  0, BERLIN),
    ("RM-WTR-1L",         "Insulated bottle, 1 l",                265, 10, EVERYWHERE),
];

/// Campaigns of the simulated marketplaces: store, SKU, units that it locks, how long from the start of the demo. No flash sale
/// covers those of the towels, the bottles and the boards.
#[rustfmt::skip]
pub(super) const CAMPAIGNS: [(&str, &str, i64, TimeDelta); 4] = [
    ("shopee-sg", "RM-TWL-BTH", 30, days(2)),
    ("shopee-sg", "RM-WTR-1L",  40, days(2)),
    ("lazada-sg", "TC-CAS-I15", 60, days(1)),
    ("lazada-sg", "RM-CUT-BAM", 20, days(3)),
];

/// An event in the history of the demo.
pub(super) enum Event {
    /// A flash sale is created: its name, type, store and duration, and its products with the units to hold.
    Sale(&'static str, FlashSaleType, &'static str, TimeDelta, &'static [(&'static str, i64)]),
    /// Staff end the flash sale with this name.
    EndNow(&'static str),
    /// A SKU is counted: code, units, reason.
    Stocktake(&'static str, i64, &'static str),
    /// Staff leave an unfinished draft: its name, type and store, and its products with the quantities typed so far.
    Draft(&'static str, FlashSaleType, &'static str, &'static [(&'static str, &'static str)]),
}

const fn days(days: i64) -> TimeDelta {
    TimeDelta::days(days)
}

pub(super) const fn hours(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours)
}

pub(super) const fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

/// How long ago the stores and the SKUs were added.
pub(super) const OPENING: TimeDelta = days(35);

/// The events since then with how long ago they happened, oldest first.
#[rustfmt::skip]
pub(super) const EVENTS: [(TimeDelta, Event); 21] = [
    (days(28), Event::Sale("Payday Sale", Allocation, "lazada-sg", days(2),
        &[("WR-TEE-BAS-BLK-M", 120), ("WR-TEE-BAS-BLK-L", 90), ("WR-SOK-CRW-3PK", 200), ("WR-CAP-DAD-NVY", 60)])),
    (days(24), Event::Sale("Desk Upgrade", Reservation, "shopee-sg", days(3),
        &[("RM-LMP-DSK", 20), ("TC-CHG-65W", 50), ("TC-CAB-C-2M", 150)])),
    (days(21), Event::Sale("Brand Day", Reservation, "zalora-sg", days(4),
        &[("WR-DRS-MID-FLR-S", 20), ("WR-DRS-MID-FLR-M", 20), ("WR-BAG-CRO-TAN", 25)])),
    (days(20), Event::EndNow("Brand Day")),
    (days(14), Event::Sale("Midnight Drop", Allocation, "shopee-id", hours(12),
        &[("TC-EAR-STD", 60), ("TC-PWB-10K", 80), ("TC-GLS-A55", 120)])),
    (days(11), Event::Stocktake("RM-PIL-MEM", 118, "Delivery from Penang: 60 pillows")),
    (days(10), Event::Sale("Weekend Flash", Reservation, "shopify-eu", days(2),
        &[("RM-CDL-SAN", 40), ("RM-CDL-CIT", 40), ("RM-BLK-WOV", 15)])),
    (days(6), Event::Sale("Voucher Day", Allocation, "lazada-ph", days(1),
        &[("TC-CHG-20W", 120), ("TC-CAB-C-1M", 300)])),
    (days(4), Event::Stocktake("TC-RNG-STD", 0, "Sold out; no delivery is planned")),
    (days(2), Event::Sale("Shelf Clearance", Allocation, "shopee-sg", days(4),
        &[("RM-CUT-BAM", 40), ("RM-MUG-SET4", 45), ("RM-BED-QUE", 20)])),
    (hours(32), Event::Sale("Mega Brand Week", Allocation, "lazada-sg", days(3),
        &[("WR-TEE-BAS-BLK-M", 150), ("WR-TEE-BAS-WHT-M", 120), ("WR-HOD-ZIP-GRY-M", 40), ("TC-EAR-ANC", 50),
          ("TC-CAS-I15", 100), ("WR-SNK-RUN-BLK-42", 20)])),
    (hours(26), Event::EndNow("Shelf Clearance")),
    (hours(25), Event::Sale("Home Refresh", Allocation, "shopee-id", days(4),
        &[("RM-TWL-BTH", 80), ("RM-WTR-1L", 100), ("RM-PIL-MEM", 30), ("RM-ORG-DRW", 60)])),
    (hours(20), Event::Sale("Style Edit", Reservation, "zalora-sg", days(5),
        &[("WR-SHT-LIN-WHT-M", 30), ("WR-SHT-LIN-WHT-L", 20), ("WR-TEE-BAS-BLK-M", 60), ("WR-JKT-DEN-IND-M", 12),
          ("WR-BAG-CRO-BLK", 35), ("WR-SNK-RUN-BLK-42", 10)])),
    (hours(9), Event::Sale("Warehouse Deal", Reservation, "shopify-eu", days(7),
        &[("WR-BAG-TOT-NAT", 60), ("RM-VAS-GLS", 10), ("RM-CDL-SAN", 50), ("WR-TEE-BAS-BLK-M", 40)])),
    (hours(6), Event::Sale("Gadget Rush", Reservation, "shopee-sg", days(1),
        &[("TC-EAR-ANC", 20), ("TC-PWB-20K", 50), ("TC-SPK-MIN", 25), ("TC-CAS-I15", 80)])),
    (minutes(200), Event::Sale("Flash Hours", Allocation, "lazada-ph", minutes(240),
        &[("TC-CHG-20W", 150), ("TC-PWB-10K", 70), ("TC-WAT-BND-M", 45)])),
    (hours(3), Event::Draft("Midweek Style", Reservation, "zalora-sg", &[("WR-DRS-MID-FLR-M", "15"), ("WR-TRS-CHI-KHA-32", "")])),
    (hours(2), Event::Stocktake("WR-BAG-TOT-NAT", 45, "Counted again: 35 were water-damaged")),
    (minutes(90), Event::Stocktake("TC-CAB-C-1M", 880, "Monthly count")),
    (minutes(50), Event::Sale("Candle Light", Allocation, "lazada-sg", days(2),
        &[("RM-CDL-CIT", 60), ("RM-CDL-SAN", 30), ("RM-DIF-ULT", 25)])),
];
