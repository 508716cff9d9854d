//! Around every request: its body has a deadline while a handler waits for it, and its answer is sent to strangers in
//! small pieces.

use super::{STRANGERS_BYTES, patience::Patience, stream::Shared};
use actix_web::{
    HttpMessage, HttpRequest,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    middleware::Next,
    web::Bytes,
};
use futures_util::Stream;
use std::{
    cell::Cell,
    error::Error,
    io,
    pin::Pin,
    rc::Rc,
    sync::atomic::Ordering,
    task::{Context, Poll},
};

/// The most bytes of an answer that wait in memory beside it for a stranger who does not read.
pub const PIECE_BYTES: usize = 8 << 10;

/// Middleware of the whole program, around all others.
pub async fn watch(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<Answer>, actix_web::Error> {
    let shared = req.request().conn_data::<Rc<Shared>>().cloned();
    let serving = shared.map(Serving::begin).map(Rc::new);
    if let Some(serving) = &serving {
        let payload = req.take_payload();
        req.set_payload(match payload {
            Payload::None => Payload::None,
            payload => Payload::Stream { payload: Box::pin(Body::new(payload, serving.clone())) },
        });
    }
    let response = next.call(req).await?.map_into_boxed_body();
    Ok(response.map_body(|_, body| Answer { body, rest: Bytes::new(), serving }))
}

/// Says that who sent a request is signed in: its connection is not closed to make room for another.
pub fn vouch(req: &HttpRequest) {
    if let Some(shared) = req.conn_data::<Rc<Shared>>() {
        shared.connections.vouch(&shared.connection);
    }
}

/// A request that is being handled, until its answer was sent.
struct Serving {
    shared: Rc<Shared>,
    /// How many bytes of its body count as those of strangers.
    strangers_bytes: Cell<usize>,
}

impl Serving {
    fn begin(shared: Rc<Shared>) -> Self {
        shared.is_serving.set(true);
        shared.is_body_wanted.set(false);
        Self { shared, strangers_bytes: Cell::new(0) }
    }

    /// Counts bytes of the body. False if strangers have too many in memory.
    fn count(&self, bytes: usize) -> bool {
        if !self.shared.is_stranger() {
            return true;
        }
        self.strangers_bytes.set(self.strangers_bytes.get() + bytes);
        self.shared.connections.strangers_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= STRANGERS_BYTES
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.shared.is_serving.set(false);
        self.shared.read_on();
        self.shared.connections.strangers_bytes.fetch_sub(self.strangers_bytes.get(), Ordering::Relaxed);
    }
}

/// The body of a request.
struct Body {
    payload: Payload,
    patience: Patience,
    serving: Rc<Serving>,
}

impl Body {
    fn new(payload: Payload, serving: Rc<Serving>) -> Self {
        Self { payload, patience: Patience::new(serving.shared.connections.wait()), serving }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.payload).poll_next(cx);
        self.serving.shared.is_body_wanted.set(next.is_pending());
        match next {
            Poll::Ready(Some(Ok(bytes))) => {
                self.patience.moved(bytes.len());
                let fits = self.serving.count(bytes.len());
                Poll::Ready(Some(if fits { Ok(bytes) } else { Err(PayloadError::Overflow) }))
            }
            Poll::Ready(end) => Poll::Ready(end),
            Poll::Pending => {
                self.serving.shared.read_on();
                match self.patience.poll_spent(cx) {
                    Poll::Ready(()) => Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into())))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.serving.shared.is_body_wanted.set(false);
    }
}

/// The body of an answer. The request counts as handled until it is dropped.
pub struct Answer {
    body: BoxBody,
    /// What is left of the last part.
    rest: Bytes,
    serving: Option<Rc<Serving>>,
}

impl MessageBody for Answer {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_next(cx) {
                Poll::Ready(Some(Ok(part))) => self.rest = part,
                other => return other,
            }
        }
        // The server copies each part into a buffer of the connection. Who is signed in gets it at once: that is faster.
        let is_stranger = self.serving.as_ref().is_some_and(|serving| serving.shared.is_stranger());
        let end = if is_stranger { self.rest.len().min(PIECE_BYTES) } else { self.rest.len() };
        Poll::Ready(Some(Ok(self.rest.split_to(end))))
    }
}
