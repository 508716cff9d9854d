//! Clients that are slow, silent or many: each is closed in time, and nobody else notices. The benchmark `crowd` has the
//! full numbers.

use crate::support::{Browser, EMAIL, PASSWORD, TestApp};
use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// What a client may take at most here. Waiting for the end of a connection fails only if it never comes.
const IMPATIENT: (&str, &str) = ("FLASHSALE_CLIENT_WAIT_SECONDS", "1");

/// How long these clients wait before they look again.
const BEAT: Duration = Duration::from_millis(50);

/// A client that decides about each byte.
struct Client(TcpStream);

impl Client {
    fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address.strip_prefix("http://").expect("an address")).expect("it listens");
        stream.set_read_timeout(Some(BEAT)).expect("a socket");
        stream.set_write_timeout(Some(BEAT)).expect("a socket");
        Self(stream)
    }

    /// Connects and sends.
    fn sending(address: &str, text: &str) -> Self {
        let mut client = Self::connect(address);
        client.0.write_all(text.as_bytes()).expect("it is taken");
        client
    }

    /// Reads until `is_enough`, the end, or a reset. Between two beats of silence it does `meanwhile`.
    fn read_until(&mut self, is_enough: impl Fn(&str) -> bool, mut meanwhile: impl FnMut(&mut TcpStream)) -> Answer {
        let mut text = String::new();
        let mut buffer = [0; 4096];
        while !is_enough(&text) {
            match self.0.read(&mut buffer) {
                Ok(0) => return Answer { text, has_ended: true },
                Ok(count) => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    meanwhile(&mut self.0);
                }
                Err(_) => return Answer { text, has_ended: true },
            }
        }
        Answer { text, has_ended: false }
    }

    /// Waits until the server has closed the connection.
    fn read_to_end(&mut self) -> Answer {
        self.read_until(|_| false, |_| {})
    }

    /// Whether the connection is open and has nothing to read.
    fn is_open(&mut self) -> bool {
        let read = self.0.peek(&mut [0]);
        read.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    /// Asks for a page over this connection, and returns the status.
    fn status(&mut self, path: &str, cookie: &str) -> String {
        write!(self.0, "GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n").expect("it is open");
        let answer = self.read_until(|text| text.contains("</html>"), |_| {});
        assert!(!answer.has_ended, "closed after {}", answer.text);
        answer.text[9..12].to_owned()
    }
}

struct Answer {
    text: String,
    has_ended: bool,
}

/// A sign-in whose body is announced and does not come.
const SLOW_BODY: &str = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                         Content-Length: 5000\r\n\r\n";

#[test]
fn who_keeps_the_server_waiting_is_closed() {
    let app = TestApp::start_with(&[IMPATIENT]);
    let drip = |stream: &mut TcpStream| drop(stream.write_all(b"x"));
    let still = |_: &mut TcpStream| {};
    let head = "GET /sign-in HTTP/1.1\r\nHost: x\r\n";
    let chunked = "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n";
    for (what, sent, meanwhile, statuses) in [
        ("nothing at all", String::new(), &still as &dyn Fn(&mut TcpStream), vec![]),
        ("a head that ends nowhere", head.to_owned(), &still, vec![]),
        ("a body that does not come", SLOW_BODY.to_owned(), &still, vec!["400"]),
        ("a body of a few bytes a second", SLOW_BODY.to_owned(), &drip, vec!["400"]),
        ("a second head that ends nowhere", format!("{head}\r\n{head}"), &still, vec!["200"]),
        ("a second head of a few bytes a second", format!("{head}\r\n{head}X-Y: "), &drip, vec!["200"]),
        ("the rest of a body that nobody reads", format!("POST /nothing HTTP/1.1\r\n{chunked}"), &still, vec!["404"]),
        ("the same, a few bytes a second", format!("POST /nothing HTTP/1.1\r\n{chunked}800\r\n"), &drip, vec!["404"]),
    ] {
        let mut client = Client::sending(&app.address, &sent);
        let answer = client.read_until(|_| false, meanwhile);
        let said: Vec<&str> = answer.text.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
        assert_eq!(said, statuses, "{what}: {}", answer.text);
    }
}

