//! The program itself, as a process of its own.

use crate::support::Browser;
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::fd::OwnedFd,
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// The program, to serve on a port of its own.
pub fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_flashsale"));
    program.envs([("FLASHSALE_BIND", "127.0.0.1:0"), ("FLASHSALE_PRIVATE_ADDRESSES", "yes")]);
    program
}

fn demo_in(folder: &Path) -> Command {
    let mut demo = program();
    demo.arg("demo").current_dir(folder);
    demo
}

/// A server process, which is killed when it is dropped.
pub struct Server {
    child: Child,
    /// Stays open, because the program prints more.
    _output: BufReader<ChildStdout>,
    pub address: String,
}

impl Server {
    /// Starts one on the database at `url`, and waits until it listens.
    pub fn start(url: &str) -> Self {
        Self::start_with(url, &[])
    }

    /// The same with settings of its own.
    pub fn start_with(url: &str, settings: &[(&str, &str)]) -> Self {
        Self::spawn(program().envs(settings.iter().copied()).env("DATABASE_URL", url))
    }

    /// Starts a demo in `folder`.
    pub fn demo_in(folder: &Path) -> Self {
        Self::spawn(&mut demo_in(folder))
    }

    fn spawn(command: &mut Command) -> Self {
        Self::spawn_logging(command, Stdio::null())
    }

    /// Starts one whose log goes to `log`.
    pub fn spawn_logging(command: &mut Command, log: Stdio) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its address");
        let address =
            line.trim().strip_prefix("Address: ").unwrap_or_else(|| panic!("no address: {line:?}")).to_owned();
        Self { child, _output: output, address }
    }

    /// Starts one by `script`, in which `exec "$0"` is the program.
    fn by_shell(script: &str, url: &str, input: Stdio, log: Stdio) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, env!("CARGO_BIN_EXE_flashsale")]).stdin(input);
        Self::spawn_logging(shell.env("FLASHSALE_BIND", "127.0.0.1:0").env("DATABASE_URL", url), log)
    }

    fn socket(&self) -> SocketAddr {
        self.address.strip_prefix("http://").and_then(|address| address.parse().ok()).expect("an address")
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.expect("the command kill").success());
    }

    /// Asks it to stop, and says how it ended and how long that took.
    pub fn terminate(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        self.signal("TERM");
        (self.child.wait().expect("it ends"), began.elapsed())
    }

    /// Kills it at once, as the system does when memory runs out.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs or was waited for");
        self.child.wait().expect("it is gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// Starts one by a command of its own.
    pub fn by(command: &mut Command) -> Self {
        Self::spawn(command)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) {
        let sent = Command::new("kill").arg(self.pid().to_string()).status().expect("the command kill");
        assert!(sent.success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// What a start says that is refused before anything is printed.
#[track_caller]
fn refused(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!((status.code(), stdout.is_empty()), (Some(1), true), "{said}");
    said
}

#[test]
fn a_second_demo_in_a_folder_leaves_the_first_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = Server::demo_in(folder.path());
    let said = refused(&mut demo_in(folder.path()));
    assert!(said.contains("another demo runs in this folder") && said.contains("stop it"), "{said}");
    assert_eq!(Browser::at(&first.address).get("/sign-in").status, 200);
    first.kill();
    let next = Server::demo_in(folder.path());
    assert_eq!(Browser::at(&next.address).get("/sign-in").status, 200, "the lock went with the one that was killed");
}

#[test]
fn a_setting_that_cannot_be_served_with_is_refused_with_what_to_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("new.db").display());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = listener.local_addr().expect("an address").to_string();
    for (name, value, words) in [
        ("FLASHSALE_BIND", &*taken, format!("{taken} is taken by another program: set FLASHSALE_BIND to another")),
        ("FLASHSALE_BIND", "foo", "FLASHSALE_BIND: “foo” is not an address and a port like 127.0.0.1:8080".to_owned()),
        ("FLASHSALE_STATIC_DIR", "nowhere", "FLASHSALE_STATIC_DIR: nowhere has no css/app.css: set it".to_owned()),
        ("DATABASE_URL", "mysql://x/y", "flashsale: DATABASE_URL: it must begin with sqlite://".to_owned()),
    ] {
        let said = refused(program().env("DATABASE_URL", &database).env(name, value));
        assert!(said.contains(&words), "{name}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_a_sign_in_goes_back_to_the_machine() {
    use crate::support::{EMAIL, PASSWORD, TestApp};

    let app = TestApp::start();
    let server = Server::start(&app.url);
    let kib = || -> i64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("its status");
        let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("its memory");
        own.trim().trim_end_matches(" kB").parse().expect("a number")
    };
    let sign_in = || Browser::at(&server.address).get("/sign-in").submit(&[("email", EMAIL), ("password", PASSWORD)]);
    drop(Browser::at(&server.address).get("/sign-in"));
    let before = kib();
    for _ in 0..4 {
        assert_eq!(sign_in().status, 303);
    }
    let grown = kib() - before;
    assert!(grown < 12 << 10, "{grown} KiB stay; one hash takes 19 MiB");
}

/// A request with a body that does not come.
const HALF_A_FORM: &[u8] = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
    Content-Length: 50\r\n\r\nemail=";

/// A request for a page, and no other after it.
const A_PAGE: &[u8] = b"GET /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// Many requests for a file that is larger than what the kernel holds of them all.
fn many_files() -> Vec<u8> {
    b"GET /static/css/pico.css HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500)
}

fn new_database(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("new.db").display())
}

