//! Requests to marketplaces over HTTP: one client for all stores, with limits on the size and the time of a response.
//!
//! Architecture invariant: no address, header or body that we send is in a failure. They carry tokens and signatures.

use super::{
    network::{Inside, OutsideOnly, names_inside},
    rate::Rate,
};
use crate::{
    clock::Clock,
    domain::{
        moment::Moment,
        stores::failure::{Failure, FailureClass},
    },
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::IgnoredAny};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Longer responses are a failure, unless a request allows more.
const ANSWER_BYTES: usize = 1 << 20;

/// How many longer responses are in memory at the same time, of all stores together: they are most of the memory that pushing
/// takes. A response takes its turn once it is longer, so that a store which does not answer keeps none.
const LONG_ANSWERS: usize = 2;

/// Longer messages of a marketplace are cut.
const MESSAGE_CHARACTERS: usize = 200;

/// Longer request ids of a marketplace are cut.
const REQUEST_ID_CHARACTERS: usize = 64;

/// Longer values of `Retry-After` count as this long: a proxy may name a day, and a request each hour costs nothing.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    pub connect: Duration,
    /// From the request to the last byte of the response.
    pub whole: Duration,
}

/// The timeouts of a server.
pub const ANSWER: Timeouts = Timeouts { connect: Duration::from_secs(3), whole: Duration::from_secs(8) };

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), whole: Duration::from_secs(20) }
    }
}

/// Keeps connections open between requests. Clones share them.
#[derive(Clone)]
pub struct HttpClient {
    timeouts: Timeouts,
    clock: Clock,
    client: Arc<OnceLock<Client>>,
    long_answers: Arc<Semaphore>,
    pub(super) only_outside: bool,
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new(Timeouts::default(), Clock::system())
    }
}

impl HttpClient {
    pub fn new(timeouts: Timeouts, clock: Clock) -> Self {
        let long_answers = Arc::new(Semaphore::new(LONG_ANSWERS));
        Self { timeouts, clock, client: Arc::default(), long_answers, only_outside: false }
    }

    /// A client that refuses addresses inside our own network: see [`super::network`].
    #[must_use]
    pub fn only_outside(self) -> Self {
        Self { only_outside: true, client: Arc::default(), ..self }
    }

    /// The client, made when it is first used: reading the machine's certificate authorities takes longer than
    /// starting the server does.
    pub(super) fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            // Fails if another part of the process has chosen already, which is as good.
            drop(rustls::crypto::ring::default_provider().install_default());
            let builder = || {
                let builder = Client::builder()
                    .user_agent(concat!("flashsale/", env!("CARGO_PKG_VERSION")))
                    .connect_timeout(self.timeouts.connect)
                    .timeout(self.timeouts.whole)
                    .redirect(redirect::Policy::none())
                    .tcp_nodelay(true)
                    .pool_idle_timeout(Duration::from_secs(30));
                if self.only_outside { builder.dns_resolver(OutsideOnly) } else { builder }
            };
            builder().build().unwrap_or_else(|error| {
                tracing::warn!(%error, "https is not possible: install this machine's certificate authorities");
                builder().tls_certs_only([]).build().expect("a client without certificate authorities")
            })
        })
    }
}

/// The API of one store: its address, its pace, and the secrets that are removed from its messages.
#[derive(Clone)]
pub(super) struct Api {
    client: HttpClient,
    url: String,
    /// The marketplace, for messages: "Lazada".
    name: &'static str,
    rate: Option<Rate>,
    secrets: Vec<SecretString>,
}

pub(super) struct HttpAnswer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
    /// One of the few that long responses share, until this one has been read.
    pub(super) _turn: Option<OwnedSemaphorePermit>,
}

impl Api {
    pub(super) fn new(
        client: &HttpClient,
        url: &str,
        name: &'static str,
        secrets: Vec<SecretString>,
        rate: Option<Rate>,
    ) -> Self {
        Self { client: client.clone(), url: url.to_owned(), name, rate, secrets }
    }

