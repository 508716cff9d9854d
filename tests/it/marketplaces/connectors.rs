//! Every connector against the simulated marketplaces: what is set, what is refused, and everything that goes wrong.

use crate::{marketplaces::simulated::Marketplaces, support::moment};
use actix_web::rt::{System, SystemRunner};
use chrono::TimeDelta;
use flashsale::{
    clock::Clock,
    demo::marketplace::{CallKind, Campaign, Fault, Marketplace, PlannedFault, ProductId},
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::connection::ConnectorKind,
    },
    marketplaces::{
        Answer, Connector, Credentials, Endpoint, Failure, FailureClass, HttpClient, Target, Timeouts, lazada,
        registry, shopee, webhook, zalora,
    },
};
use secrecy::ExposeSecret;
use std::{
    collections::BTreeSet,
    net::TcpListener,
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

pub(super) const NOON: &str = "2026-11-10T12:00:00Z";
pub(super) const SHOP: &str = "shop";
const PUSHED: [ConnectorKind; 4] = [lazada::KIND, shopee::KIND, zalora::KIND, webhook::KIND];
const WITH_TOKENS: [ConnectorKind; 3] = [lazada::KIND, shopee::KIND, zalora::KIND];
const WITH_CAMPAIGNS: [ConnectorKind; 2] = [lazada::KIND, shopee::KIND];

/// One shop on marketplaces of its own, and a store that is connected to it.
pub(super) struct Rig {
    pub(super) marketplace: Marketplace,
    pub(super) kind: ConnectorKind,
    pub(super) url: String,
    pub(super) credentials: Credentials,
    pub(super) clock: Arc<AtomicI64>,
    pub(super) http: HttpClient,
    pub(super) runner: SystemRunner,
    /// The warehouse that is chosen for the store.
    pub(super) warehouse: Option<String>,
    _server: Marketplaces,
}

impl Rig {
    /// A shop that shows 100 of the products 1, 2 and 3.
    pub(super) fn new(kind: ConnectorKind) -> Self {
        let clock = Arc::new(AtomicI64::new(moment(NOON).utc().timestamp_micros()));
        let test_clock = clock.clone();
        let server = Marketplaces::start(Clock::from_fn(move || at(&test_clock)));
        let marketplace = server.marketplace.clone();
        let access = marketplace.open_shop(SHOP, kind);
        let timeouts = Timeouts { connect: Duration::from_secs(2), whole: Duration::from_millis(1_500) };
        let client_clock = clock.clone();
        let http = HttpClient::new(timeouts, Clock::from_fn(move || at(&client_clock)));
        let mut rig = Self {
            url: format!("{}{}", server.address, access.api_path),
            credentials: access.credentials,
            runner: System::new(),
            marketplace,
            kind,
            clock,
            http,
            warehouse: None,
            _server: server,
        };
        for number in 1..=3 {
            rig.marketplace.add_product(SHOP, &rig.id(number), &format!("seller-{number}"), 100);
        }
        if kind == zalora::KIND {
            rig.refresh().expect("a token");
        }
        rig
    }

    pub(super) fn now(&self) -> Moment {
        at(&self.clock)
    }

    pub(super) fn advance(&self, by: TimeDelta) {
        self.clock.fetch_add(by.num_microseconds().expect("a span of a test"), Ordering::SeqCst);
    }

    /// How the marketplace names the product: 1 and 2 are of one, where it has variants.
    pub(super) fn id(&self, number: u64) -> ProductId {
        let item = 7_000 + number.div_ceil(2);
        let (item, variant) = match self.kind.as_str() {
            "lazada" => (item.to_string(), (9_000 + number).to_string()),
            "shopee" => ("7000".to_owned(), number.to_string()),
            "zalora" => ((7_000 + number).to_string(), String::new()),
            _ => (format!("SKU-{number}"), String::new()),
        };
        ProductId { item, variant }
    }

    /// What product `number` has to show, when it was last said to show 100.
    pub(super) fn target(&self, number: u64, quantity: i64) -> Target {
        let id = self.id(number);
        Target {
            sku: SkuCode::parse(&format!("SKU-{number}")).ok(),
            seller_sku: format!("seller-{number}"),
            variant_id: Some(id.variant).filter(|variant| !variant.is_empty()),
            item_id: Some(id.item),
            quantity,
            at_most: Some(100),
            sequence: 1,
            seen: None,
        }
    }

    pub(super) fn connector(&self) -> Connector {
        let store = StoreCode::parse(SHOP).expect("a code");
        let endpoint =
            Endpoint { store: &store, kind: self.kind, api_url: &self.url, warehouse: self.warehouse.as_deref() };
        Connector::new(endpoint, self.credentials.clone(), &self.http, None).expect("a connection")
    }

    pub(super) fn push(&self, targets: &[Target]) -> Vec<Answer> {
        let answers = self.runner.block_on(self.connector().push(targets));
        assert_eq!(answers.len(), targets.len(), "{:?}", self.kind);
        answers
    }

    /// Pushes one quantity to product 1.
    pub(super) fn push_one(&self, quantity: i64) -> Result<i64, Failure> {
        self.push(&[self.target(1, quantity)]).remove(0).result
    }

    pub(super) fn check(&self) -> Result<(), Failure> {
        self.runner.block_on(self.connector().check()).map(drop)
    }

    pub(super) fn refresh(&mut self) -> Result<(), Failure> {
        self.credentials = self.runner.block_on(self.connector().refresh())?;
        Ok(())
    }

    pub(super) fn shown(&self, number: u64) -> Option<i64> {
        self.marketplace.quantity(SHOP, &self.id(number))
    }

    pub(super) fn add_campaign(&self, number: u64, quantity: i64, ends_at: Moment) {
        self.marketplace.add_campaign(SHOP, &self.id(number), Campaign { quantity, starts_at: None, ends_at });
    }
}

fn at(clock: &AtomicI64) -> Moment {
    chrono::DateTime::from_timestamp_micros(clock.load(Ordering::SeqCst)).expect("a moment of a test").into()
}

pub(super) fn classes(answers: &[Answer]) -> Vec<Result<i64, FailureClass>> {
    let class = |answer: &Answer| answer.result.as_ref().copied().map_err(|failure| failure.class);
    answers.iter().map(class).collect()
}

#[test]
fn every_connector_sets_what_is_asked_and_answers_with_what_is_shown() {
    for kind in PUSHED {
        let rig = Rig::new(kind);
        let answers = rig.push(&[rig.target(1, 40), rig.target(2, 0), rig.target(3, 250)]);
        assert_eq!(classes(&answers), [Ok(40), Ok(0), Ok(250)], "{kind:?} {answers:?}");
        assert_eq!([1, 2, 3].map(|number| rig.shown(number)), [Some(40), Some(0), Some(250)], "{kind:?}");
        assert_eq!(rig.marketplace.calls(SHOP).writes, 1, "{kind:?}");
        if WITH_CAMPAIGNS.contains(&kind) {
            assert!(answers.iter().all(|answer| answer.request_id.is_some()), "{kind:?} {answers:?}");
        }
        assert_eq!(rig.check(), Ok(()), "{kind:?}");
    }
}

#[test]
fn a_product_of_shopee_without_models_is_set_as_well() {
    let rig = Rig::new(shopee::KIND);
    let id = ProductId { item: "8000".to_owned(), variant: "0".to_owned() };
    rig.marketplace.add_product(SHOP, &id, "single", 5);
    let target = Target { item_id: Some(id.item.clone()), variant_id: None, ..rig.target(1, 3) };
    assert_eq!(classes(&rig.push(&[target])), [Ok(3)]);
    assert_eq!(rig.marketplace.quantity(SHOP, &id), Some(3));
}

#[test]
fn a_yes_proves_nothing_what_is_shown_is_read_back() {
    for kind in WITH_TOKENS {
        let rig = Rig::new(kind);
        rig.marketplace.add_fault(SHOP, Fault::Ignore);
        assert_eq!(rig.push_one(40), Ok(100), "{kind:?} says that it shows what it showed before");
    }
    // What Zalora does not list in its answer is asked about.
    let rig = Rig::new(zalora::KIND);
    rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::ErrorInside).on(CallKind::Write));
    assert_eq!(rig.push_one(40), Ok(100));
}

