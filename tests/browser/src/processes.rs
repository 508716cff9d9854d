//! Child processes that never outlive the tests, and the lines they print.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use crate::failure::{Failure, Outcome};

/// A program that is killed when this value is dropped, also on an early return or a panic.
pub struct Running {
    name: &'static str,
    child: Child,
    lines: Receiver<String>,
    errors: PathBuf,
}

impl Running {
    /// Starts the program. What it prints as errors goes to a file in `folder`, to be quoted when it fails.
    pub fn start(name: &'static str, command: &mut Command, folder: &Path) -> Outcome<Self> {
        let errors = folder.join(format!("{name}.stderr"));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors)?)
            .spawn()
            .map_err(|error| Failure::new(format!("{name} did not start ({command:?}): {error}")))?;
        let stdout = child.stdout.take().expect("the standard output was asked for as a pipe");
        Ok(Self { name, child, lines: read_lines(stdout), errors })
    }

    /// Waits for a line in which `find` sees something, and answers that.
    pub fn wait_for_line<T>(&mut self, what: &str, patience: Duration, find: impl Fn(&str) -> Option<T>) -> Outcome<T> {
        let deadline = Instant::now() + patience;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(found) = find(&line) {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    let seconds = patience.as_secs();
                    return Err(self.failure(&format!("printed no {what} within {seconds} seconds")));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.failure(&format!("ended before it printed {what}")));
                }
            }
        }
    }

    fn failure(&self, why: &str) -> Failure {
        let errors = std::fs::read_to_string(&self.errors).unwrap_or_else(|error| format!("(unreadable: {error})"));
        Failure::new(format!("{} {why}; its errors: {}", self.name, errors.trim()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if the process is already gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end in a thread, so that the program never blocks on a full pipe.
fn read_lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Without a receiver, the lines are only drained.
            let _ = sender.send(line);
        }
    });
    receiver
}
