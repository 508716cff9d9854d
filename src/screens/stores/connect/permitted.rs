//! `/stores/connect/{id}`: the shops that a seller permitted, to be saved as stores, or one of them as the connection of a
//! store that exists. Only the session that asked for the permission sees it.

use super::{
    ConnectForm, ConnectPage,
    found::{self, Granted, already},
    refuse,
};
use crate::{
    actions::stores::{
        add_store::{AddStoreRefusal, NewStore},
        ask_permission::WayBackRefusal,
        connect_permitted::{self, PermittedRefusal, PermittedStore, RenewedStore},
        connect_store::ConnectionInput,
        edit_store::StoreEdit,
    },
    db::{
        Failed,
        stores::{authorizations, permissions::Permission},
    },
    domain::{code::StoreCode, place::Country, stores::connection::ConnectorKind, text::counted},
    marketplaces::{
        app::Shop,
        seal::{SealError, SealKey},
    },
    screens::stores::{connection::test, form::StoreForm, path_of},
    sync::access::Access,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors, SelectOption},
        notices::done,
        page::{Layout, ok, refused, see_other},
        security_log::Event,
        visit::Visit,
    },
};
use actix_web::web::{Data, Path};
use askama::Template;
use futures_util::future::join_all;
use std::collections::BTreeMap;

/// The fields of all shops: those of the first have names like `code-1`.
type Typed = BTreeMap<String, String>;

#[derive(Template)]
#[template(path = "stores/permitted.html")]
struct PermittedPage {
    page: Layout,
    id: String,
    kind: ConnectorKind,
    shops: Vec<ShopRow>,
    /// The name of the store that is connected again; empty for new ones.
    again: String,
    errors: FormErrors,
}

struct ShopRow {
    number: usize,
    shop: String,
    /// Where it sells, or its id.
    about: String,
    /// The name of the store that has it already, and the path of its page.
    taken: Option<(String, String)>,
    is_picked: bool,
    form: StoreForm,
}

impl ShopRow {
    fn id(&self, field: &str) -> String {
        format!("{field}-{}", self.number)
    }
}

/// What is filled in for a new store.
fn suggested(kind: ConnectorKind, shop: &Shop, codes: &mut Vec<String>, names: &mut Vec<String>) -> StoreForm {
    let country = shop.country.as_deref().and_then(|code| Country::parse(code).ok());
    let code = found::free_code(kind, shop, codes);
    let name = found::free_name(kind, shop, names);
    codes.push(code.clone());
    names.push(name.clone());
    StoreForm::suggested(code, name, kind.label(), country)
}

fn page(visit: &Visit, granted: &Granted, typed: Option<&Typed>, errors: FormErrors) -> PermittedPage {
    let kind = granted.authorization.kind;
    let mut codes = found::codes(&granted.stores);
    let mut names = found::names(&granted.stores);
    let mut rows = Vec::new();
    for (position, shop) in granted.permission.shops.iter().enumerate() {
        let number = position + 1;
        let taken = granted.taken[position].as_ref();
        let form = match typed {
            Some(typed) => StoreForm::typed(kind.label(), |field| value(typed, field, number)),
            None if taken.is_none() => suggested(kind, shop, &mut codes, &mut names),
            None => StoreForm::default(),
        };
        let country = shop.country.as_deref().and_then(|code| Country::parse(code).ok()).map(Country::name);
        let about: Vec<String> = [country.unwrap_or_default(), shop.id.clone()].into();
        rows.push(ShopRow {
            number,
            shop: shop.name.clone(),
            about: about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
            taken: taken.map(|store| (store.name.clone(), path_of(&store.code))),
            is_picked: typed.is_none_or(|typed| is_picked(typed, number)),
            form,
        });
    }
    PermittedPage {
        page: visit.layout("stores"),
        id: granted.authorization.state_hash.clone(),
        kind,
        shops: rows,
        again: granted.again.as_ref().map(|again| again.store.name.clone()).unwrap_or_default(),
        errors,
    }
}

fn value(typed: &Typed, field: &str, number: usize) -> String {
    typed.get(&format!("{field}-{number}")).cloned().unwrap_or_default()
}

fn is_picked(typed: &Typed, number: usize) -> bool {
    typed.contains_key(&format!("pick-{number}"))
}

/// Why a permission cannot be shown, and of which marketplace it is, if that is known.
struct Gone {
    kind: Option<ConnectorKind>,
    words: String,
}

impl Gone {
    fn of(kind: ConnectorKind, words: impl ToString) -> Self {
        Self { kind: Some(kind), words: words.to_string() }
    }

    fn form(&self) -> ConnectForm {
        let marketplace = self.kind.map(ConnectorKind::as_str).unwrap_or_default().to_owned();
        ConnectForm { marketplace, country: String::new() }
    }

    /// Refuses a form: with the page on which to begin again.
    async fn answer(self, visit: &Visit) -> PageResult {
        refuse(visit, &self.form(), FormErrors::of("", self.words)).await
    }

