//! A closed-loop load generator for loopback: so many connections, each asking again as soon as it was answered.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// What a load came to.
pub struct Load {
    /// Answers a second.
    pub rate: f64,
    /// Bytes of the body of an answer.
    pub bytes: usize,
    latencies: Vec<Duration>,
}

impl Load {
    /// How long the slowest of so many of a hundred answers took at most.
    pub fn percentile(&self, percent: usize) -> Duration {
        self.latencies[(self.latencies.len() - 1) * percent / 100]
    }
}

/// Asks the servers at `addresses` in turn, over `clients` connections in all, for `time`. `request` makes the request of
/// a client by the number of the client and of the request; `is_good` checks the body of each response.
///
/// # Panics
/// When an answer is anything but 200 and good: a benchmark of errors measures nothing.
pub fn ask(
    addresses: &[&str],
    clients: usize,
    time: Duration,
    request: impl Fn(usize, usize) -> Vec<u8> + Sync,
    is_good: impl Fn(&[u8]) -> bool + Sync,
) -> Load {
    let began = Instant::now();
    let until = began + time;
    let each: Vec<(Vec<Duration>, usize)> = std::thread::scope(|scope| {
        let client = |client: usize| {
            let (request, is_good, address) = (&request, &is_good, addresses[client % addresses.len()]);
            scope.spawn(move || ask_until(address, until, |nth| request(client, nth), is_good))
        };
        let clients: Vec<_> = (0..clients).map(client).collect();
        clients.into_iter().map(|client| client.join().expect("a client that does not panic")).collect()
    });
    let took = began.elapsed();
    let bytes = each[0].1;
    let mut latencies: Vec<Duration> = each.into_iter().flat_map(|(latencies, _)| latencies).collect();
    latencies.sort_unstable();
    Load { rate: latencies.len() as f64 / took.as_secs_f64(), bytes, latencies }
}

fn ask_until(
    address: &str,
    until: Instant,
    request: impl Fn(usize) -> Vec<u8>,
    is_good: &impl Fn(&[u8]) -> bool,
) -> (Vec<Duration>, usize) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a TCP stream");
    let (mut latencies, mut bytes, mut buffer) = (Vec::new(), 0, vec![0; 1 << 20]);
    while Instant::now() < until {
        let request = request(latencies.len());
        let asked = Instant::now();
        stream.write_all(&request).expect("a request is taken");
        let body = read_answer(&mut stream, &mut buffer);
        latencies.push(asked.elapsed());
        assert!(is_good(body), "{}", String::from_utf8_lossy(body));
        bytes = body.len();
    }
    (latencies, bytes)
}

/// Reads one answer, and gives its body.
fn read_answer<'a>(stream: &mut TcpStream, buffer: &'a mut [u8]) -> &'a [u8] {
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
        return &buffer[head + 4..head + 4 + length];
    }
}
