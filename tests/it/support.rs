//! What the tests share: for each test a server with its own database, a clock that the test sets, and a headless
//! browser.

use chrono::{DateTime, TimeDelta, Utc};
use flashsale::{
    actions::{
        self,
        catalogue::save_skus::{Saved, SkuInput},
        stores::add_store::NewStore,
    },
    clock::Clock,
    db::{self, Conn, Database, DatabaseUrl, PoolSize},
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        moment::Moment,
        staff::account::Email,
    },
    server,
    settings::Settings,
    web::{passwords, state::State},
};
use scraper::{Html, Selector};
use std::{
    env::VarError,
    net::TcpListener,
    process::{Command, Output},
    sync::{
        Arc, LazyLock, OnceLock,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
};

/// The e-mail address and the password of the member of staff that every test has.
pub const EMAIL: &str = "ops@example.com";
pub const PASSWORD: &str = "eleven eleven sale";

/// The time at which every test begins: noon UTC, 20:00 in Singapore.
pub const NOON: &str = "2026-11-10T12:00:00Z";

/// A server of its own for one test.
pub struct TestApp {
    pub address: String,
    /// `DATABASE_URL` of the database.
    pub url: String,
    pub database: Database,
    pub settings: Settings,
    /// The token of the link to `/setup`, which a server prints when it starts with an empty database.
    pub setup_token: String,
    clock: Arc<AtomicI64>,
    server: Served,
    _place: Place,
}

impl TestApp {
    /// Starts a server with [`EMAIL`] as its only member of staff.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with other settings.
    pub fn start_with(variables: &[(&str, &str)]) -> Self {
        let app = Self::start_empty(variables);
        app.write(|conn| {
            static HASH: LazyLock<String> = LazyLock::new(|| passwords::hash(PASSWORD));
            let email = Email::parse(EMAIL).expect("an address");
            actions::staff::add_user::run(conn, &email, &HASH, moment(NOON)).expect("the first user");
        });
        app
    }

    /// Starts a server without any account.
    pub fn start_empty(variables: &[(&str, &str)]) -> Self {
        let (place, url) = Place::new();
        let variable = |name: &str| {
            let given = variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            given.or_else(|| match name {
                "DATABASE_URL" => Some(url.clone()),
                // Tests sign in more often than people do.
                "FLASHSALE_SIGN_IN_TRIES" => Some("1000".to_owned()),
                // Many tests run at once on few cores; the tests of deadlines set their own.
                "FLASHSALE_DATABASE_WAIT_MS" => Some("20000".to_owned()),
                "FLASHSALE_DATABASE_DEADLINE_MS" => Some("30000".to_owned()),
                // The simulated marketplaces are on this machine.
                "FLASHSALE_PRIVATE_ADDRESSES" => Some("yes".to_owned()),
                _ => None,
            })
        };
        let settings = Settings::from_variables(variable).expect("settings of a test");
        let database = Database::open(&settings.database_url, settings.pool).expect("a database of a test");
        let clock = Arc::new(AtomicI64::new(moment(NOON).utc().timestamp_micros()));
        let server = Served::start(&settings, &database, clock_of(&clock));
        let setup_token = server.setup_token.clone().expect("the database is empty");
        let address = server.address.clone();
        Self { address, url, database, settings, setup_token, clock, server, _place: place }
    }

    /// Starts a second server on the same database, with its own connections.
    pub fn start_another(&self) -> String {
        let database = Database::open(&self.settings.database_url, self.settings.pool).expect("a second server");
        self.serve(&database)
    }

    /// Starts a server that uses these connections.
    pub fn serve(&self, database: &Database) -> String {
        self.start_on(database, self.clock())
    }

    /// Starts a server that uses these connections, with a clock of its own.
    pub fn start_on(&self, database: &Database, clock: Clock) -> String {
        Served::start(&self.settings, database, clock).address
    }

    /// Starts a second server that reaches the database by another URL.
    pub fn start_another_at(&self, url: &str) -> String {
        let settings = Settings { database_url: url.parse().expect("a URL of a test"), ..self.settings.clone() };
        let database = Database::open(&settings.database_url, settings.pool).expect("a second server");
        Served::start(&settings, &database, self.clock()).address
    }

    /// Stops the server and its jobs. After that, only the test changes the database.
    pub fn stop(&mut self) {
        drop(self.server.handle.stop(false));
        let thread = self.server.thread.take().expect("it runs");
        thread.join().expect("it stops");
    }

    pub fn now(&self) -> Moment {
        read_clock(&self.clock)
    }

    /// The clock that the test sets.
    pub fn clock(&self) -> Clock {
        clock_of(&self.clock)
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.fetch_add(by.num_microseconds().expect("a span of a test"), Ordering::SeqCst);
    }

    /// Runs `work` in a write transaction.
    pub fn write<T>(&self, mut work: impl FnMut(&mut Conn) -> T) -> T {
        self.database.write_blocking(|conn| Ok::<_, db::Error>(work(conn))).expect("a write of a test")
    }

    /// A browser without a session.
    pub fn browser(&self) -> Browser {
        Browser::new(self.address.clone())
    }

    /// A browser in which [`EMAIL`] is signed in.
    pub fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        let page = browser.get("/sign-in").submit(&[("email", EMAIL), ("password", PASSWORD)]);
        assert_eq!((page.status, page.location.as_deref()), (303, Some("/")), "signing in: {}", page.text());
        browser
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.server.handle.stop(false));
    }
}

