//! The messages that simulated marketplaces send about orders. Tests take them and send them late, twice, out of order or
//! never; otherwise the server of the simulation sends them.

use super::Order;
use crate::{
    demo::marketplace::{registry, shop::World, simulation::Marketplace},
    domain::moment::Moment,
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the sender of a message waits for its answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often the server looks for messages.
const PAUSE: Duration = Duration::from_millis(50);

/// How much later a message is that is late.
const LATE: TimeDelta = TimeDelta::seconds(30);

/// How long messages that did not arrive are kept. Only Shopee gives them out, for three days.
const KEPT: TimeDelta = TimeDelta::days(3);

/// How the messages of a shop are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    AtOnce,
    /// Later, so that others may overtake it.
    Late,
    Twice,
    Never,
    /// Each in its own way: at once, late so that others overtake it, twice or never, as often as [`super::super::Rates`] say.
    Unreliably,
    /// By the test that takes them: see [`Marketplace::take_messages`].
    ByHand,
}

/// Where the messages of a shop go, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo::marketplace) struct Registered {
    pub(in crate::demo::marketplace) address: String,
    manner: Manner,
}

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub shop: String,
    pub address: String,
    /// The header `Authorization`; empty for none.
    pub authorization: String,
    pub body: String,
    due_at: Moment,
    is_by_hand: bool,
}

/// A message that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo::marketplace) struct LostMessage {
    pub(in crate::demo::marketplace) number: u64,
    pub(in crate::demo::marketplace) shop: String,
    pub(in crate::demo::marketplace) body: String,
    pub(in crate::demo::marketplace) at: Moment,
}

/// What a marketplace says about an order, and with which signature.
pub(in crate::demo::marketplace) struct Signed {
    pub(in crate::demo::marketplace) authorization: String,
    pub(in crate::demo::marketplace) body: String,
}

impl Marketplace {
    /// Registers the address that the messages about the orders of a shop are sent to.
    pub fn send_messages(&self, shop: &str, address: &str, manner: Manner) {
        let registered = Registered { address: address.to_owned(), manner };
        self.world().registered.insert(shop.to_owned(), registered);
    }

    /// Takes the messages that are to be sent by hand, oldest first.
    pub fn take_messages(&self) -> Vec<Message> {
        let mut world = self.world();
        let (taken, left) = std::mem::take(&mut world.messages).into_iter().partition(|message| message.is_by_hand);
        world.messages = left;
        taken
    }

    fn take_due(&self) -> Vec<Message> {
        let now = self.now();
        let mut world = self.world();
        let is_due = |message: &Message| !message.is_by_hand && message.due_at <= now;
        let (due, left) = std::mem::take(&mut world.messages).into_iter().partition(is_due);
        world.messages = left;
        due
    }

    /// Loses the messages that are to be sent by hand.
    pub fn lose_messages(&self) {
        for message in self.take_messages() {
            lose(&mut self.world(), message.shop, message.body, self.now());
        }
    }

    /// Sends what is due for as long as the server runs. One that is not answered is not sent again.
    pub(in crate::demo::marketplace) async fn keep_sending(self) {
        // Fails if another part of the process has chosen already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().timeout(PATIENCE).build();
        let Ok(client) = client else { return };
        loop {
            for message in self.take_due() {
                let request = client.post(&message.address).header("content-type", "application/json");
                let request = match message.authorization.as_str() {
                    "" => request,
                    authorization => request.header("authorization", authorization),
                };
                let sent = request.body(message.body.clone()).send().await;
                if let Err(error) = sent.and_then(reqwest::Response::error_for_status) {
                    tracing::debug!(%error, "a message of a simulated marketplace did not arrive");
                    lose(&mut self.world(), message.shop, message.body, self.now());
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn lose(world: &mut World, shop: String, body: String, at: Moment) {
    world.last_lost += 1;
    world.lost.retain(|lost| at.since(lost.at) <= KEPT);
    world.lost.push(LostMessage { number: world.last_lost, shop, body, at });
}

/// Queues the messages about a new or changed order.
pub(super) fn queue(world: &mut World, shop: &str, number: &str, is_new: bool, now: Moment) {
    let Some(Registered { address, manner }) = world.registered.get(shop).cloned() else { return };
    let Some(found) = world.shops.get(shop) else { return };
    let Some(order) = found.orders.find(number) else { return };
    let changed = Changed { shop, order, is_new, address: &address, now };
    for Signed { authorization, body } in registry::of_kind(found.kind).messages(world, &changed) {
        let manner = if manner == Manner::Unreliably { world.buyers.manner() } else { manner };
        let times = match manner {
            Manner::Never => 0,
            Manner::Twice => 2,
            Manner::AtOnce | Manner::Late | Manner::Unreliably | Manner::ByHand => 1,
        };
        if times == 0 {
            lose(world, shop.to_owned(), body, now);
            continue;
        }
        let due_at = if manner == Manner::Late { now.plus(LATE) } else { now };
        let is_by_hand = manner == Manner::ByHand;
        let (shop, address) = (shop.to_owned(), address.clone());
        let message = Message { shop, address, authorization, body, due_at, is_by_hand };
        world.messages.extend(std::iter::repeat_n(message, times));
    }
}

/// What a message is about.
pub(in crate::demo::marketplace) struct Changed<'a> {
    pub(in crate::demo::marketplace) shop: &'a str,
    pub(in crate::demo::marketplace) order: &'a Order,
    pub(in crate::demo::marketplace) is_new: bool,
    /// Where the message goes.
    pub(in crate::demo::marketplace) address: &'a str,
    pub(in crate::demo::marketplace) now: Moment,
}
