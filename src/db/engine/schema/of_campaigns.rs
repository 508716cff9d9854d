//! The tables of campaigns.

diesel::table! {
    campaigns (store, campaign, listing) {
        store -> Text,
        campaign -> Text,
        listing -> Text,
        name -> Text,
        units -> BigInt,
        starts_at -> Nullable<Timestamp>,
        ends_at -> Nullable<Timestamp>,
        sale_until -> Nullable<Timestamp>,
        read_at -> Timestamp,
    }
}

diesel::table! {
    campaign_reads (store) {
        store -> Text,
        place -> Nullable<Text>,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        due_at -> Timestamp,
        leased_until -> Nullable<Timestamp>,
        failures -> BigInt,
        problem_text -> Nullable<Text>,
    }
}

diesel::table! {
    campaign_hints (store, item_id) {
        store -> Text,
        item_id -> Text,
        noted_at -> Timestamp,
    }
}
