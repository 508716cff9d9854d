//! What slow and silent clients cost everybody else: `cargo bench --bench crowd`.
//!
//! A crowd opens 1,200 sign-ins whose body comes a byte a second, 500 connections that ask 200 times for a style sheet and
//! read nothing, and 1,000 that say nothing, and opens each again when it was closed. Meanwhile a member of staff looks at
//! the catalogue. The crowd comes from one address, from eight, and from one to a server that may open 256 files. At last
//! 100,000 come in turn, send half a request and go. The wait for the page is held against the same page before, the memory
//! is the most that was seen, and the log is counted.

#[expect(dead_code, reason = "the other benchmarks use more of it")]
mod support {
    pub mod load;
    pub mod server;
}

use flashsale::{
    actions,
    db::{self, Database, PoolSize},
    domain::{moment::Moment, staff::account::Email},
    web::passwords,
};
use socket2::{Domain, Socket, Type};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};
use support::{
    load::{self, Load},
    server::Server,
};

const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "measured, not guessed";

const SLOW: usize = 1_200;
const UNREAD: usize = 500;
const SILENT: usize = 1_000;
const IN_TURN: usize = 100_000;

/// The parts of a second in which the crowd does something.
const BEATS: usize = 50;

/// How long the page is looked at, without the crowd and with it.
const MEASURED: Duration = Duration::from_secs(15);

const BODY_TO_COME: &str = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                            Content-Length: 5000\r\n\r\n";
const STYLE_SHEET: &str = "GET /static/css/pico.css HTTP/1.1\r\nHost: x\r\n\r\n";

fn main() {
    println!(
        "{:<24}{:>10}{:>10}{:>10}{:>10}{:>12}{:>10}",
        "crowd", "p50 ms", "×", "p99 ms", "×", "most MiB", "log lines"
    );
    rlimit::increase_nofile_limit(u64::MAX).expect("sockets for the crowd");
    against("from one address", None, |address, stopped| crowd(address, 1, stopped));
    against("from eight addresses", None, |address, stopped| crowd(address, 8, stopped));
    against("256 open files", Some(256), |address, stopped| crowd(address, 1, stopped));
    against("100,000 in turn", None, |address, _| in_turn(address));
}

/// Measures what a crowd costs. It is told when to stop, and returns how many came again, or could not.
fn against(
    what: &str,
    open_files: Option<u32>,
    crowd: impl FnOnce(SocketAddr, &Receiver<()>) -> usize + Send + 'static,
) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bench.db");
    let url = format!("sqlite://{}", path.display());
    let database = Database::open(&url.parse().expect("a URL"), PoolSize::default()).expect("a database");
    let email = Email::parse(EMAIL).expect("an address");
    let hash = passwords::hash(PASSWORD);
    let now = Moment::from(chrono::DateTime::UNIX_EPOCH);
    let added = database.write_blocking(|conn| {
        actions::staff::add_user::run(conn, &email, &hash, now).expect("a user");
        Ok::<_, db::Error>(())
    });
    added.expect("a write");
    drop(database);
    let log = folder.path().join("log");
    let static_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let to_log = File::create(&log).expect("a file").into();
    let server = Server::start_logging(&url, &static_dir, &[], to_log, open_files);
    let cookie = server.signed_in(EMAIL, PASSWORD);
    let quiet = look(&server, &cookie);
    let lines_before = lines(&log);
    let address: SocketAddr = server.address.parse().expect("an address");
    let (stop, stopped) = mpsc::channel::<()>();
    let crowd = thread::spawn(move || crowd(address, &stopped));
    let (crowded, most_kib) = thread::scope(|scope| {
        let (done, looked) = mpsc::channel::<()>();
        let watch = scope.spawn(|| most_memory(&server, looked));
        let crowded = look(&server, &cookie);
        drop(done);
        (crowded, watch.join().expect("a watch that does not panic"))
    });
    drop(stop);
    let came_again = crowd.join().expect("a crowd that does not panic");
    let ms = |load: &Load, percent| load.percentile(percent).as_secs_f64() * 1000.0;
    println!(
        "{what:<24}{:>10.2}{:>10.2}{:>10.2}{:>10.2}{:>12.1}{:>10}   ({came_again} came again, or could not)",
        ms(&crowded, 50),
        ms(&crowded, 50) / ms(&quiet, 50),
        ms(&crowded, 99),
        ms(&crowded, 99) / ms(&quiet, 99),
        most_kib as f64 / 1024.0,
        lines(&log) - lines_before,
    );
}

