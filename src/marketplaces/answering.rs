//! A server for the unit tests of connectors: it answers each request by a function, and records the requests.

use super::{Answer, Connector, Target};
use actix_web::rt::System;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

#[derive(Debug, Clone)]
pub(super) struct Received {
    /// `GET /path?query`
    pub(super) line: String,
    /// By their names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

pub(super) struct Answering {
    pub(super) address: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Answering {
    /// `answer` returns a status and a body.
    pub(super) fn start(mut answer: impl FnMut(&Received) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Self { address, received: Arc::default() };
        let received = server.received.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let request = read(&stream);
                let (status, body) = answer(&request);
                received.lock().expect("requests").push(request);
                let length = body.len();
                let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                // A client that reads no answer as long as this one closes the connection.
                drop(stream.write_all(format!("{head}{body}").as_bytes()));
            }
        });
        server
    }

    /// The requests since the last call.
    pub(super) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.received.lock().expect("requests"))
    }
}

fn read(stream: &TcpStream) -> Received {
    let mut lines = BufReader::new(stream);
    let mut first = String::new();
    lines.read_line(&mut first).expect("a first line");
    let line = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        lines.read_line(&mut header).expect("a header");
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    lines.read_exact(&mut body).expect("a body");
    Received { line, headers, body }
}

pub(super) fn push(connector: &Connector, targets: &[Target]) -> Vec<Answer> {
    System::new().block_on(connector.push(targets))
}
