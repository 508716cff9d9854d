//! A server of the release build.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// A server that stops when it is dropped.
pub struct Server {
    child: Child,
    /// It has more to say than its address, and somebody has to listen.
    _output: BufReader<ChildStdout>,
    /// The address and the port that it listens on.
    pub address: String,
    /// How long it took to give its first answer.
    pub started_in: Duration,
}

impl Server {
    /// Starts one on the database at `url`, with more settings.
    pub fn start(url: &str, static_dir: &Path, settings: &[(&str, &str)]) -> Self {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_flashsale"))
            .env("DATABASE_URL", url)
            .env("FLASHSALE_BIND", "127.0.0.1:0")
            .env("FLASHSALE_STATIC_DIR", static_dir)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its address");
        let address = line.trim().strip_prefix("Address: http://").expect("its address").to_owned();
        ureq::get(format!("http://{address}/sign-in")).call().expect("a first answer");
        Self { child, _output: output, address, started_in: began.elapsed() }
    }

    /// How much memory it has.
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().expect("the server can be stopped");
        self.child.wait().expect("the server stops");
    }
}
