//! How each protocol signs, for whoever has to check a signature: the simulated marketplaces of the demo.

pub(crate) use super::{
    lazada::sign as lazada,
    shopee::sign as shopee,
    webhook::{SIGNATURE_HEADER as WEBHOOK_HEADER, signature as webhook},
};
