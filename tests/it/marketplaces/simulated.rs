//! Simulated marketplaces for a test, on a server of their own.

use actix_web::{dev::ServerHandle, rt::System};
use flashsale::{
    clock::Clock,
    demo::marketplace::{self, Marketplace},
};
use std::{net::TcpListener, sync::mpsc};

/// The server stops when this is dropped.
pub struct Marketplaces {
    pub marketplace: Marketplace,
    pub address: String,
    server: ServerHandle,
}

impl Marketplaces {
    /// Starts without shops.
    pub fn start(clock: Clock) -> Self {
        let marketplace = Marketplace::new(clock);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let served = marketplace.clone();
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || {
            System::new().block_on(async {
                let server = marketplace::server(&served, listener, None).expect("marketplaces");
                send.send(server.handle()).expect("the test waits for its marketplaces");
                server.await.expect("marketplaces");
            });
        });
        Self { marketplace, address, server: receive.recv().expect("marketplaces") }
    }
}

impl Drop for Marketplaces {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}