#[test]
fn a_row_that_fails_is_no_failure_of_the_others() {
    for kind in PUSHED {
        let rig = Rig::new(kind);
        let answers = rig.push(&[rig.target(1, 40), rig.target(5, 41), rig.target(3, 42)]);
        assert_eq!(classes(&answers), [Ok(40), Err(FailureClass::Mapping), Ok(42)], "{kind:?} {answers:?}");
        assert_eq!([1, 5, 3].map(|number| rig.shown(number)), [Some(40), None, Some(42)], "{kind:?}");
    }
}

#[test]
fn rows_that_are_refused_inside_a_success_are_found() {
    for kind in [lazada::KIND, shopee::KIND, webhook::KIND] {
        let rig = Rig::new(kind);
        rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::RefuseSome).on(CallKind::Write));
        let answers = rig.push(&[rig.target(1, 40), rig.target(2, 41)]);
        // Lazada’s table does not have it: it is temporary, of the listing alone.
        let class = if kind == lazada::KIND { FailureClass::Temporary } else { FailureClass::Mapping };
        assert_eq!(classes(&answers), [Err(class), Ok(41)], "{kind:?} {answers:?}");
        let said = &answers[0].result.as_ref().expect_err("refused").message;
        assert!(said.to_lowercase().contains("frozen"), "{kind:?} says why: {said}");
    }
}

