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
    /// Stays open, because the program prints more than its address.
    _output: BufReader<ChildStdout>,
    /// The address and the port that it listens on.
    pub address: String,
    /// How long it took to give its first answer.
    pub started_in: Duration,
}

impl Server {
    /// Starts one on the database at `url`, with more settings.
    pub fn start(url: &str, static_dir: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_logging(url, static_dir, settings, Stdio::null(), None)
    }

    /// The same with a log, and a limit of the files that it may open.
    pub fn start_logging(
        url: &str,
        static_dir: &Path,
        settings: &[(&str, &str)],
        log: Stdio,
        open_files: Option<u32>,
    ) -> Self {
        let began = Instant::now();
        let mut command = match open_files {
            None => Command::new(env!("CARGO_BIN_EXE_flashsale")),
            Some(limit) => {
                let mut shell = Command::new("sh");
                let script = format!("ulimit -n {limit}; exec \"$0\"");
                shell.args(["-c", &script, env!("CARGO_BIN_EXE_flashsale")]);
                shell
            }
        };
        let mut child = command
            .env("DATABASE_URL", url)
            .env("FLASHSALE_BIND", "127.0.0.1:0")
            .env("FLASHSALE_STATIC_DIR", static_dir)
            .env("FLASHSALE_PRIVATE_ADDRESSES", "yes")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its address");
        let address = line.trim().strip_prefix("Address: http://").expect("its address").to_owned();
        ureq::get(format!("http://{address}/sign-in")).call().expect("a first answer");
        Self { child, _output: output, address, started_in: began.elapsed() }
    }

    /// Signs in, and answers the header that says so.
    pub fn signed_in(&self, email: &str, password: &str) -> String {
        let config = ureq::Agent::config_builder().max_redirects(0).build();
        let agent: ureq::Agent = config.into();
        let url = format!("http://{}/sign-in", self.address);
        let page = agent.get(&url).call().expect("a page").body_mut().read_to_string().expect("a page");
        let token =
            page.split("name=\"csrf_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token");
        let form = [("email", email), ("password", password), ("csrf_token", token)];
        assert_eq!(agent.post(&url).send_form(form).expect("signing in").status(), 303);
        let jar = agent.cookie_jar_lock();
        let cookies: Vec<String> = jar.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        format!("Cookie: {}\r\n", cookies.join("; "))
    }

    /// How long it has had a processor, in seconds.
    pub fn processor_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("its status");
        let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
        // In hundredths of a second, by the system's tick: in the program and for it.
        let ticks = |field: usize| fields[field].parse::<f64>().expect("a number");
        (ticks(11) + ticks(12)) / 100.0
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