/// A running server.
struct Served {
    address: String,
    /// The token of the link to `/setup`.
    setup_token: Option<String>,
    handle: actix_web::dev::ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Served {
    fn start(settings: &Settings, database: &Database, clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let state = State::new(settings.clone(), database.clone(), clock).expect("a server of a test");
        let setup_token = state.setup_token.clone();
        let (send, receive) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = server::start(state, listener).expect("a server of a test");
                send.send(server.handle()).expect("the test waits for its server");
                server.await.expect("a server of a test");
            });
        });
        let handle = receive.recv().expect("a server of a test");
        Self { address, setup_token, handle, thread: Some(thread) }
    }
}

fn clock_of(clock: &Arc<AtomicI64>) -> Clock {
    let clock = clock.clone();
    Clock::from_fn(move || read_clock(&clock))
}

fn read_clock(clock: &AtomicI64) -> Moment {
    DateTime::<Utc>::from_timestamp_micros(clock.load(Ordering::SeqCst)).expect("a moment of a test").into()
}

/// Parses RFC 3339.
pub fn moment(text: &str) -> Moment {
    DateTime::parse_from_rfc3339(text).expect("an RFC 3339 moment").to_utc().into()
}

/// Where the database of a test is. It goes with the test: those of all tests would fill a small disk.
enum Place {
    /// A file in a temporary folder.
    Folder { _folder: tempfile::TempDir },
    /// A database on the PostgreSQL server of the environment.
    Server { server: String, name: String },
}

impl Place {
    /// A new database, and its URL.
    fn new() -> (Self, String) {
        match std::env::var("FLASHSALE_TEST_DATABASE_URL") {
            Ok(server) => {
                let name = format!("test_{}", uuid::Uuid::now_v7().simple());
                let copy = format!("CREATE DATABASE {name} TEMPLATE {}", template(&server));
                administer(&server, &copy).expect("a database of a test");
                let url = url_on(&server, &name);
                (Self::Server { server, name }, url)
            }
            Err(VarError::NotPresent) => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let url = format!("sqlite://{}", folder.path().join("test.db").display());
                (Self::Folder { _folder: folder }, url)
            }
            Err(error) => panic!("FLASHSALE_TEST_DATABASE_URL: {error}"),
        }
    }
}