#[test]
fn a_listing_without_its_ids_is_not_sent() {
    for kind in WITH_TOKENS {
        let rig = Rig::new(kind);
        let bare = Target { item_id: None, variant_id: None, ..rig.target(1, 40) };
        let answers = rig.push(&[bare, rig.target(2, 41)]);
        assert_eq!(classes(&answers), [Err(FailureClass::Mapping), Ok(41)], "{kind:?} {answers:?}");
    }
}

#[test]
fn nothing_is_lowered_below_what_a_campaign_keeps() {
    for kind in WITH_CAMPAIGNS {
        let mut rig = Rig::new(kind);
        let end = moment("2026-11-11T12:00:00Z");
        rig.add_campaign(1, 60, end);
        let answers = rig.push(&[rig.target(1, 50), rig.target(2, 50)]);
        assert_eq!(classes(&answers), [Err(FailureClass::Locked), Ok(50)], "{kind:?} {answers:?}");
        let failure = answers[0].result.as_ref().expect_err("locked");
        let lock = failure.lock.expect("it says what keeps it");
        assert_eq!((lock.quantity, lock.until), (Some(60), Some(end)), "{kind:?}");
        assert_eq!(failure.message, format!("{} has locked 60 for its own campaign.", kind.label()));
        assert_eq!((rig.shown(1), rig.shown(2)), (Some(100), Some(50)), "{kind:?}");
        let nearest = rig.target(1, 50).nearest(lock).expect("it shows more than what is kept");
        assert_eq!(classes(&rig.push(&[nearest])), [Ok(60)], "{kind:?}: down to what is kept");
        let known = Target { at_most: Some(60), ..rig.target(1, 50) };
        assert_eq!(known.nearest(lock), None, "{kind:?}: and it is not sent again");
        assert_eq!(rig.push_one(60), Ok(60), "{kind:?}");
        rig.advance(TimeDelta::days(1));
        rig.refresh().expect("new tokens");
        assert_eq!(rig.push_one(50), Ok(50), "{kind:?}: when the campaign is over");
    }
}

#[test]
fn a_campaign_that_only_the_marketplace_knew_of_is_explained_when_it_refuses() {
    for kind in WITH_CAMPAIGNS {
        let rig = Rig::new(kind);
        rig.add_campaign(1, 60, moment("2026-11-11T12:00:00Z"));
        // As far as is known the quantity is raised, so the campaigns were not read before.
        let raised = Target { at_most: Some(40), ..rig.target(1, 50) };
        let answers = rig.push(&[raised, rig.target(2, 120)]);
        assert_eq!(classes(&answers), [Err(FailureClass::Locked), Ok(120)], "{kind:?} {answers:?}");
        let lock = answers[0].result.as_ref().expect_err("locked").lock.expect("it was asked then");
        assert_eq!(lock.quantity, Some(60), "{kind:?}");
        assert_eq!(rig.shown(1), Some(100), "{kind:?}");
    }
    let rig = Rig::new(zalora::KIND);
    rig.add_campaign(1, 60, moment("2026-11-11T12:00:00Z"));
    let failure = rig.push_one(50).expect_err("locked");
    assert!(
        !failure.class.is_store_wide() && failure.lock.is_none(),
        "Zalora ignores it, and says no more: {failure:?}"
    );
    assert_eq!(rig.shown(1), Some(100));
}

