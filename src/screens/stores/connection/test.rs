//! `POST /stores/{code}/test`: makes a test call with the stored connection, and records that it succeeded. Refused
//! credentials lead to their form, at the field that the marketplace refuses. A store whose seller has just given permission
//! is tested at once.

use super::{ConnectionPage, StoredStore, form::ConnectionForm};
use crate::{
    actions::stores::note_test::{self, Found, Noted},
    db::{
        self, Conn,
        stores::{
            self,
            connections::{self, Connection},
        },
    },
    domain::{
        code::StoreCode,
        stores::failure::{Failure, FailureClass},
    },
    marketplaces::{description::Description, registry, seal::SealError},
    screens::stores::{path_of, show::StorePage},
    sync::access::{Accepted, Access, Tested},
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form, FormErrors},
        page::{refused, see_other},
        security_log::Event,
        visit::Visit,
    },
};
use actix_web::web::{Data, Path};

/// Whatever happened at an address that has not passed a test yet.
const NOT_REACHED: &str = "No store answered at this address. Check the address, and that its service can be reached.";

pub async fn submit(visit: Visit, code: Path<String>, access: Data<Access>, _: Form<EmptyForm>) -> PageResult {
    let store = StoredStore::load(&visit, &code).await?;
    let path = path_of(&store.store.code);
    let Some(connection) = store.connection.filter(|connection| connection.kind.is_pushed()) else {
        return Ok(see_other(&path));
    };
    let StoredStore { store, warehouses, .. } = store;
    let key = visit.state.settings.credentials_key.as_ref().ok_or(SealError::NoKey);
    let credentials = match key.and_then(|key| key.open(&connection.store, &connection.credentials)) {
        Ok(credentials) => credentials,
        Err(error) => return refuse(&visit, connection, &error.to_string()).await,
    };
    let Tested { connection, answer } = test(&visit, &access, connection).await?;
    let is_paused = connection.paused_at.is_some();
    let description = registry::describe(connection.kind);
    match answer {
        Ok(Accepted { seller, warehouses }) => {
            let country = connection.kind.country_of(&connection.api_url).or(store.country);
            let of_seller = || description.shop_of_seller(country?, &seller?);
            let shop = description.shop_of(&credentials).or_else(of_seller);
            match note_success(&visit, &connection, Found { shop, warehouses: warehouses.clone() }).await? {
                Noted::Tested => {
                    let notice = if is_paused { "tested_paused" } else { "tested" };
                    Ok(see_other(&format!("{path}?notice={notice}")))
                }
                Noted::Changed => {
                    refuse(&visit, connection, "The connection was changed meanwhile. Test it again.").await
                }
                Noted::ShopTaken(by) => {
                    let words = shop_taken(&visit, by).await?;
                    note_failure(&visit, &connection, &words).await?;
                    refuse(&visit, connection, &words).await
                }
                Noted::NeedsWarehouse => {
                    let number = warehouses.len();
                    let words = format!("This seller has {number} warehouses. Choose the one whose stock is set.");
                    let form = ConnectionForm::of(&connection, description.fields, Some(&credentials));
                    let page = ConnectionPage::new(&visit, store, connection.kind, form, &warehouses);
                    refuse_at(page, "warehouse", words)
                }
            }
        }
        Err(failure) => {
            let (field, words) = problem_of(&connection, &failure);
            note_failure(&visit, &connection, &words).await?;
            if !failure.class.pauses() {
                return refuse(&visit, connection, &words).await;
            }
            let form = ConnectionForm::of(&connection, description.fields, Some(&credentials));
            let page = ConnectionPage::new(&visit, store, connection.kind, form, &warehouses);
            refuse_at(page, field, words)
        }
    }
}

/// Tests a store that was connected just now. Returns whether it may be pushed to; if not, its page says why.
pub async fn after_permission(visit: &Visit, access: &Data<Access>, store: &StoreCode) -> Result<bool, PageError> {
    let code = store.clone();
    let found = visit.database().read(move |conn| connections::find(conn, &code)).await?;
    let Some(connection) = found else { return Ok(false) };
    let Tested { connection, answer } = test(visit, access, connection).await?;
    match answer {
        // Its shop is that of the permission.
        Ok(Accepted { warehouses, .. }) => {
            let found = Found { shop: None, warehouses };
            Ok(note_success(visit, &connection, found).await? == Noted::Tested)
        }
        Err(failure) => {
            let (_, words) = problem_of(&connection, &failure);
            note_failure(visit, &connection, &words).await?;
            Ok(false)
        }
    }
}

async fn test(visit: &Visit, access: &Data<Access>, connection: Connection) -> Result<Tested, PageError> {
    let access = access.clone();
    // It may renew the access, which counts once: it goes on although the client hangs up.
    let testing = actix_web::rt::spawn(async move { access.test(connection).await });
    let tested = testing.await.map_err(|_| db::Error::GivenUp)??;
    let result = if tested.answer.is_ok() { "succeeded" } else { "failed" };
    visit.note(Event::ConnectionTested, format!("{}: {result}", tested.connection.store));
    Ok(tested)
}

async fn note_success(visit: &Visit, tested: &Connection, found: Found) -> Result<Noted, PageError> {
    let tested = tested.clone();
    let now = visit.state.clock.now();
    Ok(visit.database().write(move |conn| note_test::run(conn, &tested, &found, now)).await?)
}

async fn shop_taken(visit: &Visit, by: StoreCode) -> Result<String, PageError> {
    let find = move |conn: &mut Conn| Ok::<_, db::Error>((stores::find(conn, &by)?, by.clone()));
    let (store, by) = visit.database().read(find).await?;
    let name = store.map_or_else(|| by.to_string(), |store| store.name);
    Ok(format!(
        "This shop is already connected to the store {name}: two stores would sell the same units. Disconnect one of them."
    ))
}