    /// Removes one more secret from the messages of the marketplace.
    pub(super) fn hide(mut self, secret: SecretString) -> Self {
        self.secrets.push(secret);
        self
    }

    pub(super) fn address(&self) -> &str {
        &self.url
    }

    /// The address to which paths are appended.
    pub(super) fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    pub(super) fn now(&self) -> Moment {
        self.client.clock.now()
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.request_to(method, &format!("{}{path}", self.url()))
    }

    pub(super) fn request_to(&self, method: Method, url: &str) -> RequestBuilder {
        self.client.client().request(method, url)
    }

    /// Waits for the store's pace, and sends the request that `request` makes for the moment after that: a signature is
    /// valid for some minutes only.
    pub(super) async fn send(&self, request: impl FnOnce(Moment) -> RequestBuilder) -> Result<HttpAnswer, Failure> {
        let answer = self.send_for_up_to(ANSWER_BYTES, request).await?;
        answer.ok_or_else(|| self.too_large(ANSWER_BYTES))
    }

    /// As [`Self::send`], for a response of up to so many bytes. `None` if it has more.
    pub(super) async fn send_for_up_to(
        &self,
        most_bytes: usize,
        request: impl FnOnce(Moment) -> RequestBuilder,
    ) -> Result<Option<HttpAnswer>, Failure> {
        if let Some(rate) = &self.rate {
            rate.until_ready().await;
        }
        let (client, request) = request(self.now()).build_split();
        let request = request.map_err(|error| self.failed(&error))?;
        if self.client.only_outside && names_inside(request.url().as_str()) {
            return Err(Failure::unavailable(Inside.to_string()));
        }
        let mut response = client.execute(request).await.map_err(|error| self.failed(&error))?;
        let retry_after = retry_after(&response, self.now());
        if response.content_length().is_some_and(|length| length > most_bytes as u64) {
            return Ok(None);
        }
        let mut turn = None;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(&error))? {
            let length = body.len() + chunk.len();
            if length > most_bytes {
                return Ok(None);
            }
            if length > ANSWER_BYTES && turn.is_none() {
                let turns = self.client.long_answers.clone();
                turn = Some(turns.acquire_owned().await.expect("it is never closed"));
                // Long ones all have the same size, so that the allocator uses the same memory again.
                body.reserve_exact(most_bytes - body.len());
            }
            body.extend_from_slice(&chunk);
        }
        let status = response.status();
        if status.is_redirection() {
            return Err(Failure::unavailable(format!(
                "{} answers from another address ({status}): check the address of the API.",
                self.name
            )));
        }
        Ok(Some(HttpAnswer { status, retry_after, body, _turn: turn }))
    }

    /// The failure of a request whose response has more than so many bytes.
    pub(super) fn too_large(&self, most_bytes: usize) -> Failure {
        Failure::temporary(format!("{} answered with more than {} MiB.", self.name, most_bytes >> 20))
    }

    /// Why there is no response, in our own words: those of the library contain the address.
    fn failed(&self, error: &reqwest::Error) -> Failure {
        let name = self.name;
        Failure::unavailable(if is_inside(error) {
            Inside.to_string()
        } else if error.is_builder() {
            "The address of the API cannot be used: check it.".to_owned()
        } else if error.is_connect() && error.is_timeout() {
            format!("{name} cannot be reached: no connection in {} s.", self.client.timeouts.connect.as_secs_f32())
        } else if error.is_connect() {
            format!("{name} cannot be reached: check the address of the API and this machine's network.")
        } else if error.is_timeout() {
            format!("{name} did not answer in {} s.", self.client.timeouts.whole.as_secs_f32())
        } else {
            format!("The connection to {name} broke off.")
        })
    }

    /// A marketplace's message as it is shown and stored: one short line, without our secrets and signatures if it
    /// repeats them.
    pub(super) fn quote(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets.iter().map(ExposeSecret::expose_secret) {
            text = without(&text, secret);
        }
        let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let line = without_long_hexadecimals(&words.collect::<Vec<_>>().join(" "));
        match line.char_indices().nth(MESSAGE_CHARACTERS) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }
}