impl Drop for Place {
    /// Other servers of the test may still be connected to it.
    fn drop(&mut self) {
        let Self::Server { server, name } = self else { return };
        // The test may have failed already, so this must not panic.
        if let Err(error) = administer(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")) {
            eprintln!("the database {name} could not be dropped: {error}");
        }
    }
}

fn url_on(server: &str, name: &str) -> String {
    let base = server.rsplit_once('/').expect("a URL with a database").0;
    format!("{base}/{name}")
}

/// The database that those of all tests are copies of: making all tables for each of them would take longer than most tests.
/// It stays on the server, which is gone after `tests/run`.
fn template(server: &str) -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("test_template_{}", uuid::Uuid::now_v7().simple());
        administer(server, &format!("CREATE DATABASE {name}")).expect("a database of the tests");
        let url = url_on(server, &name).parse().expect("a URL");
        let database = Database::open(&url, PoolSize::default()).expect("all tables");
        database.close().expect("nobody is connected to it");
        name
    })
}

/// Runs a statement on a PostgreSQL server.
#[cfg(feature = "postgres")]
fn administer(server: &str, statement: &str) -> Result<(), Box<dyn std::error::Error>> {
    use diesel::Connection;
    let mut conn = diesel::PgConnection::establish(server)?;
    diesel::connection::SimpleConnection::batch_execute(&mut conn, statement)?;
    Ok(())
}

#[cfg(not(feature = "postgres"))]
fn administer(_: &str, _: &str) -> Result<(), Box<dyn std::error::Error>> {
    Err("FLASHSALE_TEST_DATABASE_URL is set: run the tests with --features postgres".into())
}

/// Whether the tests run on PostgreSQL.
pub fn on_postgres(database: &DatabaseUrl) -> bool {
    format!("{database:?}").starts_with("postgres")
}

/// A headless browser: it stores cookies, runs no scripts, and does not follow redirects.
pub struct Browser {
    agent: ureq::Agent,
    address: String,
}

impl Browser {
    fn new(address: String) -> Self {
        let config = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build();
        Self { agent: config.into(), address }
    }

    /// A browser for the server at `address`.
    pub fn at(address: &str) -> Self {
        Self::new(address.to_owned())
    }

    /// The same browser, for another thread.
    pub fn another(&self) -> Self {
        Self { agent: self.agent.clone(), address: self.address.clone() }
    }

    /// Opens a page.
    pub fn get(&mut self, path: &str) -> Page {
        let response = self.agent.get(format!("{}{path}", self.address)).call().expect("an answer");
        self.page(path, response)
    }

    /// Opens what is no page, and returns the status, the headers and the bytes of the answer.
    pub fn get_bytes(&mut self, path: &str) -> (u16, ureq::http::HeaderMap, Vec<u8>) {
        let mut response = self.agent.get(format!("{}{path}", self.address)).call().expect("an answer");
        let bytes = response.body_mut().read_to_vec().expect("a whole body");
        (response.status().as_u16(), response.headers().clone(), bytes)
    }

