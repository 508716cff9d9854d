//! A proxy between the program and PostgreSQL that can stop passing on what it gets, as networks do, and that can be away.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
};

pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: String,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Connections that were opened, and both their ends.
    opened: u64,
    sockets: Vec<TcpStream>,
    /// Nothing is passed on for connections up to this one.
    stalled: u64,
    /// What happens to the commits of what writes.
    commits: Commits,
    /// The connections whose commit was passed on, and its answer was not.
    held: Vec<u64>,
    /// New connections are refused, like by a server that has no seat left.
    has_no_seat: bool,
    is_away: bool,
    /// Something came since it stalled, and was not passed on.
    has_stopped: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Commits {
    #[default]
    Pass,
    /// They are passed on, and their answers are not.
    AreHeld,
    /// They are passed on, and the connection ends before their answer.
    EndAfter,
    /// The connection ends before they are passed on.
    EndBefore,
}

/// What PostgreSQL says when all its connections are in use: an error of the protocol.
const NO_SEAT: &[u8] = b"E\0\0\0\x3eSFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0Fp\0\0";

impl Proxy {
    /// A proxy in front of the server at `server`, like `127.0.0.1:5432`.
    pub fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared { server: server.to_owned(), state: Mutex::default(), changed: Condvar::new() });
        let proxy = Self { port, shared: shared.clone() };
        thread::spawn(move || {
            for client in listener.incoming() {
                shared.accept(client.expect("a connection"));
            }
        });
        proxy
    }

    /// `url` with the address of the proxy, and without TLS, which would hide the commits.
    pub fn url(&self, url: &str) -> String {
        let (user, _) = url.rsplit_once('@').expect("a URL with a user");
        let database = url.rsplit_once('/').expect("a URL with a database").1;
        format!("{user}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.state.lock().expect("a proxy"));
        self.shared.changed.notify_all();
    }

    /// Passes on nothing more, on connections that are open and on new ones.
    pub fn stall(&self) {
        self.change(|state| {
            state.stalled = u64::MAX;
            state.has_stopped = false;
        });
    }

    /// Waits until something came that was not passed on.
    pub fn until_something_is_stopped(&self) {
        let state = self.shared.state.lock().expect("a proxy");
        drop(self.shared.changed.wait_while(state, |state| !state.has_stopped).expect("a proxy"));
    }

    /// The same for connections that are open; new ones work.
    pub fn stall_open_ones(&self) {
        self.change(|state| state.stalled = state.opened);
    }

    /// Holds or breaks the commits of what writes.
    pub fn meet_commits(&self, commits: Commits) {
        self.change(|state| state.commits = commits);
    }

    /// Refuses new connections; those that are open work.
    pub fn take_all_seats(&self) {
        self.change(|state| state.has_no_seat = true);
    }

    /// Closes every connection that is open.
    pub fn cut(&self) {
        self.change(State::cut);
    }

    /// Passes everything on again, what was stalled first.
    pub fn resume(&self) {
        self.change(|state| {
            state.stalled = 0;
            state.commits = Commits::Pass;
            state.held.clear();
            state.has_no_seat = false;
        });
    }

    /// Closes every connection, and each new one at once.
    pub fn go_away(&self) {
        self.change(|state| {
            state.is_away = true;
            state.cut();
        });
    }

    pub fn come_back(&self) {
        self.change(|state| state.is_away = false);
    }
}

impl State {
    fn cut(&mut self) {
        for socket in self.sockets.drain(..) {
            // It may be closed already.
            drop(socket.shutdown(Shutdown::Both));
        }
    }
}

impl Drop for Proxy {
    /// Ends the threads that wait for it.
    fn drop(&mut self) {
        self.go_away();
        self.resume();
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, mut client: TcpStream) {
        let mut state = self.state.lock().expect("a proxy");
        if state.is_away {
            return;
        }
        if state.has_no_seat {
            // It says who it is first. It may have gone by then.
            drop(client.read(&mut [0; 1_024]).and_then(|_| client.write_all(NO_SEAT)));
            return;
        }
        let server = TcpStream::connect(&self.server).expect("the server of the tests");
        state.opened += 1;
        let id = state.opened;
        for (from, to, is_client) in [(&client, &server, true), (&server, &client, false)] {
            let from = from.try_clone().expect("a socket");
            let to = to.try_clone().expect("a socket");
            let shared = self.clone();
            thread::spawn(move || shared.pass_on(id, from, to, is_client));
        }
        state.sockets.extend([client, server]);
    }

    fn pass_on(&self, id: u64, mut from: TcpStream, mut to: TcpStream, is_client: bool) {
        let mut bytes = vec![0; 64 << 10];
        // A connection reads or writes, and its first transaction tells.
        let mut reads = false;
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let says = |words: &[u8]| bytes[..count].windows(words.len()).any(|part| part == words);
            reads |= says(b"BEGIN ISOLATION LEVEL REPEATABLE READ");
            let is_commit = is_client && !reads && says(b"COMMIT");
            let mut state = self.state.lock().expect("a proxy");
            if state.stalled >= id {
                state.has_stopped = true;
                self.changed.notify_all();
            }
            while state.stalled >= id || !is_client && state.held.contains(&id) {
                state = self.changed.wait(state).expect("a proxy");
            }
            let commits = if is_commit { state.commits } else { Commits::Pass };
            if matches!(commits, Commits::AreHeld | Commits::EndAfter) {
                state.held.push(id);
            }
            drop(state);
            if commits == Commits::EndBefore {
                break;
            }
            if commits == Commits::EndAfter {
                // The server takes the commit; its answer has nowhere to go.
                drop(from.shutdown(Shutdown::Both));
            }
            if to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        // They may be closed already.
        drop(from.shutdown(Shutdown::Both));
        drop(to.shutdown(Shutdown::Both));
    }
}
