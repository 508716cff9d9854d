//! A closed-loop load generator for loopback: so many connections, each asking again as soon as it was answered.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// Connections at once.
pub const CLIENTS: usize = 8;

/// Asks `address` for `path` with `headers` over [`CLIENTS`] connections for `time`, and answers how many times a
/// second it was answered, and with how many bytes.
///
/// # Panics
/// When an answer is anything but 200: a benchmark of errors measures nothing.
pub fn requests_per_second(address: &str, path: &str, headers: &str, time: Duration) -> (f64, usize) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n");
    let began = Instant::now();
    let until = began + time;
    let counts: Vec<(u64, usize)> = std::thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| scope.spawn(|| ask_until(address, request.as_bytes(), until))).collect();
        clients.into_iter().map(|client| client.join().expect("a client that does not panic")).collect()
    });
    let answered: u64 = counts.iter().map(|(answered, _)| answered).sum();
    #[expect(clippy::cast_precision_loss, reason = "a rate of requests, not stock")]
    (answered as f64 / began.elapsed().as_secs_f64(), counts[0].1)
}

fn ask_until(address: &str, request: &[u8], until: Instant) -> (u64, usize) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a TCP stream");
    let (mut answered, mut bytes, mut buffer) = (0, 0, vec![0; 1 << 20]);
    while Instant::now() < until {
        stream.write_all(request).expect("a request is taken");
        bytes = read_answer(&mut stream, &mut buffer);
        answered += 1;
    }
    (answered, bytes)
}

/// Reads one answer, and says how many bytes its body had.
fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> usize {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).expect("an answer");
        assert!(read > 0, "the server hung up");
        filled += read;
        let Some(head) = buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).expect("a head in ASCII").to_ascii_lowercase();
        assert!(text.starts_with("http/1.1 200"), "{text}");
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        let length: usize = length.parse().expect("a number");
        while filled < head + 4 + length {
            let read = stream.read(&mut buffer[filled..]).expect("the rest of an answer");
            assert!(read > 0, "the server hung up");
            filled += read;
        }
        return length;
    }
}
