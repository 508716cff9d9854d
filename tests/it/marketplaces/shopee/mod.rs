//! Shopee: the simulated one against the documents (`simulated`), and the connector against the simulated one.
//!
//! The documents are the JSON of Shopee's pages, `v2.product.update_stock` and others, and the developer guides.

mod connector;
mod odd_answers;
mod refusals;
mod simulated;

use flashsale::demo::marketplace::{ProductId, Refusal};

/// A refusal in the module's or the gateway's words.
fn refusal(status: Option<u16>, code: &str, message: &str) -> Refusal {
    Refusal { status, code: code.to_owned(), kind: String::new(), message: message.to_owned() }
}

fn product(item: &str, model: &str) -> ProductId {
    ProductId { item: item.to_owned(), variant: model.to_owned() }
}
