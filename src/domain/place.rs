//! Places: time zones by their IANA names, and the countries that they are in.

use crate::domain::text::{TextRefusal, single_line};
use chrono_tz::Tz;
use std::{collections::BTreeSet, sync::LazyLock};

/// The zones of each country: the file `zone.tab` of the IANA time zone database, which is in the public domain.
const ZONE_TABLE: &str = include_str!("zone.tab");

/// The country and the zone of each row of [`ZONE_TABLE`].
static ZONES: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let mut zones = Vec::new();
    for row in ZONE_TABLE.lines().filter(|row| !row.starts_with('#')) {
        let mut columns = row.split('\t');
        if let (Some(country), Some(_coordinates), Some(zone)) = (columns.next(), columns.next(), columns.next()) {
            zones.push((country, zone));
        }
    }
    zones
});

/// A country by its two letters (ISO 3166-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country(&'static str);

impl Country {
    /// Parses the two letters of a country, in upper or lower case. The error is a sentence that says what to enter.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let found = ZONES.iter().find(|(country, _)| country.eq_ignore_ascii_case(text));
        let (country, _) = found
            .ok_or_else(|| format!("Choose a country by its two letters (ISO 3166), like SG: there is no “{text}”."))?;
        Ok(Self(country))
    }

    /// The country that a zone is in. Zones like UTC are in none.
    pub fn of_zone(zone: Tz) -> Option<Self> {
        let found = ZONES.iter().find(|(_, name)| *name == zone.name());
        found.map(|(country, _)| Self(country))
    }

    /// Its two letters.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// Its name in English.
    pub fn name(self) -> String {
        if self.0 == "TW" {
            // ISO's own list has a footnote there, and a word that none of its sellers would use.
            return "Taiwan".to_owned();
        }
        let known: Result<iso_currency::Country, _> = self.0.parse();
        known.map_or_else(|_| self.0.to_owned(), |country| country.name().to_owned())
    }

    /// Every country, by name.
    pub fn all() -> Vec<Self> {
        let codes: BTreeSet<&str> = ZONES.iter().map(|(country, _)| *country).collect();
        let mut countries: Vec<Self> = codes.into_iter().map(Self).collect();
        countries.sort_by_key(|country| country.name());
        countries
    }

    /// The zone of most of its people, for a form that is filled in: the table begins with it in nearly every country.
    pub fn main_zone(self) -> Option<Tz> {
        let of_table = ZONES.iter().find(|(country, _)| *country == self.0).map(|(_, zone)| *zone)?;
        // Its table begins in the ocean.
        let zone = if self.0 == "BR" { "America/Sao_Paulo" } else { of_table };
        zone.parse().ok()
    }

    /// Its zone, if it has only one.
    fn only_zone(self) -> Option<Tz> {
        let mut zones = ZONES.iter().filter(|(country, _)| *country == self.0);
        let (_, zone) = zones.next()?;
        if zones.next().is_some() { None } else { zone.parse().ok() }
    }
}

/// Parses a time zone by its IANA name, in upper or lower case. The error is a sentence that says what to enter.
pub fn parse_zone(text: &str) -> Result<Tz, String> {
    let name = match single_line("time zone", text, 60) {
        Err(TextRefusal::Missing { .. }) => return Err("Choose a time zone.".to_owned()),
        Err(refusal) => return Err(refusal.to_string()),
        Ok(name) => name,
    };
    let zone = chrono_tz::TZ_VARIANTS.into_iter().find(|zone| zone.name().eq_ignore_ascii_case(&name));
    let zone = zone.ok_or_else(|| format!("Choose a time zone like Asia/Singapore: there is no “{name}”."))?;
    match reversed_offset(zone) {
        None => Ok(zone),
        Some(means) => Err(format!(
            "Choose a place like Asia/Singapore instead: “{}” means {means}, because its sign is the other way round.",
            zone.name()
        )),
    }
}

/// What a zone like `Etc/GMT+8` means: UTC−8. POSIX, which its name follows, counts hours west of Greenwich as positive.
/// Nearly everybody who types it means eight hours ahead, which is 16 hours away.
fn reversed_offset(zone: Tz) -> Option<String> {
    let hours = zone.name().strip_prefix("Etc/GMT")?;
    match hours.split_at_checked(1)? {
        ("+", "0") | ("-", "0") => None,
        ("+", hours) => Some(format!("UTC−{hours}")),
        ("-", hours) => Some(format!("UTC+{hours}")),
        _ => None,
    }
}