#[test]
fn who_reads_nothing_is_closed_and_asked_for_no_more_requests() {
    let app = TestApp::start_with(&[IMPATIENT]);
    let mut client = Client::connect(&app.address);
    let request = "GET /static/css/pico.css HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    let mut sent = 0;
    let end = loop {
        match client.0.write(request.as_bytes()) {
            Ok(count) => sent += count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => break error.kind(),
        }
    };
    assert!(matches!(end, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{end:?}");
    assert!(sent < 64 << 20, "{sent} bytes of requests were taken from somebody who reads no answer");
}

#[test]
fn who_is_slow_but_not_too_slow_is_served() {
    let app = TestApp::start_with(&[IMPATIENT]);
    let fields = format!("email={}&password={}&{}", "nobody%40example.com", "x", "y=".repeat(2_500));
    let head = SLOW_BODY.replace("5000", &fields.len().to_string());
    let mut client = Client::sending(&app.address, &head);
    // In beats of 150 bytes: three times the least rate, and longer than the wait in all.
    let (pieces, last) = fields.as_bytes().split_at(fields.len() - 1);
    for piece in pieces.chunks(150) {
        client.0.write_all(piece).expect("it is open");
        assert!(client.is_open());
    }
    client.0.write_all(last).expect("it is open");
    let answer = client.read_until(|text| text.contains("</html>"), |_| {});
    assert!(answer.text.starts_with("HTTP/1.1 403"), "a form without its token: {}", answer.text);

    // An answer that is read in pieces is sent whole.
    let page = "GET /static/css/pico.css HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let whole = Client::sending(&app.address, page).read_to_end().text;
    let mut client = Client::sending(&app.address, page);
    let mut read = String::new();
    let mut buffer = vec![0; 3_000];
    loop {
        let count = client.0.read(&mut buffer).expect("the rest of it");
        if count == 0 {
            break;
        }
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    assert!(read.len() > 80_000 && read.len() == whole.len());
}

/// The cookies of a member of staff.
fn cookies(app: &TestApp) -> String {
    let mut client = Client::connect(&app.address);
    let page = app.browser().get("/sign-in");
    let token = page.attribute("[name=csrf_token]", "value").expect("a token");
    let secret = page.headers.get("set-cookie").and_then(|value| value.to_str().ok()).expect("a cookie").to_owned();
    let secret = secret.split(';').next().expect("a cookie");
    let fields = [("email", EMAIL), ("password", PASSWORD), ("csrf_token", &token)];
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let body = body.finish();
    let head =
        SLOW_BODY.replace("5000", &body.len().to_string()).replace("Host: x", &format!("Host: x\r\nCookie: {secret}"));
    write!(client.0, "{head}{body}").expect("it is open");
    let answer = client.read_until(|text| text.contains("\r\n\r\n"), |_| {}).text;
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let mut cookies = vec![secret.to_owned()];
    for line in answer.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
        cookies.push(line.split(';').next().expect("a cookie").to_owned());
    }
    cookies.join("; ")
}

#[test]
fn nobody_is_waited_for_because_they_are_signed_in() {
    let app = TestApp::start_with(&[IMPATIENT]);
    let by_staff = format!("Cookie: {}", cookies(&app));
    let by_program = app.api().authorization();
    let form = "application/x-www-form-urlencoded";
    let drip = |stream: &mut TcpStream| drop(stream.write_all(b"x"));
    for (path, who, content_type, begun) in [
        ("/settings/account", &by_staff, form, "current="),
        ("/imports", &by_staff, "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name="),
        ("/api/v1/orders", &by_program, "application/json", "{\"orders\": ["),
    ] {
        let head = SLOW_BODY.replace("/sign-in", path).replace("Host: x", &format!("Host: x\r\n{who}"));
        let sent = head.replace(form, content_type) + begun;
        let answer = Client::sending(&app.address, &sent).read_until(|_| false, drip);
        assert!(answer.has_ended && answer.text.starts_with("HTTP/1.1 400"), "{path}: {}", answer.text);
        assert!(answer.text.contains("arrived incomplete. Send it again"), "{path}: {}", answer.text);
    }
}

#[test]
fn strangers_displace_each_other_and_never_who_is_signed_in() {
    for (bound, proxy) in [("FLASHSALE_CONNECTIONS_PER_ADDRESS", "no"), ("FLASHSALE_CONNECTIONS", "yes")] {
        let app = TestApp::start_with(&[(bound, "8"), ("FLASHSALE_TRUST_PROXY", proxy)]);
        let cookies = cookies(&app);
        let mut staff = Client::connect(&app.address);
        assert_eq!(staff.status("/catalogue", &cookies), "200");
        let mut strangers: Vec<Client> = (0..40).map(|_| Client::sending(&app.address, SLOW_BODY)).collect();
        // Two threads accept them, so it is not certain which come first. Those that are left get an answer in 10 seconds.
        let mut left = strangers.len();
        while left > 8 {
            left = strangers.iter_mut().map(Client::is_open).filter(|is_open| *is_open).count();
        }
        let closed = strangers.iter_mut().filter_map(|client| (!client.is_open()).then(|| client.read_to_end()));
        let closed = closed.filter(|answer| answer.text.is_empty()).count();
        assert!(closed >= 32 && left > 0, "{bound}: some are closed to make room, {left} are left");
        assert_eq!(staff.status("/catalogue", &cookies), "200", "{bound}: over the same connection");
        assert_eq!(Browser::at(&app.address).get("/sign-in").status, 200, "{bound}: another one is let in");
    }
}
