//! The program itself, as a process of its own.

use crate::support::Browser;
use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
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
        Self::spawn_logging(command.stderr(Stdio::null()))
    }

    /// Starts one whose log goes where `command` says.
    pub fn spawn_logging(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its address");
        let address =
            line.trim().strip_prefix("Address: ").unwrap_or_else(|| panic!("no address: {line:?}")).to_owned();
        Self { child, _output: output, address }
    }

    /// Kills it at once, as the system does when memory runs out.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
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