#[test]
fn an_access_token_that_is_over_is_renewed_and_then_everything_works() {
    for kind in WITH_TOKENS {
        let mut rig = Rig::new(kind);
        rig.marketplace.expire_access(SHOP);
        let failure = rig.push_one(40).expect_err("the token is over");
        assert!(failure.class == FailureClass::Credentials && failure.token_ended, "{kind:?} {failure:?}");
        assert!(rig.check().expect_err("the token is over").token_ended, "{kind:?}");
        rig.refresh().expect("new tokens");
        let description = registry::describe(kind);
        assert!(!description.needs_refresh(&rig.credentials, rig.now()), "{kind:?}");
        let end = rig.credentials.access().and_then(|access| access.expires_at).expect("an end");
        assert!(description.needs_refresh(&rig.credentials, end), "{kind:?}");
        assert_eq!(rig.push_one(40), Ok(40), "{kind:?}");
    }
}

#[test]
fn a_refresh_token_counts_once_and_a_permission_that_was_taken_back_not_at_all() {
    for kind in WITH_CAMPAIGNS {
        let mut rig = Rig::new(kind);
        let first = rig.credentials.clone();
        rig.refresh().expect("new tokens");
        let second = std::mem::replace(&mut rig.credentials, first);
        let failure = rig.refresh().expect_err("it was used");
        assert!(failure.class.pauses() && !failure.token_ended, "{kind:?} {failure:?}");
        rig.credentials = second;
        assert_eq!(rig.push_one(40), Ok(40), "{kind:?}: the result of the first use counts");
    }
    for kind in WITH_TOKENS {
        let mut rig = Rig::new(kind);
        rig.marketplace.set_revoked(SHOP, true);
        assert!(rig.push_one(40).expect_err("revoked").class.pauses(), "{kind:?}");
        let failure = rig.refresh().expect_err("revoked");
        assert!(failure.class.pauses() && !failure.token_ended, "{kind:?} {failure:?}");
    }
}

/// The credentials with one secret of others.
fn with_secret(credentials: &Credentials, name: &str, other: &Credentials) -> Credentials {
    let secret = credentials.value(name).expose_secret();
    let json = credentials.to_json().expose_secret().replace(secret, other.value(name).expose_secret());
    registry::credentials_of(&json.into()).expect("credentials")
}

#[test]
fn a_wrong_secret_is_a_failure_of_the_credentials_that_no_new_token_mends() {
    for kind in PUSHED {
        let mut rig = Rig::new(kind);
        let other = Marketplace::new(Clock::from_fn(|| moment(NOON))).open_shop(SHOP, kind).credentials;
        let mixed = match kind.as_str() {
            "lazada" => with_secret(&rig.credentials, "app_secret", &other),
            "shopee" => with_secret(&rig.credentials, "partner_key", &other),
            _ => other,
        };
        rig.credentials = mixed;
        let failure = if kind == zalora::KIND { rig.refresh() } else { rig.check() };
        let failure = failure.expect_err("refused");
        assert_eq!(failure.class, FailureClass::Credentials, "{kind:?} {failure:?}");
    }
}

#[test]
fn whatever_goes_wrong_is_told_apart_and_nothing_waits_for_ever() {
    use FailureClass::{Credentials, Temporary, Throttled, Unavailable};
    for kind in PUSHED {
        let error_inside = if WITH_CAMPAIGNS.contains(&kind) { Temporary } else { Unavailable };
        for (fault, class, is_done) in [
            (Fault::ServerError, Unavailable, false),
            (Fault::Page { status: 403 }, Unavailable, false),
            (Fault::ErrorInside, error_inside, false),
            (Fault::Garbage, Unavailable, false),
            (Fault::Huge, Temporary, false),
            (Fault::Hang, Unavailable, false),
            (Fault::Drop, Unavailable, false),
            (Fault::DropAfter, Unavailable, true),
            (Fault::Throttle { seconds: 7 }, Throttled, false),
            (Fault::EndedToken, Credentials, false),
        ] {
            let rig = Rig::new(kind);
            // What Zalora says inside a success is read back: see above.
            let is_read_back = kind == zalora::KIND && matches!(fault, Fault::ErrorInside | Fault::Garbage);
            let on = (!is_read_back).then_some(CallKind::Write);
            rig.marketplace.add_fault(SHOP, PlannedFault { on, ..fault.into() });
            let answers = rig.push(&[rig.target(1, 120), rig.target(2, 120)]);
            assert_eq!(classes(&answers), [Err(class), Err(class)], "{kind:?} {fault:?} {answers:?}");
            assert_eq!(rig.shown(2), Some(if is_done { 120 } else { 100 }), "{kind:?} {fault:?}");
            let failure = answers[0].result.as_ref().expect_err("a failure");
            assert_eq!(
                failure.retry_after,
                (class == Throttled).then_some(Duration::from_secs(7)),
                "{kind:?} {fault:?}"
            );
            assert!(failure.message.chars().count() < 300, "{kind:?} {fault:?} {failure}");
            rig.marketplace.clear_faults(SHOP);
            assert_eq!(rig.push_one(120), Ok(120), "{kind:?} {fault:?}: the same again does no harm");
        }
    }
}