    /// Answers whoever opens the page later: with the one on which to begin again.
    async fn answer_page(self, visit: &Visit) -> PageResult {
        let page = ConnectPage::load(visit, &self.form(), FormErrors::default()).await?;
        ConnectPage { gone: self.words, ..page }.answer()
    }
}

/// What the seller permitted.
async fn load(visit: &Visit, id: &str) -> Result<Result<Granted, Gone>, PageError> {
    let hash = id.to_owned();
    let found = visit.database().read(move |conn| authorizations::find(conn, &hash)).await?;
    let Some(found) = found else { return Ok(Err(Gone { kind: None, words: PermittedRefusal::Gone.to_string() })) };
    let kind = found.kind;
    if found.session_hash != visit.who.key_hash {
        return Ok(Err(Gone::of(kind, WayBackRefusal::AnotherSession)));
    }
    let sealed = found.granted.clone().filter(|_| found.expires_at > visit.state.clock.now());
    let Some(sealed) = sealed else { return Ok(Err(Gone::of(kind, PermittedRefusal::Gone))) };
    let Some(key) = &visit.state.settings.credentials_key else { return Ok(Err(Gone::of(kind, SealError::NoKey))) };
    let Some(permission) = key.open_permission(id, &sealed) else {
        return Ok(Err(Gone::of(kind, SealError::AppOfAnotherKey(kind.label()))));
    };
    Ok(Ok(Granted::new(visit, found, permission, key).await?))
}

pub async fn show(visit: Visit, id: Path<String>) -> PageResult {
    let granted = match load(&visit, &id).await? {
        Ok(granted) => granted,
        Err(gone) => return gone.answer_page(&visit).await,
    };
    if granted.again.is_none()
        && let ([shop], [Some(store)]) = (&granted.permission.shops[..], &granted.taken[..])
    {
        return Gone::of(granted.authorization.kind, already(shop, store)).answer_page(&visit).await;
    }
    ok(&page(&visit, &granted, None, FormErrors::default()))
}

pub async fn submit(visit: Visit, id: Path<String>, access: Data<Access>, form: Form<Typed>) -> PageResult {
    let granted = match load(&visit, &id).await? {
        Ok(granted) => granted,
        Err(gone) => return gone.answer(&visit).await,
    };
    let typed = form.fields;
    let key = visit.state.settings.credentials_key.as_ref().expect("the permission was opened with it");
    if granted.again.is_some() {
        let chosen = typed.get("shop").and_then(|number| number.parse::<usize>().ok());
        let position = chosen.and_then(|number| number.checked_sub(1));
        let is_free = |position: &usize| granted.taken.get(*position).is_some_and(Option::is_none);
        return match position.filter(is_free) {
            Some(position) => save_again(&visit, &access, &granted, position).await,
            None => {
                let errors = FormErrors::of("shop", "Choose a shop that no other store is connected to.");
                refused(&page(&visit, &granted, Some(&typed), errors))
            }
        };
    }
    let mut errors = FormErrors::default();
    let mut stores = Vec::new();
    let mut numbers = Vec::new();
    for (position, shop) in granted.permission.shops.iter().enumerate() {
        let number = position + 1;
        if !is_picked(&typed, number) || granted.taken[position].is_some() {
            continue;
        }
        if let Some(new) = parse(granted.authorization.kind, &typed, number, &mut errors) {
            stores.push(permitted(&granted, shop, new.code.clone(), key, Some(new)));
        }
        numbers.push(number);
    }
    if numbers.is_empty() {
        errors.push("pick-1", "Tick at least one shop.");
    }
    if !errors.is_empty() {
        return refused(&page(&visit, &granted, Some(&typed), errors));
    }
    match save(&visit, &granted, stores).await? {
        Ok(codes) => Ok(saved(&codes, tested(&visit, &access, &codes).await?)),
        Err((_, PermittedRefusal::Gone)) => {
            Gone::of(granted.authorization.kind, PermittedRefusal::Gone).answer(&visit).await
        }
        Err((position, refusal)) => {
            let field = format!("{}-{}", field_of(&refusal), numbers[position]);
            refused(&page(&visit, &granted, Some(&typed), FormErrors::of(field, refusal)))
        }
    }
}

/// Tests the stores, after which what they list is read. Returns how many did not pass.
async fn tested(visit: &Visit, access: &Data<Access>, codes: &[StoreCode]) -> Result<i64, PageError> {
    let tests = codes.iter().map(|code| test::after_permission(visit, access, code));
    let mut failed = 0;
    for is_tested in join_all(tests).await {
        failed += i64::from(!is_tested?);
    }
    Ok(failed)
}

/// Leads to what is next for new stores, of which so many did not pass their test.
fn saved(codes: &[StoreCode], failed: i64) -> actix_web::HttpResponse {
    match (codes, failed) {
        ([code], 0) => {
            done(&format!("{}/found", path_of(code)), "The store is connected. What it lists is being read.")
        }
        ([code], _) => see_other(&format!("{}?notice=to_be_tested", path_of(code))),
        (codes, failed) => {
            let number = counted(i64::try_from(codes.len()).unwrap_or(i64::MAX), "store");
            let but = match failed {
                0 => String::new(),
                failed => format!(" {} did not pass the test: see why on its page.", counted(failed, "store")),
            };
            done("/stores", &format!("{number} are connected. What they list is being read.{but}"))
        }
    }
}

