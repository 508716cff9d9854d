//! A marketplace without an API: people or a program fetch the quantities as a CSV file. Nothing is pushed.

use super::{app::Connecting, campaigns::Campaigns, description::Description, push::BatchSize};
use crate::domain::stores::connection::{ConnectorKind, MarketplaceFacts};
use std::num::NonZeroU32;

static FACTS: MarketplaceFacts = MarketplaceFacts {
    code: "file",
    label: "CSV file",
    addresses: &[],
    address_may_have_query: false,
    default_rate: NonZeroU32::new(5).expect("not 0"),
    is_pushed: false,
    has_list: false,
    item: None,
    variant: None,
};

pub const KIND: ConnectorKind = ConnectorKind::new(&FACTS);

pub(super) static DESCRIPTION: Description = Description {
    kind: KIND,
    hint: "For a marketplace without an API: you download it, or a program fetches it.",
    address_hint: "",
    fields: &[],
    renewed_before_end: None,
    refused_fields: &[],
    batch: BatchSize { most: 1, is_of_one_item: false },
    permission_is_refresh: false,
    campaigns: Campaigns::DoNotExist,
    pulling: None,
    connecting: Connecting::ByKeys(
        "There is nothing to register: nothing is sent. Add the store here, and download what it should show from its page.",
    ),
    connect: None,
};
