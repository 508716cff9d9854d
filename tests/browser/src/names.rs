//! What the application calls its pages, fields and buttons: the words that these tests rely on.
//!
//! A label or a button's text matches exactly, or else as the beginning of what the page shows.

/// Before the address, on the demo's standard output.
pub const ADDRESS_LINE: &str = "Address:";
/// Before the account's email.
pub const EMAIL_LINE: &str = "Email:";
/// Before the link to the first account, on an empty database.
pub const SET_UP_LINE: &str = "Set up:";
/// Before its password.
pub const PASSWORD_LINE: &str = "Password:";

/// Before the address of the marketplaces of the demo.
pub const MARKETPLACES_LINE: &str = "Simulated marketplaces:";

/// Where the pages are.
pub mod path {
    /// The dashboard.
    pub const DASHBOARD: &str = "/";
    /// The sign-in form.
    pub const SIGN_IN: &str = "/sign-in";
    /// The list of promotions.
    pub const PROMOTIONS: &str = "/promotions";
    /// The choice of a promotion type.
    pub const NEW_PROMOTION: &str = "/promotions/new";
    /// The end of a draft's first step.
    pub const DETAILS: &str = "/details";
    /// The end of its second step.
    pub const PRODUCTS: &str = "/products";
    /// The end of its third step.
    pub const REVIEW: &str = "/review";
    /// The end of the confirmation page's path.
    pub const CONFIRMATION: &str = "/confirmation";
    /// The end of the page that asks before a promotion ends.
    pub const END: &str = "/end";
    /// The catalogue.
    pub const CATALOGUE: &str = "/catalogue";
    /// The article's product.
    pub const ARTICLE_SKU: &str = "/catalogue/Product1";
    /// The form for a new SKU.
    pub const NEW_SKU: &str = "/catalogue/new";
    /// The form of the article's product.
    pub const EDIT_SKU: &str = "/catalogue/Product1/edit";
    /// The form for counting the article's product.
    pub const STOCKTAKE: &str = "/catalogue/Product1/stocktake";
    /// The stores.
    pub const STORES: &str = "/stores";
    /// The log of what was sent to the stores.
    pub const PUSHES: &str = "/push-log";
    /// What stores showed and nothing explained.
    pub const DRIFTS: &str = "/drifts";
    /// A store of the demo.
    pub const LAZADA_STORE: &str = "/stores/lazada-sg";
    /// Another one.
    pub const SHOPEE_STORE: &str = "/stores/shopee-sg";
    /// What follows the page of a store in the address of its listings.
    pub const LISTINGS: &str = "/listings";
    /// The SKU that sales are created with.
    pub const FREE_SKU: &str = "/catalogue/Product2";
    /// The form for a new store.
    pub const NEW_STORE: &str = "/stores/new";
    /// The form that connects a store.
    pub const CONNECT_STORE: &str = "/stores/connect";
    /// What follows the page of a store in the address of what its marketplace lists.
    pub const FOUND_END: &str = "/found";
    /// What the marketplace of a store lists.
    pub const FOUND: &str = "/stores/lazada-sg/found";
    /// The campaigns of a store's marketplace.
    pub const CAMPAIGNS: &str = "/stores/shopee-sg/campaigns";
    /// Units that came back.
    pub const RETURNS: &str = "/orders/returns";
    /// Lines of orders whose seller SKU no listing has.
    pub const UNMATCHED: &str = "/orders/unmatched";
    /// What starting to push to a store would change.
    pub const START: &str = "/stores/lazada-sg/start";
    /// What follows the page of a store, or of a running sale, in the address of its form.
    pub const EDIT: &str = "/edit";
    /// What follows a promotion's page in the address of its history.
    pub const HISTORY: &str = "/history";
    /// The imports.
    pub const IMPORTS: &str = "/imports";
    /// One's own account.
    pub const ACCOUNT: &str = "/settings/account";
    /// The people who may sign in.
    pub const USERS: &str = "/settings/users";
    /// The name and the time zone of the organization.
    pub const ORGANIZATION: &str = "/settings/organization";
    /// The apps at the marketplaces.
    pub const APPS: &str = "/settings/marketplaces";
    /// The API's tokens.
    pub const TOKENS: &str = "/settings/tokens";
    /// The first steps of a new business.
    pub const GETTING_STARTED: &str = "/getting-started";
    /// The help.
    pub const HELP: &str = "/help";
    pub const VERIFICATIONS: &str = "/verifications";
    /// The list of orders.
    pub const ORDERS: &str = "/orders";
    /// The form for an order.
    pub const NEW_ORDER: &str = "/orders/new";
    /// Behind a promotion's page: what it cost the other stores.
    pub const COST: &str = "/cost";
    /// The list of promotions, searched for one of the demo with orders.
    pub const SOLD_PROMOTION: &str = "/promotions?q=Gadget+Rush";
    /// A page that does not exist.
    pub const MISSING: &str = "/no-such-page";
}