    /// Sends a form without loading its page first.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let response =
            self.agent.post(format!("{}{path}", self.address)).send_form(fields.iter().copied()).expect("an answer");
        self.page(path, response)
    }

    /// Sends a body by `PUT`.
    pub fn put(&mut self, path: &str, body: &str) -> Page {
        let response = self.agent.put(format!("{}{path}", self.address)).send(body).expect("an answer");
        self.page(path, response)
    }

    /// Sends a `DELETE`.
    pub fn delete(&mut self, path: &str) -> Page {
        let response = self.agent.delete(format!("{}{path}", self.address)).call().expect("an answer");
        self.page(path, response)
    }

    /// Opens a page with additional headers.
    pub fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Page {
        let mut request = self.agent.get(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.call().expect("an answer");
        self.page(path, response)
    }

    /// Sends a form with additional headers.
    pub fn post_with(&mut self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Page {
        let mut request = self.agent.post(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send_form(fields.iter().copied()).expect("an answer");
        self.page(path, response)
    }

    /// Sends a body.
    pub fn post_body(&mut self, path: &str, content_type: &str, body: &[u8]) -> Page {
        let request = self.agent.post(format!("{}{path}", self.address)).content_type(content_type);
        let response = request.send(body).expect("an answer");
        self.page(path, response)
    }

    fn page(&self, path: &str, mut response: ureq::http::Response<ureq::Body>) -> Page {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let location = header("location");
        let headers = response.headers().clone();
        let sent = response.body_mut().with_config().limit(64 << 20).read_to_string().expect("a body of text");
        let body = sent.strip_prefix('\u{feff}').unwrap_or(&sent).to_owned();
        Page {
            path: path.to_owned(),
            status: response.status().as_u16(),
            location,
            headers,
            has_byte_order_mark: body.len() < sent.len(),
            body,
            browser: Self { agent: self.agent.clone(), address: self.address.clone() },
        }
    }
}

/// The response to a browser.
pub struct Page {
    pub path: String,
    pub status: u16,
    pub location: Option<String>,
    pub headers: ureq::http::HeaderMap,
    /// Without a byte-order mark.
    pub body: String,
    pub has_byte_order_mark: bool,
    browser: Browser,
}

impl Page {
    /// The visible text in one line.
    pub fn text(&self) -> String {
        let html = Html::parse_document(&self.body);
        let body = html.select(&selector("main")).next().unwrap_or_else(|| html.root_element());
        body.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub fn title(&self) -> String {
        self.all("title").join("")
    }

    /// The text of every element that a CSS selector finds.
    pub fn all(&self, css: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&selector(css))
            .map(|element| element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// An attribute of the first element that a CSS selector finds.
    pub fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let html = Html::parse_document(&self.body);
        html.select(&selector(css)).next().and_then(|element| element.attr(name)).map(str::to_owned)
    }

    /// An attribute of every element that a CSS selector finds.
    pub fn all_attributes(&self, css: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&selector(css)).filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// The cell under the heading `column` in the row that has a cell `row`, in the first table that has both.
    pub fn cell(&self, row: &str, column: &str) -> String {
        let html = Html::parse_document(&self.body);
        let text = |element: scraper::ElementRef<'_>| {
            element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        for table in html.select(&selector("table")) {
            let headings: Vec<String> = table.select(&selector("thead th")).map(text).collect();
            let Some(at) = headings.iter().position(|heading| heading == column) else { continue };
            for one in table.select(&selector("tbody tr")) {
                let cells: Vec<String> = one.select(&selector("th, td")).map(text).collect();
                if cells.iter().any(|cell| cell == row) {
                    return cells[at].clone();
                }
            }
        }
        panic!("no row {row:?} with a column {column:?} in {}", self.text())
    }

    /// Sends the page's main form with its values, overwritten by `typed`.
    pub fn submit(&self, typed: &[(&str, &str)]) -> Page {
        self.submit_form("main form[method=post]", typed)
    }

    /// Sends the first form that a CSS selector finds, with its values, overwritten by `typed`. If the form has several
    /// buttons, `typed` names the one that is pressed.
    pub fn submit_form(&self, css: &str, typed: &[(&str, &str)]) -> Page {
        let html = Html::parse_document(&self.body);
        let form = html.select(&selector(css)).next().unwrap_or_else(|| panic!("no {css} in {}", self.text()));
        let action = form.attr("action").unwrap_or(&self.path).to_owned();
        let fields = filled(form, typed);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut browser = Browser { agent: self.browser.agent.clone(), address: self.browser.address.clone() };
        browser.post(&action, &fields)
    }

    /// Sends the first form that a CSS selector finds, with its values, overwritten for the inputs with these ids. In a
    /// form with rows, several inputs have the same name.
    pub fn submit_typed(&self, css: &str, typed: &[(&str, &str)]) -> Page {
        let html = Html::parse_document(&self.body);
        let form = html.select(&selector(css)).next().unwrap_or_else(|| panic!("no {css} in {}", self.text()));
        let fields: Vec<(&str, &str)> = form
            .select(&selector("input"))
            .filter_map(|input| {
                let id = input.attr("id").unwrap_or_default();
                let text = typed.iter().find(|(of, _)| *of == id).map(|(_, text)| *text);
                Some((input.attr("name")?, text.unwrap_or_else(|| input.attr("value").unwrap_or_default())))
            })
            .collect();
        let action = form.attr("action").unwrap_or(&self.path).to_owned();
        Browser { agent: self.browser.agent.clone(), address: self.browser.address.clone() }.post(&action, &fields)
    }

    /// Presses the button with these words in the page's main form, after typing into the fields with these ids, and adding
    /// what has the name of no field.
    pub fn press(&self, words: &str, typed: &[(&str, &str)]) -> Page {
        let html = Html::parse_document(&self.body);
        let form = html.select(&selector("main form[method=post]")).next().expect("a form");
        let any_button = selector("button");
        let mut buttons = form.select(&any_button);
        let said = |button: &scraper::ElementRef<'_>| button.text().collect::<String>().trim().to_owned();
        let button =
            buttons.find(|button| said(button) == words).unwrap_or_else(|| panic!("no {words}: {}", self.text()));
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut ids = Vec::new();
        for field in form.select(&selector("input, textarea, select")) {
            let Some(name) = field.attr("name") else { continue };
            let id = field.attr("id").unwrap_or_default();
            ids.push(id);
            let text = typed.iter().find(|(of, _)| *of == id).map(|(_, text)| (*text).to_owned());
            fields.extend(text.or_else(|| held_in(field)).map(|value| (name.to_owned(), value)));
        }
        let added = typed.iter().filter(|(of, _)| !ids.contains(of));
        fields.extend(added.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        if let Some(name) = button.attr("name") {
            fields.push((name.to_owned(), button.attr("value").unwrap_or_default().to_owned()));
        }
        let action = button.attr("formaction").or_else(|| form.attr("action")).unwrap_or(&self.path).to_owned();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Browser { agent: self.browser.agent.clone(), address: self.browser.address.clone() }.post(&action, &fields)
    }

    /// Whether the page's main form has a button with these words.
    pub fn has_button(&self, words: &str) -> bool {
        self.all("main form[method=post] button").iter().any(|button| button == words)
    }

    /// Sends the page's main form with its values and a file in `field`.
    pub fn submit_file(&self, field: &str, file_name: &str, content: &[u8]) -> Page {
        self.submit_file_with(field, file_name, content, &[])
    }

    /// The same with values overwritten by `typed`.
    pub fn submit_file_with(&self, field: &str, file_name: &str, content: &[u8], typed: &[(&str, &str)]) -> Page {
        self.submit_files_with(field, &[(file_name, content)], typed)
    }

    /// The same with several files.
    pub fn submit_files_with(&self, field: &str, files: &[(&str, &[u8])], typed: &[(&str, &str)]) -> Page {
        const BOUNDARY: &str = "----a-boundary-of-the-tests";
        let html = Html::parse_document(&self.body);
        let form = html.select(&selector("main form[method=post]")).next().expect("a form");
        let action = form.attr("action").unwrap_or(&self.path).to_owned();
        let mut body = Vec::new();
        for (name, value) in filled(form, typed) {
            body.extend(
                format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        for (file_name, content) in files {
            let about = format!("content-disposition: form-data; name=\"{field}\"; filename=\"{file_name}\"");
            body.extend(format!("--{BOUNDARY}\r\n{about}\r\ncontent-type: text/csv\r\n\r\n").bytes());
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{BOUNDARY}--\r\n").bytes());
        let mut browser = Browser { agent: self.browser.agent.clone(), address: self.browser.address.clone() };
        browser.post_body(&action, &format!("multipart/form-data; boundary={BOUNDARY}"), &body)
    }

    /// Follows the redirect of a submitted form.
    pub fn follow(&self) -> Page {
        let location =
            self.location.as_deref().unwrap_or_else(|| panic!("{} and no redirect: {}", self.status, self.text()));
        let mut browser = Browser { agent: self.browser.agent.clone(), address: self.browser.address.clone() };
        browser.get(location)
    }
}

/// The values that a form sends, overwritten by `typed`.
fn filled(form: scraper::ElementRef<'_>, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = held_by(form);
    fields.retain(|(field, _)| typed.iter().all(|(name, _)| field != name));
    fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    fields
}

/// The names and values that an unchanged form sends.
pub fn held_by(form: scraper::ElementRef<'_>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for field in form.select(&selector("input, textarea, select")) {
        let Some(name) = field.attr("name").map(str::to_owned) else { continue };
        fields.extend(held_in(field).map(|value| (name, value)));
    }
    fields
}

/// The value that one field sends; none for a box that is not ticked.
fn held_in(field: scraper::ElementRef<'_>) -> Option<String> {
    match (field.value().name(), field.attr("type")) {
        ("textarea", _) => Some(field.text().collect::<String>()),
        ("select", _) => field
            .select(&selector("option[selected]"))
            .next()
            .or_else(|| field.select(&selector("option")).next())
            .and_then(|option| option.attr("value"))
            .map(str::to_owned),
        (_, Some("radio" | "checkbox")) => {
            field.attr("checked").map(|_| field.attr("value").unwrap_or("on").to_owned())
        }
        (_, Some("file" | "submit")) => None,
        _ => Some(field.attr("value").unwrap_or_default().to_owned()),
    }
}

pub fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("a CSS selector")
}

/// The article's stores, and one in a zone with daylight saving.
pub fn article_stores(app: &TestApp) {
    for (code, name, marketplace, zone) in [
        ("lazada-sg", "Lazada SG", "Lazada", "Asia/Singapore"),
        ("shopee-sg", "Shopee SG", "Shopee", "Asia/Singapore"),
        ("zalora-sg", "Zalora SG", "Zalora", "Asia/Singapore"),
        ("shop-berlin", "Shop Berlin", "Shopify", "Europe/Berlin"),
    ] {
        let store = NewStore {
            code: StoreCode::parse(code).expect("a code"),
            name: name.to_owned(),
            marketplace: marketplace.to_owned(),
            time_zone: zone.parse().expect("a zone"),
            country: None,
            currency: None,
        };
        let now = app.now();
        app.write(|conn| actions::stores::add_store::run(conn, store.clone(), now).expect("a store"));
    }
}

/// The article's Product1, listed on Lazada, Shopee and Zalora.
pub fn product1(app: &TestApp, on_hand: i64) {
    let cause = Cause { actor: "test".to_owned(), at: app.now(), reason: String::new() };
    let input = SkuInput {
        code: SkuCode::parse("Product1").expect("a code"),
        name: Some("Product1".to_owned()),
        on_hand: Some(on_hand),
        buffer: None,
        listings: Some(
            ["lazada-sg", "shopee-sg", "zalora-sg"].map(|code| StoreCode::parse(code).expect("a code")).to_vec(),
        ),
    };
    let saved =
        app.write(|conn| actions::catalogue::save_skus::run(conn, &cause, vec![input.clone()]).expect("a save"));
    assert_eq!(saved, [Ok(Saved::Created)]);
}

/// Runs the program on the database at `url`.
pub fn run_program(url: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flashsale"))
        .args(arguments)
        .env("DATABASE_URL", url)
        .output()
        .expect("the program runs")
}