/// Why a test failed, and the field of the credentials that was refused (empty for none). Until a test has succeeded, nobody
/// knows that there is a store at the address: different words would tell what else is there.
fn problem_of(tested: &Connection, failure: &Failure) -> (&'static str, String) {
    match tested.tested_at {
        _ if failure.class.pauses() => error_of(registry::describe(tested.kind), failure),
        None => ("", NOT_REACHED.to_owned()),
        Some(_) => ("", with_advice(failure, tested.kind.label())),
    }
}

/// Keeps why a test failed, for those who did not press the button.
async fn note_failure(visit: &Visit, tested: &Connection, problem: &str) -> Result<(), PageError> {
    let tested = tested.clone();
    let problem = problem.to_owned();
    let now = visit.state.clock.now();
    Ok(visit.database().write(move |conn| note_test::failed(conn, &tested, &problem, now)).await?)
}

/// What was answered, and what to do about it where the answer itself does not say.
fn with_advice(failure: &Failure, marketplace: &str) -> String {
    let said = failure.to_string();
    let text = said.to_lowercase();
    if ["check ", "test again", "answer 401", "choose "].iter().any(|advice| text.contains(advice)) {
        return said;
    }
    let advice = match failure.class {
        FailureClass::Throttled => "Wait a minute, then test again.".to_owned(),
        FailureClass::Unavailable => {
            format!("Check the address, and whether {marketplace} says that it is down. Then test again.")
        }
        _ => format!("Test again in a minute. If it stays so, ask {marketplace} about this answer."),
    };
    format!("{said} {advice}")
}

/// Shows the form with an error at one field. Its secrets are stored.
fn refuse_at(page: ConnectionPage, field: &'static str, words: String) -> PageResult {
    refused(&ConnectionPage { errors: FormErrors::of(field, words), keeps_secrets: true, ..page })
}

async fn refuse(visit: &Visit, connection: Connection, problem: &str) -> PageResult {
    let errors = FormErrors::of("", format!("The test call failed. {problem}"));
    StorePage::refuse(visit, connection.store, String::new(), errors).await
}

/// The field that was refused (empty for the whole form), and the message there.
fn error_of(description: &Description, failure: &Failure) -> (&'static str, String) {
    if let Some(field) = description.refused_field(failure) {
        return (field.name, failure.to_string());
    }
    let message = failure.message.replacen("refused it:", "refused these credentials:", 1);
    let labels: Vec<&str> = description.fields.iter().map(|field| field.label).collect();
    ("", format!("{}. Check what you entered: {}.", message.trim_end_matches('.'), labels.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::{lazada, shopee, webhook, zalora};

    #[test]
    fn a_refusal_is_at_the_credential_that_was_refused_or_names_all() {
        let refused = |message: &str| Failure::new(FailureClass::Credentials, message);
        let ended = |message: &str| Failure::token_ended(message);
        for (kind, failure, field) in [
            (
                lazada::KIND,
                ended("Lazada refused it: The specified access token is expired (IllegalAccessToken)"),
                "access_token",
            ),
            (lazada::KIND, refused("Lazada refused it: It is expired (IllegalRefreshToken)"), "refresh_token"),
            (lazada::KIND, refused("Lazada refused it: It does not conform (IncompleteSignature)"), "app_secret"),
            (lazada::KIND, refused("Lazada refused it: It is unknown (InvalidAppKey)"), "app_key"),
            (lazada::KIND, refused("Lazada refused it: No (InsufficientPermission)"), ""),
            (shopee::KIND, ended("Shopee refused it: Wrong access_token. (error_auth)"), "access_token"),
            (shopee::KIND, refused("Shopee refused it: Your refresh_token expired. (error_auth)"), "refresh_token"),
            (shopee::KIND, refused("Shopee refused it: Wrong sign. (error_sign)"), "partner_key"),
            (shopee::KIND, refused("Shopee refused it:  (error_invalid_partner)"), "partner_id"),
            (shopee::KIND, refused("Shopee refused it: No permission to current api. (error_auth)"), ""),
            (zalora::KIND, refused("Zalora refused it: invalid_client (401)"), ""),
            (zalora::KIND, ended("Zalora answered 401 Unauthorized."), ""),
            (webhook::KIND, ended("Webhook answered 401 Unauthorized."), "secret"),
            (webhook::KIND, refused("Webhook answered 403 Forbidden."), "secret"),
        ] {
            assert_eq!(error_of(registry::describe(kind), &failure).0, field, "{kind:?}: {failure}");
        }
        let failure = refused("Lazada refused it: It may not. (InsufficientPermission)");
        assert_eq!(
            error_of(registry::describe(lazada::KIND), &failure).1,
            "Lazada refused these credentials: It may not. (InsufficientPermission). Check what you entered: App key, \
             App secret, Access token, Refresh token."
        );
    }

    #[test]
    fn a_test_that_failed_says_what_to_do() {
        for (failure, advice) in [
            (Failure::unavailable("Lazada answered 503 Service Unavailable."), "Check the address, and whether"),
            (Failure::unavailable("Lazada did not answer in 8 s."), "Check the address, and whether"),
            (Failure::new(FailureClass::Throttled, "Lazada refused it: too many (ApiCallLimit)"), "Wait a minute"),
            (Failure::temporary("Lazada refused it: new (NeverSeen)"), "ask Lazada about this answer"),
        ] {
            let words = with_advice(&failure, "Lazada");
            assert!(words.starts_with(&failure.message) && words.contains(advice), "{words}");
        }
        let said = "Lazada cannot be reached: check the address of the API and this machine’s network.";
        assert_eq!(with_advice(&Failure::unavailable(said), "Lazada"), said, "once is enough");
    }
}
