//! The times of Lazada's campaigns: they have no zone.

use crate::domain::moment::Moment;
use chrono::{FixedOffset, NaiveDateTime, TimeDelta};

/// The zones in which the campaigns of a country begin and end. It is a guess that they are those of the country: no
/// document says so. For an unknown address they are those in which a campaign begins first and ends last.
#[derive(Clone, Copy)]
pub(super) struct Zones {
    of_begin: FixedOffset,
    of_end: FixedOffset,
}

impl Zones {
    pub(super) fn of(api_url: &str) -> Self {
        let is_of = |hosts: &[&str]| hosts.iter().any(|host| api_url.contains(host));
        let ahead = |hours: i32| FixedOffset::east_opt(hours * 3600).expect("a zone");
        let is_8_ahead = is_of(&["api.lazada.sg", "api.lazada.com.my", "api.lazada.com.ph"]);
        let is_7_ahead = is_of(&["api.lazada.co.id", "api.lazada.co.th", "api.lazada.vn"]);
        Self { of_begin: ahead(if is_7_ahead { 7 } else { 8 }), of_end: ahead(if is_8_ahead { 8 } else { 7 }) }
    }

    /// `2022-09-02 12:00:00` is the first second of a campaign.
    pub(super) fn begin(self, text: &str) -> Option<Moment> {
        moment(text, self.of_begin)
    }

    /// `2022-09-03 11:59:59` is the last second of a campaign.
    pub(super) fn end(self, text: &str) -> Option<Moment> {
        moment(text, self.of_end).map(|last_second| last_second.plus(TimeDelta::seconds(1)))
    }
}

const FORMAT: &str = "%Y-%m-%d %H:%M:%S";
const CHARACTERS: usize = "2022-09-03 11:59:59".len();

fn moment(text: &str, zone: FixedOffset) -> Option<Moment> {
    let local = NaiveDateTime::parse_from_str(text, FORMAT).ok()?;
    Some(Moment::from(local.and_local_timezone(zone).single()?.to_utc()))
}

/// The end of "… in effect between 2022-09-02 12:00:00 - 2022-09-03 11:59:59." (4170).
pub(super) fn last_moment(text: &str, zones: Zones) -> Option<Moment> {
    let mut starts = (0..text.len()).rev();
    starts.find_map(|start| zones.end(text.get(start..start + CHARACTERS)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_is_in_the_zone_of_its_country_or_in_those_in_which_it_lasts_longest() {
        for (url, begin, end) in [
            ("https://api.lazada.sg/rest", "2022-09-02T04:00:00Z", "2022-09-03T04:00:00Z"),
            ("https://api.lazada.co.id/rest", "2022-09-02T05:00:00Z", "2022-09-03T05:00:00Z"),
            ("http://127.0.0.1:9000/rest", "2022-09-02T04:00:00Z", "2022-09-03T05:00:00Z"),
        ] {
            let zones = Zones::of(url);
            assert_eq!(zones.begin("2022-09-02 12:00:00").expect("a moment").to_string(), begin, "{url}");
            assert_eq!(zones.end("2022-09-03 11:59:59").expect("a moment").to_string(), end, "{url}");
        }
        assert_eq!(Zones::of("").end(""), None);
    }

    #[test]
    fn the_refusal_of_a_mega_campaign_says_when_it_ends() {
        let said = "During the Bday Mega campaign, there are restrictions for stock adjustments in effect between \
                    2026-03-20 00:00:00 - 2026-03-27 23:59:59. Sellers can increase stocks, but may not decrease stocks.";
        let zones = Zones::of("https://api.lazada.sg/rest");
        assert_eq!(last_moment(said, zones).expect("a moment").to_string(), "2026-03-27T16:00:00Z");
        for without in
            ["", "between YYYY-MM-DD HH:MM:SS - YYYY-MM-DD HH:MM:SS", "活动 2026-03-20", "2026-13-40 25:61:61"]
        {
            assert_eq!(last_moment(without, zones), None, "{without}");
        }
    }
}