#[test]
fn what_goes_wrong_while_it_is_read_is_a_failure_too() {
    for kind in WITH_CAMPAIGNS {
        for fault in [Fault::Garbage, Fault::Hang, Fault::Drop, Fault::Throttle { seconds: 1 }] {
            let rig = Rig::new(kind);
            rig.marketplace.add_fault(SHOP, PlannedFault::from(fault).on(CallKind::Read));
            assert!(rig.push_one(40).is_err(), "{kind:?} {fault:?}");
            assert_eq!(rig.shown(1), Some(100), "{kind:?} {fault:?}: nothing is lowered without asking for campaigns");
            let failure = rig.push_one(120).expect_err("it cannot be read back");
            assert!(failure.message.starts_with("Sent, but"), "{kind:?} {fault:?} {failure}");
            assert_eq!(rig.shown(1), Some(120), "{kind:?} {fault:?}");
        }
    }
}

#[test]
fn a_slow_answer_and_a_request_that_is_delivered_twice_are_none() {
    for kind in PUSHED {
        let rig = Rig::new(kind);
        rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::Slow { milliseconds: 50 }).times(1));
        rig.marketplace.add_fault(SHOP, Fault::Twice);
        assert_eq!(rig.push_one(40), Ok(40), "{kind:?}");
        assert_eq!(rig.marketplace.journal(3).len(), 1, "{kind:?}");
    }
}

#[test]
fn a_marketplace_that_is_not_there_or_has_another_time_is_a_temporary_failure() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    for kind in PUSHED {
        let mut rig = Rig::new(kind);
        let url = std::mem::replace(&mut rig.url, format!("http://{closed}"));
        let failure = rig.push_one(40).expect_err("no server");
        assert_eq!(failure.class, FailureClass::Unavailable, "{kind:?} {failure}");
        assert!(!failure.message.contains("127.0.0.1"), "{failure}");
        rig.url = "not an address".to_owned();
        assert_eq!(rig.push_one(40).expect_err("nowhere").message, "The address of the API cannot be used: check it.");
        rig.url = url;
        let late = rig.now().plus(TimeDelta::hours(3));
        rig.http = HttpClient::new(Timeouts::default(), Clock::from_fn(move || late));
        if WITH_CAMPAIGNS.contains(&kind) {
            assert_eq!(rig.push_one(40).expect_err("too late").class, FailureClass::Unavailable, "{kind:?}");
        }
    }
}

#[test]
fn more_than_a_call_takes_is_pushed_in_several() {
    for (kind, most, calls) in
        [(lazada::KIND, 50, 3), (shopee::KIND, 50, 3), (zalora::KIND, 100, 2), (webhook::KIND, 100, 2)]
    {
        let rig = Rig::new(kind);
        rig.marketplace.limit(SHOP, NonZeroU32::new(1_000).expect("not 0"));
        for number in 4..=120 {
            rig.marketplace.add_product(SHOP, &rig.id(number), &format!("seller-{number}"), 100);
        }
        let targets: Vec<Target> = (1..=120).map(|number| rig.target(number, 7)).collect();
        let batches = rig.connector().batches(&targets);
        assert!(batches.iter().all(|batch| batch.len() <= most) && batches.len() == calls, "{kind:?} {batches:?}");
        for batch in batches {
            let batch: Vec<Target> = batch.into_iter().map(|place| targets[place].clone()).collect();
            assert!(rig.push(&batch).iter().all(|answer| answer.result == Ok(7)), "{kind:?}");
        }
        assert_eq!(rig.marketplace.calls(SHOP).writes, calls as u64, "{kind:?}");
    }
}