fn field_of(refusal: &PermittedRefusal) -> &'static str {
    match refusal {
        PermittedRefusal::Store(AddStoreRefusal::CodeTaken(_)) => "code",
        PermittedRefusal::Store(AddStoreRefusal::NameTaken(_)) => "name",
        PermittedRefusal::Connection(_) | PermittedRefusal::ShopTaken { .. } | PermittedRefusal::Gone => "pick",
    }
}

/// A new store as it was typed, with each error at the field of its shop.
fn parse(kind: ConnectorKind, typed: &Typed, number: usize, errors: &mut FormErrors) -> Option<NewStore> {
    let form = StoreForm::typed(kind.label(), |field| value(typed, field, number));
    let mut of_shop = FormErrors::default();
    let code = of_shop.keep("code", StoreCode::parse(&form.code));
    let edit = form.parse_edit(&mut of_shop);
    for error in of_shop.iter() {
        errors.push(format!("{}-{number}", error.field), &error.message);
    }
    let StoreEdit { name, marketplace, time_zone, country, currency } = edit?;
    Some(NewStore { code: code?, name, marketplace, time_zone, country, currency })
}

/// A permitted shop as it is saved, under the code of its store, for which its credentials are sealed.
fn permitted(granted: &Granted, shop: &Shop, code: StoreCode, key: &SealKey, new: Option<NewStore>) -> PermittedStore {
    let kind = granted.authorization.kind;
    let before = granted.again.as_ref().and_then(|again| again.connection.as_ref());
    PermittedStore {
        connection: ConnectionInput {
            credentials: Some(key.seal(&code, &shop.credentials)),
            kind,
            api_url: shop.api_url.clone(),
            rate: before.map_or_else(|| kind.default_rate().get().into(), |before| before.rate),
            warehouse: before.and_then(|before| before.warehouse.clone()),
            shop: recorded(granted, shop).shop,
            store: code,
        },
        permission: recorded(granted, shop),
        new,
    }
}

/// What is recorded of the permission of a shop.
fn recorded(granted: &Granted, shop: &Shop) -> Permission {
    Permission {
        shop: Some(shop.id.clone()).filter(|id| !id.is_empty()),
        shared: granted.permission.is_shared.then(|| granted.authorization.state_hash.clone()),
        access_ends_at: shop.access_ends_at(),
        permission_ends_at: shop.ends_at,
    }
}

/// The stores that have a permitted shop already, with its new tokens.
pub(super) fn renewed(granted: &Granted, key: &SealKey) -> Vec<RenewedStore> {
    let mut renewed = Vec::new();
    for (shop, store) in granted.permission.shops.iter().zip(&granted.taken) {
        let Some(store) = store else { continue };
        renewed.push(RenewedStore {
            store: store.code.clone(),
            kind: granted.authorization.kind,
            api_url: shop.api_url.clone(),
            credentials: key.seal(&store.code, &shop.credentials),
            permission: recorded(granted, shop),
        });
    }
    renewed
}

/// Connects the store that exists to one of the shops, and leads to its page.
pub(super) async fn save_again(visit: &Visit, access: &Data<Access>, granted: &Granted, position: usize) -> PageResult {
    let key = visit.state.settings.credentials_key.as_ref().expect("the permission was sealed with it");
    let again = granted.again.as_ref().expect("the caller has checked it");
    let shop = &granted.permission.shops[position];
    let store = permitted(granted, shop, found::code_of(again), key, None);
    match save(visit, granted, vec![store]).await? {
        Ok(codes) => {
            let notice = if tested(visit, access, &codes).await? == 0 { "tested" } else { "to_be_tested" };
            Ok(see_other(&format!("{}?notice={notice}", path_of(&codes[0]))))
        }
        Err((_, refusal)) => {
            let words = format!("Nothing was changed. {refusal}");
            Gone::of(granted.authorization.kind, words).answer(visit).await
        }
    }
}

async fn save(
    visit: &Visit,
    granted: &Granted,
    stores: Vec<PermittedStore>,
) -> Result<Result<Vec<StoreCode>, connect_permitted::RefusedStore>, PageError> {
    let cause = visit.cause("");
    let id = granted.authorization.state_hash.clone();
    match visit.database().write(move |conn| connect_permitted::run(conn, &cause, &id, &stores)).await {
        Ok(codes) => {
            for code in &codes {
                visit.note(Event::ConnectionSaved, format!("{code} to {:?}", granted.authorization.kind));
            }
            Ok(Ok(codes))
        }
        Err(Failed::Refused(refused)) => Ok(Err(refused)),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

impl PermittedPage {
    /// The shops to choose from, for a store that exists.
    fn choices(&self) -> impl Iterator<Item = &ShopRow> {
        self.shops.iter().filter(|row| row.taken.is_none())
    }

    fn countries(&self, row: &ShopRow) -> Vec<SelectOption> {
        row.form.countries()
    }

    fn currencies(&self, row: &ShopRow) -> Vec<SelectOption> {
        row.form.currencies()
    }
}