/// A secret of fewer characters is removed where it is a word of its own: as a part of other words it is in most texts.
const SECRET_CHARACTERS: usize = 6;

/// One of fewer characters is none: it is as likely an article or a number of the text.
const SHORTEST_SECRET: usize = 3;

fn without(text: &str, secret: &str) -> String {
    let length = secret.chars().count();
    if length >= SECRET_CHARACTERS {
        return text.replace(secret, "…");
    }
    if length < SHORTEST_SECRET {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(secret) {
        let is_word = !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        kept.push_str(before);
        kept.push_str(if is_word { "…" } else { secret });
        rest = after;
    }
    kept + rest
}

/// Whether a request failed because its host has no address outside our own network.
pub(super) fn is_inside(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<Inside>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Removes whatever is as long as a signature or a token and made of the same characters.
fn without_long_hexadecimals(text: &str) -> String {
    let mut kept = String::new();
    for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let end = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len();
        let (word, rest) = part.split_at(end);
        let is_secret = word.len() >= 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        kept.push_str(if is_secret { "…" } else { word });
        kept.push_str(rest);
    }
    kept
}

impl HttpAnswer {
    /// The failure that the status means, if it means one: for responses that are not the API's own.
    pub(super) fn failed_by_status(&self, name: &str) -> Option<Failure> {
        let status = self.status;
        let class = match status.as_u16() {
            429 => FailureClass::Throttled,
            401 | 403 => FailureClass::Credentials,
            200..300 => return None,
            _ => FailureClass::Unavailable,
        };
        let mut failure = Failure::new(class, format!("{name} answered {status}."));
        failure.retry_after = self.retry_after;
        failure.token_ended = status == StatusCode::UNAUTHORIZED;
        Some(failure)
    }

    /// Whether the body is an HTML page, which is that of a proxy or a CDN rather than of an API.
    pub(super) fn is_page(&self) -> bool {
        let body = self.body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&self.body);
        body.trim_ascii_start().starts_with(b"<")
    }

    /// The failure of an answer that is not the marketplace's own but that of a proxy on the way, so that it says nothing
    /// about the credentials. `otherwise` is the message if its status means no failure.
    pub(super) fn not_of_api(&self, name: &str, otherwise: &str) -> Failure {
        match self.failed_by_status(name) {
            Some(failure) if failure.class == FailureClass::Throttled => failure,
            Some(failure) => Failure::unavailable(failure.message),
            None => Failure::unavailable(otherwise),
        }
    }

    /// The body as JSON. Any other body is not the marketplace's own.
    pub(super) fn json<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Result<T, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|_| self.not_of_api(name, &format!("{name} sent an answer that cannot be read.")))
    }

    /// As [`Self::json`], for an answer about one listing: JSON of another shape is a failure of that listing alone.
    pub(super) fn json_of_listing<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Result<Result<T, Failure>, Failure> {
        match serde_json::from_slice(&self.body) {
            Ok(read) => Ok(Ok(read)),
            Err(_) => self
                .json::<IgnoredAny>(name)
                .map(|_| Err(Failure::temporary(format!("{name} sent an answer about it that cannot be read.")))),
        }
    }
}

/// The marketplace's request id as it is stored; `None` if it is empty.
pub(super) fn request_id(given: &str) -> Option<String> {
    (!given.is_empty()).then(|| given.chars().take(REQUEST_ID_CHARACTERS).collect())
}

fn retry_after(response: &Response, now: Moment) -> Option<Duration> {
    wait_of(response.headers().get(header::RETRY_AFTER)?.to_str().ok()?, now)
}