/// Every secret of the credentials, as they are written for sealing.
fn secrets(credentials: &Credentials) -> BTreeSet<String> {
    let json = credentials.to_json();
    let texts = json.expose_secret().split('"').map(str::to_owned);
    texts.filter(|text| text.len() == 32).collect()
}

/// What is logged, to be read by a test.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        let writer = self.clone();
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("a log").clone()).expect("text")
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_secret_is_printed_logged_or_answered_even_if_the_marketplace_repeats_it() {
    let log = Log::default();
    let mut printed = String::new();
    let mut all_secrets = BTreeSet::new();
    tracing::subscriber::with_default(log.subscriber(), || {
        tracing::info!("the log is written");
        for kind in PUSHED {
            let mut rig = Rig::new(kind);
            all_secrets.extend(secrets(&rig.credentials));
            for fault in [Fault::Echo, Fault::EndedToken, Fault::Hang, Fault::Drop] {
                rig.marketplace.add_fault(SHOP, fault);
                printed += &format!("{:?}\n{:?}\n", rig.push(&[rig.target(1, 40)]), rig.check());
                printed += &format!("{:?}\n{:?}\n", rig.refresh(), rig.credentials);
                rig.marketplace.clear_faults(SHOP);
            }
            rig.url = "http://127.0.0.1:1".to_owned();
            printed += &format!("{:?}\n{:?}\n", rig.check(), rig.refresh());
            all_secrets.extend(secrets(&rig.credentials));
        }
    });
    let logged = log.text();
    assert!(logged.contains("the log is written"));
    assert!(all_secrets.len() >= 10, "{}", all_secrets.len());
    let is_signature = |word: &str| word.len() >= 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
    let signatures: Vec<String> =
        words(&format!("{logged} {printed}")).into_iter().filter(|word| is_signature(word)).collect();
    assert!(signatures.is_empty(), "{signatures:?}");
    for secret in &all_secrets {
        assert!(!printed.contains(secret), "{secret} in {printed}");
        assert!(!logged.contains(secret), "{secret} in the log");
    }
}

#[test]
fn the_marketplaces_are_steered_over_http_and_show_what_they_were_told() {
    let rig = Rig::new(lazada::KIND);
    let address = rig.url.trim_end_matches("/rest").to_owned();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let post = |path: &str, body: serde_json::Value| {
        let response = agent.post(format!("{address}/control/{path}")).send_json(body).expect("an answer");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response
    };
    let get = |path: &str| agent.get(format!("{address}{path}")).call().expect("an answer").into_body();
    post("shops/shop/faults", serde_json::json!({"fault": "server_error", "on": "write", "times": 1}));
    assert_eq!(rig.push_one(120).expect_err("the fault").class, FailureClass::Unavailable);
    let id = rig.id(2);
    let product = serde_json::json!({"item_id": id.item, "variant_id": id.variant, "quantity": 30});
    let sold: serde_json::Value = post("shops/shop/sales", product).into_body().read_json().expect("JSON");
    assert_eq!(sold["sold"], 30);
    assert_eq!(rig.push_one(40), Ok(40));
    let journal: serde_json::Value = get("/control/journal?after=3").read_json().expect("JSON");
    let changes: Vec<_> = journal
        .as_array()
        .expect("a list")
        .iter()
        .map(|change| (&change["from"], &change["to"], &change["by"]))
        .collect();
    assert_eq!(serde_json::json!(changes), serde_json::json!([[100, 70, "sale"], [100, 40, "push"]]));
    let shop: serde_json::Value = get("/control/shops/shop").read_json().expect("JSON");
    assert_eq!((&shop["products"][0]["quantity"], &shop["calls"]["writes"]), (&40.into(), &2.into()));
    let page = get("/").read_to_string().expect("a page");
    for shown in ["seller-1", "40", "100 → 70, sold", "100 → 40, pushed"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let opened = post("shops", serde_json::json!({"code": "other", "connector": "shopee"}));
    let opened: serde_json::Value = opened.into_body().read_json().expect("JSON");
    let credentials = registry::credentials_of(&opened["credentials"].to_string().into()).expect("credentials");
    assert_eq!(credentials.kind(), shopee::KIND);
}
