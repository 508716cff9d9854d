//! The bytes of a connection, with deadlines. What is not here: the idle time between requests and the head of the first
//! one, whose deadlines (5 seconds each) actix-http has, and bodies that a handler reads ([`super::requests`]).

use super::{Connection, Connections, patience::Patience, server::UNSENT_BYTES};
use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, Waker},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// The most bytes of a stranger that HTTP reads at once, and that are read ahead of that.
const TURN_BYTES: usize = 1 << 10;
const AHEAD_BYTES: usize = 2 << 10;

/// What a client has to read before the kernel takes more: half of what it holds.
const LUMP_BYTES: usize = UNSENT_BYTES as usize / 2;

/// The part of `ahead` that HTTP reads in one turn: up to the empty line that ends a head, because it decodes all requests
/// that it has, of six kilobytes each, before the first is answered.
fn turn(ahead: &[u8]) -> &[u8] {
    let most = &ahead[..ahead.len().min(TURN_BYTES)];
    for (at, byte) in most.iter().enumerate() {
        let next = &most[at + 1..];
        if *byte == b'\n' && next.starts_with(b"\n") {
            return &most[..at + 2];
        }
        if *byte == b'\n' && next.starts_with(b"\r\n") {
            return &most[..at + 3];
        }
    }
    most
}

/// What the stream and the requests of a connection know of each other.
pub struct Shared {
    pub connections: Arc<Connections>,
    pub connection: Arc<Connection>,
    /// Whether a request is being handled, or its answer sent: then it is not the client who is waited for.
    pub is_serving: Cell<bool>,
    /// Whether its handler waits for more of its body.
    pub is_body_wanted: Cell<bool>,
    /// The task of the connection, if it is to read once one of these changes.
    put_off: Cell<Option<Waker>>,
}

impl Shared {
    pub fn is_stranger(&self) -> bool {
        !self.connection.is_vouched.load(Ordering::Relaxed)
    }

    /// Reads what was put off.
    pub fn read_on(&self) {
        if let Some(task) = self.put_off.take() {
            task.wake();
        }
    }
}

pub struct Stream {
    io: TcpStream,
    pub shared: Rc<Shared>,
    reading: Patience,
    writing: Patience,
    /// Whether its client is known to be signed in, and may read as slowly as the least rate.
    is_writing_to_known: bool,
    /// Whether the client has not read what we have sent.
    is_unread: bool,
    /// Whether reading was put off until then.
    is_put_off: bool,
    /// What was read of a stranger and HTTP has not seen yet.
    ahead: Vec<u8>,
    /// Whether HTTP has had its turn, and has to look at it before there is more.
    has_turned: bool,
}

impl Stream {
    pub fn new(io: TcpStream, connections: Arc<Connections>, connection: Arc<Connection>) -> Self {
        let wait = connections.wait();
        let shared = Shared {
            connections,
            connection,
            is_serving: Cell::new(false),
            is_body_wanted: Cell::new(false),
            put_off: Cell::new(None),
        };
        Self {
            io,
            shared: Rc::new(shared),
            reading: Patience::new(wait),
            writing: Patience::new(wait),
            is_writing_to_known: false,
            is_unread: false,
            is_put_off: false,
            ahead: Vec::new(),
            has_turned: false,
        }
    }

    fn set_unread(&mut self, is_unread: bool) {
        if self.is_unread != is_unread {
            self.is_unread = is_unread;
            self.shared.connections.set_unread(&self.shared.connection, is_unread);
        }
    }

    /// Nothing has arrived.
    fn poll_nothing(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.shared.is_serving.get() {
            self.reading.poll_other(cx);
            return Poll::Pending;
        }
        // The head of a later request, or the rest of a body that nobody reads.
        match self.reading.poll_spent(cx) {
            Poll::Ready(()) => too_slow(),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Reads a little, so that a stranger cannot fill the memory with requests that wait for each other.
    fn poll_read_of_stranger(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.has_turned {
            self.has_turned = false;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.ahead.is_empty() {
            let mut bytes = [0; AHEAD_BYTES];
            let mut read = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.io).poll_read(cx, &mut read) {
                Poll::Pending => return self.poll_nothing(cx),
                Poll::Ready(Ok(())) if !read.filled().is_empty() => self.ahead.extend_from_slice(read.filled()),
                // The end of the connection, which is passed on at once.
                end => return end,
            }
        }
        if self.shared.is_serving.get() && !self.shared.is_body_wanted.get() {
            self.shared.put_off.set(Some(cx.waker().clone()));
            self.reading.poll_other(cx);
            return Poll::Pending;
        }
        let turn = turn(&self.ahead);
        let count = turn.len().min(buffer.remaining());
        buffer.put_slice(&turn[..count]);
        self.ahead.drain(..count);
        if self.ahead.is_empty() {
            self.ahead = Vec::new();
        }
        self.reading.moved(count);
        self.has_turned = true;
        Poll::Ready(Ok(()))
    }
}

fn too_slow<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // From whoever does not read no more requests are taken: each would add its answer to those in memory.
        if self.is_unread {
            self.is_put_off = true;
            return Poll::Pending;
        }
        if !self.ahead.is_empty() || self.shared.is_stranger() {
            return self.poll_read_of_stranger(cx, buffer);
        }
        let filled = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.io).poll_read(cx, buffer) {
            self.reading.moved(buffer.filled().len() - filled);
            return Poll::Ready(read);
        }
        self.poll_nothing(cx)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = Pin::new(&mut self.io).poll_write(cx, bytes) {
            self.writing.moved(*written.as_ref().unwrap_or(&0));
            self.set_unread(false);
            if std::mem::take(&mut self.is_put_off) {
                cx.waker().wake_by_ref();
            }
            return Poll::Ready(written);
        }
        self.set_unread(true);
        // What strangers are shown fits into what the kernel holds, so they wait here only if they ask for more at once.
        if !self.is_writing_to_known && !self.shared.is_stranger() {
            self.is_writing_to_known = true;
            self.writing.allow_lumps_of(LUMP_BYTES);
        }
        match self.writing.poll_spent(cx) {
            Poll::Ready(()) => too_slow(),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.set_unread(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_gets_one_head_of_a_stranger_at_a_time() {
        let long = "x".repeat(TURN_BYTES + 1);
        for (ahead, first) in [
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            ("GET / HTTP/1.1\nHost: x\n\nGET /", "GET / HTTP/1.1\nHost: x\n\n"),
            ("GET / HTTP/1.1\nHost: x\n\r\nGET /", "GET / HTTP/1.1\nHost: x\n\r\n"),
            ("\r\n\r\nGET /", "\r\n\r\n"),
            ("GET / HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1\r\nHost: x\r\n"),
            (&long, &long[1..]),
        ] {
            assert_eq!(turn(ahead.as_bytes()), first.as_bytes(), "{ahead:?}");
        }
    }
}