/// The value of `Retry-After`: seconds or a date.
fn wait_of(value: &str, now: Moment) -> Option<Duration> {
    let seconds = value.trim().parse::<u64>().map(Duration::from_secs).ok();
    let until = || chrono::DateTime::parse_from_rfc2822(value).ok().map(|at| Moment::from(at.to_utc()));
    let wait = seconds.or_else(|| until().map(|at| at.since(now).to_std().unwrap_or_default()));
    wait.map(|wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        net::TcpListener,
    };
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_longer_than_an_hour() {
        let now = Moment::from(chrono::DateTime::from_timestamp(1_445_412_480, 0).expect("a moment"));
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:28:30 GMT", Some(30)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("999999999999", Some(3600)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(wait_of(value, now), seconds.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn what_a_marketplace_says_is_quoted_in_one_short_line_without_our_secrets() {
        let api =
            Api::new(&HttpClient::default(), "http://localhost/", "Lazada", vec!["s3cret".into(), "".into()], None);
        assert_eq!(api.quote("token=s3cret\r\nis\0over"), "token=… is over");
        let signature = "7165f1e4394c73aafa5f69e25af72e1e5da29005db530005ef359044b8e69006";
        assert_eq!(api.quote(&format!("sign={signature}&at=1 ({signature})")), "sign=…&at=1 (…)");
        assert_eq!(api.quote(&"ä".repeat(500)).chars().count(), MESSAGE_CHARACTERS + 1);
        assert_eq!(api.url(), "http://localhost");
    }

    #[test]
    fn a_short_secret_is_removed_as_a_word_and_a_letter_is_left() {
        let said = "Lazada: a token t0k of abc is not valid (abc-t0k, xt0ky)";
        for (secret, quoted) in [
            ("a", said),
            ("of", said),
            ("t0k", "Lazada: a token … of abc is not valid (abc-…, xt0ky)"),
            ("valid", "Lazada: a token t0k of abc is not … (abc-t0k, xt0ky)"),
            ("en t0k", "Lazada: a tok… of abc is not valid (abc-t0k, xt0ky)"),
        ] {
            let api = Api::new(&HttpClient::default(), "http://localhost/", "Lazada", vec![secret.into()], None);
            assert_eq!(api.quote(said), quoted, "{secret}");
        }
    }

    /// A server that answers every request with this, says so to `answered`, and then sends nothing more.
    fn silent_after(answer: Vec<u8>, answered: &UnboundedSender<()>) -> String {
        let answered = answered.clone();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let mut request = [0; 4_096];
                let length = stream.read(&mut request).expect("a request");
                assert!(length > 0, "the client has closed the connection");
                stream.write_all(&answer).expect("sent");
                open.push(stream);
                answered.send(()).expect("the test waits for it");
            }
        });
        address
    }

    #[test]
    fn a_store_that_hangs_does_not_keep_others_from_reading_long_answers() {
        let long = |body: usize| {
            let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 3 << 20).into_bytes();
            answer.extend(std::iter::repeat_n(b' ', body));
            answer
        };
        let http = HttpClient::new(
            Timeouts { connect: Duration::from_secs(5), whole: Duration::from_secs(6) },
            Clock::system(),
        );
        let api = |url: String| Api::new(&http, &url, "Lazada", Vec::new(), None);
        let (answered, mut are_hanging) = unbounded_channel();
        let hanging = [api(silent_after(Vec::new(), &answered)), api(silent_after(long(1_000), &answered))];
        let right = api(silent_after(long(3 << 20), &answered));
        actix_web::rt::System::new().block_on(async move {
            let mut waiting = Vec::new();
            for api in hanging.into_iter().cycle().take(8) {
                waiting.push(actix_web::rt::spawn(async move {
                    let answer = api.send_for_up_to(4 << 20, |_| api.request(Method::GET, "/")).await;
                    answer.map(drop).expect_err("it hangs")
                }));
            }
            for _ in 0..waiting.len() {
                are_hanging.recv().await.expect("a request that hangs");
            }
            let read = right.send_for_up_to(4 << 20, |_| right.request(Method::GET, "/"));
            let answer =
                tokio::time::timeout(Duration::from_secs(3), read).await.expect("the others are not waited for");
            assert_eq!(answer.expect("an answer").expect("it fits").body.len(), 3 << 20);
            for task in waiting {
                task.abort();
            }
        });
    }
}