/// One member of staff, who looks at the catalogue again and again.
fn look(server: &Server, cookie: &str) -> Load {
    let request = format!("GET /catalogue HTTP/1.1\r\nHost: {}\r\n{cookie}\r\n", server.address);
    let is_good = |body: &[u8]| body.ends_with(b"</html>\n") || body.ends_with(b"</html>");
    load::ask(&[&server.address], 1, MEASURED, |_, _| request.clone().into_bytes(), is_good)
}

fn most_memory(server: &Server, looked: Receiver<()>) -> u64 {
    let mut most = 0;
    while looked.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout) {
        most = most.max(server.resident_kib());
    }
    most
}

fn lines(log: &Path) -> usize {
    fs::read_to_string(log).expect("a log").lines().count()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Slow,
    Unread,
    Silent,
}

struct Member {
    kind: Kind,
    from: Ipv4Addr,
    socket: Option<Socket>,
}

/// Keeps the crowd complete until it is stopped, and returns how many had to come again.
fn crowd(address: SocketAddr, addresses: u8, stopped: &Receiver<()>) -> usize {
    let mut members = Vec::new();
    for (kind, count) in [(Kind::Slow, SLOW), (Kind::Unread, UNREAD), (Kind::Silent, SILENT)] {
        for nth in 0..count {
            let host = u8::try_from(nth % usize::from(addresses)).expect("few addresses");
            members.push(Member { kind, from: Ipv4Addr::new(127, 0, 1, 1 + host), socket: None });
        }
    }
    let mut came_again = 0;
    // Each does something once a second, and not all at the same time.
    let some = members.len().div_ceil(BEATS);
    let beat = Duration::from_secs(1) / u32::try_from(BEATS).expect("a few");
    loop {
        for members in members.chunks_mut(some) {
            for member in members {
                let is_there = member.socket.as_mut().is_some_and(|socket| goes_on(member.kind, socket));
                if !is_there {
                    came_again += usize::from(member.socket.is_some());
                    member.socket = come(member, address).ok();
                }
            }
            if stopped.recv_timeout(beat) != Err(RecvTimeoutError::Timeout) {
                return came_again;
            }
        }
    }
}

/// Comes once after the other, and returns how many could not.
fn in_turn(address: SocketAddr) -> usize {
    let mut refused = 0;
    for nth in 0..IN_TURN {
        // Each address has 28,000 ports, which are kept for a minute.
        let host = u8::try_from(nth % 8).expect("few addresses");
        let came = connect(Ipv4Addr::new(127, 0, 2, 1 + host), address)
            .and_then(|mut socket| socket.write_all(&BODY_TO_COME.as_bytes()[..BODY_TO_COME.len() / 2]));
        refused += usize::from(came.is_err());
    }
    refused
}

fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect_timeout(&to.into(), Duration::from_secs(2))?;
    Ok(socket)
}

fn come(member: &Member, address: SocketAddr) -> io::Result<Socket> {
    let mut socket = connect(member.from, address)?;
    socket.set_nonblocking(true)?;
    match member.kind {
        Kind::Slow => socket.write_all(BODY_TO_COME.as_bytes())?,
        Kind::Unread => drop(socket.write(STYLE_SHEET.repeat(200).as_bytes())?),
        Kind::Silent => {}
    }
    Ok(socket)
}

/// Does what this one does in a second; false if it was closed.
fn goes_on(kind: Kind, socket: &mut Socket) -> bool {
    let done = match kind {
        Kind::Slow => socket.write(b"x"),
        Kind::Unread => socket.write(STYLE_SHEET.as_bytes()),
        Kind::Silent => socket.read(&mut [0; 512]).and_then(|count| match count {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }),
    };
    done.map_or_else(|error| error.kind() == ErrorKind::WouldBlock, |_| true)
}
