//! The bytes of a connection, with deadlines. What is not here: the idle time between requests and the head of the first
//! one, whose deadlines (5 seconds each) actix-http has, and bodies that a handler reads ([`super::requests`]).

use super::{Connection, Connections, patience::Patience};
use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// What the stream and the requests of a connection know of each other.
pub struct Shared {
    pub connections: Arc<Connections>,
    pub connection: Arc<Connection>,
    /// Whether a request is being handled, or its answer sent: then it is not the client who is waited for.
    pub is_serving: Cell<bool>,
}

pub struct Stream {
    io: TcpStream,
    pub shared: Rc<Shared>,
    reading: Patience,
    writing: Patience,
    /// Whether the client has not read what we have sent.
    is_unread: bool,
    /// Whether reading was put off until then.
    is_put_off: bool,
}

impl Stream {
    pub fn new(io: TcpStream, connections: Arc<Connections>, connection: Arc<Connection>) -> Self {
        let wait = connections.wait();
        let shared = Rc::new(Shared { connections, connection, is_serving: Cell::new(false) });
        let (reading, writing) = (Patience::new(wait), Patience::new(wait));
        Self { io, shared, reading, writing, is_unread: false, is_put_off: false }
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
        let filled = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.io).poll_read(cx, buffer) {
            self.reading.moved(buffer.filled().len() - filled);
            return Poll::Ready(read);
        }
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
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = Pin::new(&mut self.io).poll_write(cx, bytes) {
            self.writing.moved(*written.as_ref().unwrap_or(&0));
            self.is_unread = false;
            if std::mem::take(&mut self.is_put_off) {
                cx.waker().wake_by_ref();
            }
            return Poll::Ready(written);
        }
        self.is_unread = true;
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