/// The zones that a form offers: places, and UTC; not the aliases for old programs.
pub fn zone_names() -> impl Iterator<Item = &'static str> {
    let names = chrono_tz::TZ_VARIANTS.into_iter().map(Tz::name);
    names.filter(|name| *name == "UTC" || (name.contains('/') && !name.starts_with("Etc/")))
}

/// The zone of the first country that an `Accept-Language` header names, if the country has only one: `en-SG,en;q=0.8` is
/// Asia/Singapore.
pub fn zone_of_languages(header: &str) -> Option<Tz> {
    for language in header.split(',') {
        let tag = language.split(';').next().unwrap_or_default().trim();
        for part in tag.split('-').skip(1).filter(|part| part.len() == 2) {
            if let Ok(country) = Country::parse(part) {
                return country.only_zone();
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_of_the_table_is_known_and_every_country_has_a_name() {
        for (country, zone) in ZONES.iter() {
            assert!(zone.parse::<Tz>().is_ok(), "{country} {zone}");
            assert!(Country(country).name().len() > 2, "{country}");
        }
        assert!(Country::all().len() > 200);
    }

    #[test]
    fn the_zone_of_a_country_is_that_of_most_of_its_people() {
        for (country, zone) in
            [("SG", "Asia/Singapore"), ("ID", "Asia/Jakarta"), ("MY", "Asia/Kuala_Lumpur"), ("BR", "America/Sao_Paulo")]
        {
            let found = Country::parse(country).expect("a country").main_zone();
            assert_eq!(found.map(Tz::name), Some(zone), "{country}");
        }
        assert!(Country::all().into_iter().all(|country| country.main_zone().is_some()));
    }

    #[test]
    fn a_zone_is_in_a_country_or_in_none() {
        for (zone, country) in [
            (Tz::Asia__Singapore, Some("SG")),
            (Tz::Asia__Jayapura, Some("ID")),
            (Tz::Asia__Ho_Chi_Minh, Some("VN")),
            (Tz::Europe__Berlin, Some("DE")),
            (Tz::UTC, None),
            (Tz::Etc__UTC, None),
        ] {
            assert_eq!(Country::of_zone(zone).map(Country::code), country, "{zone}");
        }
        assert_eq!(Country::parse(" vn ").map(Country::name), Ok("Viet Nam".to_owned()));
        assert!(Country::parse("XX").is_err() && Country::parse("").is_err() && Country::parse("SGP").is_err());
    }

    #[test]
    fn a_zone_is_a_place_and_never_an_offset_with_the_sign_turned_round() {
        for (text, zone) in [
            ("asia/singapore", Tz::Asia__Singapore),
            (" UTC ", Tz::UTC),
            ("Etc/UTC", Tz::Etc__UTC),
            ("Etc/GMT+0", Tz::Etc__GMTPlus0),
        ] {
            assert_eq!(parse_zone(text), Ok(zone), "{text}");
        }
        for (text, words) in [
            ("", "Choose a time zone."),
            ("SGT", "Choose a time zone like Asia/Singapore: there is no “SGT”."),
            (
                "etc/gmt+8",
                "Choose a place like Asia/Singapore instead: “Etc/GMT+8” means UTC−8, because its sign is the other way \
                 round.",
            ),
            (
                "Etc/GMT-7",
                "Choose a place like Asia/Singapore instead: “Etc/GMT-7” means UTC+7, because its sign is the other way \
                 round.",
            ),
        ] {
            assert_eq!(parse_zone(text).expect_err(text), words);
        }
    }

    #[test]
    fn the_languages_of_a_browser_suggest_a_zone_where_they_name_a_country_with_one() {
        for (header, zone) in [
            ("en-SG,en;q=0.9", Some(Tz::Asia__Singapore)),
            ("zh-Hant-TW, en-US;q=0.5", Some(Tz::Asia__Taipei)),
            ("vi-VN", Some(Tz::Asia__Ho_Chi_Minh)),
            ("en, th-TH;q=0.7", Some(Tz::Asia__Bangkok)),
            ("id-ID", None),
            ("en", None),
            ("", None),
            ("-,;=*-XX", None),
        ] {
            assert_eq!(zone_of_languages(header), zone, "{header}");
        }
    }
}