#[test]
fn a_signal_ends_it_within_five_seconds_whatever_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(&new_database(folder.path()));
    let connect = || TcpStream::connect(server.socket()).expect("it listens");
    let idle = connect();
    let mut slow = connect();
    slow.write_all(HALF_A_FORM).expect("it is taken");
    let mut unread = connect();
    unread.set_nonblocking(true).expect("a socket");
    while unread.write(&many_files()).is_ok() {}
    let mut kept = connect();
    kept.write_all(b"GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is taken");
    assert!(kept.read(&mut [0; 100]).is_ok_and(|count| count > 0), "all four are served");
    let (status, took) = server.terminate();
    assert!(status.success() && took < Duration::from_secs(5), "{status} after {took:?}");
    drop((idle, slow, unread, kept));

    let mut server = Server::start(&new_database(folder.path()));
    assert_eq!(Browser::at(&server.address).get("/sign-in").status, 200, "it has started");
    let (status, took) = server.terminate();
    assert!(status.success() && took < Duration::from_secs(2), "with nothing open: {status} after {took:?}");
}

#[test]
fn a_restart_on_a_socket_that_is_handed_over_refuses_no_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = new_database(folder.path());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    // As systemd does: the socket is descriptor 3, and the process is named.
    let script = "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\"";
    let start = || {
        let socket = OwnedFd::from(listener.try_clone().expect("a descriptor"));
        Server::by_shell(script, &url, socket.into(), Stdio::null())
    };
    let mut first = start();
    assert_eq!(first.socket(), address, "not the address of the settings");
    assert_eq!(Browser::at(&first.address).get("/sign-in").status, 200);
    let (status, _) = first.terminate();
    assert!(status.success(), "{status}");
    let mut waiting: Vec<TcpStream> = Vec::new();
    for _ in 0..20 {
        let mut client = TcpStream::connect(address).expect("nobody is refused while no server runs");
        client.write_all(A_PAGE).expect("it is taken");
        waiting.push(client);
    }
    let second = start();
    for client in &mut waiting {
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    // Nor is one left without an answer that comes while a server stops.
    let is_over = AtomicBool::new(false);
    let answered = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut answered = 0;
            while !is_over.load(Ordering::Relaxed) {
                let mut client = TcpStream::connect(address).expect("nobody is refused");
                client.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
                client.write_all(A_PAGE).expect("it is taken");
                let mut answer = String::new();
                client.read_to_string(&mut answer).expect("an answer");
                assert!(answer.starts_with("HTTP/1.1 200"), "after {answered}: {answer}");
                answered += 1;
            }
            answered
        });
        let mut server = second;
        for _ in 0..3 {
            // A signal before it serves ends it at once, and nobody was let in.
            assert_eq!(Browser::at(&server.address).get("/sign-in").status, 200);
            let (status, _) = server.terminate();
            server = start();
            assert!(status.success(), "{status}");
        }
        is_over.store(true, Ordering::Relaxed);
        asking.join().expect("all were answered")
    });
    assert!(answered > 0);
}

#[test]
fn more_than_one_socket_is_refused_with_what_to_do() {
    let script = "exec 3<&0 4<&0; export LISTEN_PID=$$ LISTEN_FDS=2; exec \"$0\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_flashsale")]);
    let said = refused(&mut shell);
    assert!(said.contains("2 sockets were handed over: keep one ListenStream= in the socket unit"), "{said}");
}

