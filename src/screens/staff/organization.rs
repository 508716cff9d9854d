//! `/settings/organization`: the name, the time zone and the currency of the organization.

use crate::{
    actions::staff::save_organization,
    db::staff::organization,
    domain::{money::Currency, place::parse_zone},
    screens::{
        NoticeQuery,
        stores::form::{chosen, currency_options},
    },
    web::{
        error::PageResult,
        form::{Form, FormErrors, SelectOption},
        page::{Layout, ok, refused, see_other},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OrganizationForm {
    name: String,
    time_zone: String,
    currency: String,
}

#[derive(Template)]
#[template(path = "staff/organization.html")]
struct OrganizationPage {
    page: Layout,
    form: OrganizationForm,
    errors: FormErrors,
}

impl OrganizationPage {
    fn currencies(&self) -> Vec<SelectOption> {
        currency_options("None", &self.form.currency)
    }
}

/// The typed time zone; `None` for an empty field.
pub(super) fn zone(text: &str) -> Result<Option<Tz>, String> {
    if text.trim().is_empty() { Ok(None) } else { parse_zone(text).map(Some) }
}

pub async fn show(visit: Visit, Query(query): Query<NoticeQuery>) -> PageResult {
    let stored = visit.database().read(organization::read).await?;
    let form = OrganizationForm {
        name: stored.name,
        time_zone: stored.time_zone.unwrap_or_default(),
        currency: stored.currency.map(Currency::code).unwrap_or_default().to_owned(),
    };
    let notice = (query.notice == "saved").then(|| "The organization was saved.".to_owned());
    ok(&OrganizationPage { page: Layout { notice, ..visit.layout("settings") }, form, errors: FormErrors::default() })
}

pub async fn save(visit: Visit, form: Form<OrganizationForm>) -> PageResult {
    let mut errors = FormErrors::default();
    let name = errors.keep("name", save_organization::parse_name(&form.name));
    let zone = errors.keep("time_zone", zone(&form.time_zone));
    let currency = errors.keep("currency", chosen(&form.currency, Currency::parse));
    let (Some(name), Some(zone), Some(currency)) = (name, zone, currency) else {
        return refused(&OrganizationPage { page: visit.layout("settings"), form: form.fields, errors });
    };
    visit.database().write(move |conn| save_organization::run(conn, &name, zone, currency)).await?;
    Ok(see_other("/settings/organization?notice=saved"))
}
