//! PostgreSQL servers of a test's own: a primary and its synchronous standby, and PgBouncer. `tests/run install` installs
//! their programs.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The user of Debian's packages, as whom the programs run: they refuse to be root.
const USER: &str = "postgres";

/// A folder of all servers of a test, which is gone after it.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        if is_root() {
            done(Command::new("chown").arg(USER).arg(folder.path()));
        }
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file that the servers may read.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).expect("a file");
        if is_root() {
            done(Command::new("chown").arg(USER).arg(&path));
        }
        path
    }
}

/// One server. It stops when it is dropped.
pub struct Server {
    data: PathBuf,
    pub port: u16,
}

impl Server {
    /// Makes a new database cluster in `folder`, and starts its server.
    pub fn new(folder: &Folder, settings: &str) -> Self {
        let data = folder.path().join("primary");
        done(
            postgres("initdb")
                .args(["-U", "flashsale", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
                .arg("-D")
                .arg(&data),
        );
        Self::start(data, settings)
    }

    /// Copies this server, and starts the copy as its standby.
    pub fn standby(&self, folder: &Folder) -> Self {
        let data = folder.path().join("standby");
        let port = self.port.to_string();
        done(
            postgres("pg_basebackup")
                .args(["-h", "127.0.0.1", "-p", &port, "-U", "flashsale"])
                .args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-D"])
                .arg(&data),
        );
        Self::start(data, "")
    }

    fn start(data: PathBuf, settings: &str) -> Self {
        let port = free_port();
        let server = Self { data, port };
        // Nothing here has to survive a crash of the machine.
        server.set(&format!(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\nport = {port}\n{settings}\n"
        ));
        server.resume();
        server
    }

    /// Adds settings, which the next start reads.
    fn set(&self, settings: &str) {
        let path = self.data.join("postgresql.conf");
        let mut all = fs::read_to_string(&path).expect("its settings");
        all.push_str(settings);
        fs::write(path, all).expect("its settings");
    }

    fn control(&self, action: &str) -> Command {
        let mut command = postgres("pg_ctl");
        command.args([action, "-w", "-t", "60", "-s", "-D"]).arg(&self.data);
        command
    }

    /// Starts it again.
    pub fn resume(&self) {
        done(self.control("start").arg("-l").arg(self.data.join("log")));
    }

    /// Stops it at once, as a machine that loses its power.
    pub fn crash(&self) {
        done(self.control("stop").args(["-m", "immediate"]));
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        done(&mut self.control("promote"));
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn url(&self) -> String {
        format!("postgres://flashsale@{}/postgres", self.address())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = self.control("stop");
        drop(stop.args(["-m", "immediate"]).stdout(Stdio::null()).stderr(Stdio::null()).status());
    }
}

/// PgBouncer in front of a server. It stops when it is dropped.
pub struct Pooler {
    child: Child,
    pub port: u16,
}

impl Pooler {
    pub fn start(folder: &Folder, server: &Server, mode: &str) -> Self {
        let port = free_port();
        let path = folder.write(
            &format!("{mode}.ini"),
            &format!(
                "[databases]\n* = host=127.0.0.1 port={} user=flashsale\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n",
                server.port
            ),
        );
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].into_iter().find(|path| Path::new(path).exists());
        let mut command = as_user(Path::new(program.expect("`tests/run install` installs PgBouncer")));
        let child = command.arg("-q").arg(path).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let pooler = Self { child, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "PgBouncer does not start");
            thread::park_timeout(Duration::from_millis(5));
        }
        pooler
    }

    pub fn url(&self) -> String {
        format!("postgres://flashsale@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may be a child of the program that changes the user, which passes this signal on.
        drop(Command::new("kill").arg(self.child.id().to_string()).status());
        drop(self.child.wait());
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// One of the programs of the newest PostgreSQL. Debian does not put them on the PATH.
fn postgres(name: &str) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        versions.max_by_key(|version| version.file_name().to_string_lossy().parse::<u32>().unwrap_or_default());
    let program = newest.map_or_else(|| PathBuf::from(name), |version| version.path().join("bin").join(name));
    as_user(&program)
}

fn as_user(program: &Path) -> Command {
    let mut command = Command::new(if is_root() { Path::new("runuser") } else { program });
    if is_root() {
        command.args(["-u", USER, "--"]).arg(program);
    }
    command.current_dir("/");
    command
}

fn done(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