#[test]
fn a_burst_of_clients_waits_its_turn() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&new_database(folder.path()));
    assert_eq!(Browser::at(&server.address).get("/sign-in").status, 200, "it has started");
    server.signal("STOP");
    let connect = |_| TcpStream::connect_timeout(&server.socket(), Duration::from_millis(900));
    let clients: Vec<_> = (0..600).map(connect).collect();
    server.signal("CONT");
    let lost = clients.iter().filter(|client| client.is_err()).count();
    assert_eq!(lost, 0, "of 600 connections that come while the server does not look");
}

#[test]
fn few_open_files_and_many_slow_clients_leave_room_for_everybody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let script = "ulimit -Sn 64; ulimit -Hn 256; exec \"$0\"";
    let to_log = File::create(&log).expect("a file");
    let mut server = Server::by_shell(script, &new_database(folder.path()), Stdio::null(), to_log.into());
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.child.id())).expect("its limits");
    let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("the limit of files");
    let files: Vec<&str> = files.split_whitespace().skip(3).take(2).collect();
    assert_eq!(files, ["256", "256"], "the limit is raised as far as it goes");
    assert_eq!(Browser::at(&server.address).get("/sign-in").status, 200, "it has started");
    let started = fs::read_to_string(&log).expect("the log");
    assert!(started.contains("open files are limited") && started.contains("70"), "{started}");
    let mut slow = Vec::new();
    for _ in 0..400 {
        let mut client = TcpStream::connect(server.socket()).expect("it listens");
        client.write_all(HALF_A_FORM).expect("it is taken");
        slow.push(client);
        if slow.len() % 100 == 0 {
            assert_eq!(Browser::at(&server.address).get("/sign-in").status, 200, "after {} of them", slow.len());
        }
    }
    let open = |client: &mut TcpStream| {
        client.set_nonblocking(true).expect("a socket");
        client.read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    };
    assert!(slow.iter_mut().map(open).filter(|is_open| *is_open).count() <= 70 + 8);
    for _ in 0..100 {
        let mut client = TcpStream::connect(server.socket()).expect("it listens");
        client.write_all(b"nonsense\r\n\r\n").expect("it is taken");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    server.kill();
    let said = fs::read_to_string(&log).expect("the log");
    assert_eq!(said.lines().count(), started.lines().count(), "nobody fills the log: {said}");
}

/// The benchmark `crowd` has the full numbers, and the times.
#[test]
fn a_crowd_that_is_slow_or_silent_costs_little_memory_and_no_log() {
    rlimit::increase_nofile_limit(4_096).expect("sockets for the crowd");
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let to_log = File::create(&log).expect("a file");
    let url = new_database(folder.path());
    let mut server = Server::by_shell("exec \"$0\"", &url, Stdio::null(), to_log.into());
    let is_served = || Browser::at(&server.address).get("/sign-in").status == 200;
    assert!(is_served(), "it has started");
    let started = fs::read_to_string(&log).expect("the log");
    let connect = |_| TcpStream::connect(server.socket()).expect("it listens");
    let silent: Vec<TcpStream> = (0..100).map(connect).collect();
    let mut slow: Vec<TcpStream> = (0..300).map(connect).collect();
    for client in &mut slow {
        client.write_all(HALF_A_FORM).expect("it is taken");
    }
    let mut unread: Vec<TcpStream> = (0..250).map(connect).collect();
    for client in &mut unread {
        client.set_nonblocking(true).expect("a socket");
    }
    // Each that the server has closed takes no more requests.
    let asks_on = |client: &mut TcpStream| {
        client.write(&many_files()).map_or_else(|error| error.kind() == ErrorKind::WouldBlock, |_| true)
    };
    loop {
        assert!(is_served(), "a page for everybody else");
        if unread.iter_mut().map(asks_on).filter(|asks_on| *asks_on).count() <= 128 {
            break;
        }
    }
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).expect("its status");
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the most memory it had");
    let most_kib: u64 = most.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(most_kib < 128 << 10, "{most_kib} KiB");
    drop((silent, slow, unread));
    server.kill();
    let said = fs::read_to_string(&log).expect("the log");
    assert_eq!(said.lines().count(), started.lines().count(), "nobody fills the log: {said}");
}