/// The labels of fields.
pub mod field {
    /// On the sign-in form.
    pub const EMAIL: &str = "Email";
    /// On the sign-in form.
    pub const PASSWORD: &str = "Password";
    /// A promotion's name.
    pub const PROMOTION_NAME: &str = "Promotion name";
    /// The radio for an allocation.
    pub const ALLOCATION: &str = "Stock Allocation";
    /// The radio for a reservation.
    pub const RESERVATION: &str = "Stock Reservation";
    /// The choice of a store.
    pub const STORE: &str = "Sales channel store";
    /// When a promotion starts.
    pub const START: &str = "Start";
    /// When it ends.
    pub const END: &str = "End";
    /// The search for products of a draft.
    pub const PRODUCT_SEARCH: &str = "Search";
    /// A product's quantity; the field is named "Quantity of Product2", or is in the row of the SKU.
    pub const QUANTITY: &str = "Quantity";
    /// The catalogue's filter.
    pub const FLASHSALE_FILTER: &str = "Flashsale Promotion";
    /// Why a store is paused.
    pub const PAUSE_REASON: &str = "Why";
    /// The marketplace's id of a listing on Shopee; the field is named "item_id of Product2".
    pub const SHOPEE_ITEM: &str = "item_id";
    /// The country of a store.
    pub const COUNTRY: &str = "Country";
    /// What Lazada calls the id of an app.
    pub const APP_KEY: &str = "App key";
    /// Its secret.
    pub const APP_SECRET: &str = "App secret";
    /// The choice of an address that is not the marketplace's.
    pub const ANOTHER_ADDRESS: &str = "Another address";
    /// That address.
    pub const ADDRESS: &str = "Address";
    /// The file of an import.
    pub const IMPORT_FILE: &str = "File";
}

/// The texts of buttons and links.
pub mod button {
    /// Sends the sign-in form.
    pub const SIGN_IN: &str = "Sign in";
    /// Leads to the promotions, in the navigation.
    pub const PROMOTIONS: &str = "Promotions";
    /// Begins a promotion on the list, and creates it on the review page.
    pub const CREATE_PROMOTION: &str = "Create Promotion";
    /// The promotion type.
    pub const FLASHSALE: &str = "Flashsale";
    /// Goes to a draft's next step.
    pub const CONTINUE: &str = "Continue";
    /// Buys in a shop of the simulated marketplaces.
    pub const ORDER: &str = "Order";
    /// Searches for products.
    pub const SEARCH: &str = "Search";
    /// Adds the picked products to a draft.
    pub const ADD: &str = "Add";
    /// Shows what the stores will show, for the quantities typed in a draft.
    pub const UPDATE_NUMBERS: &str = "Update the numbers";
    /// Leads to the form of a running sale.
    pub const EDIT: &str = "Edit";
    /// Saves what was changed of it.
    pub const SAVE_CHANGES: &str = "Save changes";
    /// Applies the catalogue's filters.
    pub const APPLY_FILTERS: &str = "Apply";
    /// Saves the mapping of listings.
    pub const SAVE: &str = "Save";
    /// Pauses a store.
    pub const PAUSE: &str = "Pause";
    /// Makes the first account.
    pub const CREATE_ACCOUNT: &str = "Create account";
    /// Leads from the first steps to the apps at the marketplaces.
    pub const ENTER_KEYS: &str = "enter its keys";
    /// Saves the keys of the app.
    pub const SAVE_LAZADA_APP: &str = "Save the Lazada app";
    /// Leads to the form that connects a store, and connects the one that was permitted.
    pub const CONNECT_STORE: &str = "Connect a store";
    /// Gives permission, at a marketplace.
    pub const ALLOW: &str = "Allow";
    /// Makes SKUs of all listings that no SKU matches.
    pub const MAKE_SKUS: &str = "Make SKUs of all unmatched";
    /// Leads to what starting to push would change.
    pub const SEE_CHANGES: &str = "see what would change";
    /// Starts pushing to a store.
    pub const START_PUSHING: &str = "Start pushing";
    /// Sends an import's file.
    pub const IMPORT: &str = "Import";
}

/// Options of choices.
pub mod option {
    /// SKUs of running flash sales.
    pub const RUNNING: &str = "Running";
    /// SKUs without one.
    pub const NONE: &str = "None";
}

/// What the demo holds.
pub mod demo {
    /// A SKU with 100 on hand that the three stores below list, with no hold, no buffer and no open order.
    pub const FREE_SKU: &str = "Product2";
    /// The store of the article's example, as choices and columns call it.
    pub const LAZADA: &str = "Lazada SG";
    /// Another store.
    pub const SHOPEE: &str = "Shopee SG";
    /// One more.
    pub const ZALORA: &str = "Zalora SG";
    /// How many of a product are bought in a shop of the simulated marketplaces.
    pub const QUANTITY_IN_A_SHOP: &str = "Quantity of Cotton cap, navy";
}

/// What the confirmation page says.
pub const CREATED: &str = "successfully created";
/// What the title of a refused form begins with.
pub const ERROR_TITLE: &str = "Error:";
/// The list of errors at the top of a refused form.
pub const ERROR_SUMMARY: &str = ".error-summary, [role=alert]";
