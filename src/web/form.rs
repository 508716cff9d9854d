//! Forms as they arrive: strings, and files. The screens parse them, collect every error and show the form again with what
//! was entered.

use super::{
    csrf, error::PageError, kept_forms::SECRET_FIELD, sessions::SignedIn, state::State, uploaded_file::UploadedFile,
};
use actix_multipart::{Field, Multipart};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use futures_util::{StreamExt, future::LocalBoxFuture};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    io::{Seek, Write},
    ops::Deref,
};

/// The most bytes of a form's fields together, without files.
const FIELDS_LIMIT_BYTES: usize = 1 << 20;

/// The most files of a form.
const FILES_LIMIT: usize = 50;

/// What a field of a multipart form counts in addition to its name and value, so that the number of empty fields is limited.
const PART_BYTES: usize = 16;

/// A form that one of our own pages sent. `T` is a struct of `String`s and `Vec<String>`s with `#[serde(default)]`.
pub struct Form<T> {
    pub fields: T,
    pub file: Option<UploadedFile>,
}

impl<T> Deref for Form<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.fields
    }
}

#[derive(Debug, Default, Deserialize)]
pub struct EmptyForm {}

impl<T: DeserializeOwned + Default> FromRequest for Form<T> {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let payload = payload.take();
        Box::pin(async move {
            let who = SignedIn::of(&req);
            let user = who.as_ref().map(|who| who.user_id);
            // Only staff may use the disk: without a session the only form is that of the sign-in page.
            let files = if user.is_some() { Files::Saved } else { Files::Refused };
            let sent = Sent::read(&req, payload, files).await?;
            let token = sent.token();
            let is_of_staff = req.extensions().get::<OfStaff>().is_some();
            if !csrf::Token::of(&req).admits(&token, who.as_ref(), is_of_staff) {
                csrf::note_refused(&req, &PageError::ForeignForm);
                if user.is_some_and(|user| csrf::was_shown_to(&token, user)) {
                    req.extensions_mut().insert(sent);
                }
                return Err(PageError::ForeignForm);
            }
            let fields = serde_html_form::from_bytes(&sent.fields()).map_err(|_| NOT_OUR_FORM)?;
            Ok(Self { fields, file: sent.file })
        })
    }
}

/// In the extensions of a request to a route that needs a permission.
#[derive(Debug, Clone, Copy)]
pub struct OfStaff;

/// In the extensions of a request whose route wants no more than so many bytes of a file.
#[derive(Debug, Clone, Copy)]
pub struct FileLimit(pub usize);

/// What becomes of a file that comes with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    Saved,
    /// It is read and dropped.
    Skipped,
    Refused,
}

/// A form as it was sent, before anything is known about its fields.
pub struct Sent {
    /// Every field, URL-encoded.
    encoded: Vec<u8>,
    file: Option<UploadedFile>,
    pub had_file: bool,
}

impl Sent {
    pub async fn read(req: &HttpRequest, mut payload: Payload, files: Files) -> Result<Self, PageError> {
        let content_type = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            return read_multipart(req, payload, files).await;
        }
        Ok(Self { encoded: read_urlencoded(&mut payload).await?, file: None, had_file: false })
    }

    pub fn token(&self) -> String {
        let token = form_urlencoded::parse(&self.encoded).find(|(name, _)| name == csrf::FIELD);
        token.map(|(_, token)| token.into_owned()).unwrap_or_default()
    }

    /// The fields without those of the frame of every form, URL-encoded.
    fn fields(&self) -> Vec<u8> {
        self.without(|_| false).into_bytes()
    }

    /// The same without the fields that have secrets, and whether any was filled in.
    pub fn without_secrets(&self) -> (String, bool) {
        let mut secret = Vec::new();
        for (name, value) in form_urlencoded::parse(&self.encoded) {
            if name == SECRET_FIELD {
                secret.push(value.into_owned());
            }
        }
        let is_secret = |name: &str| secret.iter().any(|field| field == name);
        let mut sent = form_urlencoded::parse(&self.encoded);
        (self.without(is_secret), sent.any(|(name, value)| is_secret(&name) && !value.is_empty()))
    }

    fn without(&self, is_left_out: impl Fn(&str) -> bool) -> String {
        let mut fields = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(&self.encoded) {
            if name != csrf::FIELD && name != SECRET_FIELD && !is_left_out(&name) {
                fields.append_pair(&name, &value);
            }
        }
        fields.finish()
    }
}

async fn read_urlencoded(payload: &mut Payload) -> Result<Vec<u8>, PageError> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| INTERRUPTED)?;
        if body.len() + chunk.len() > FIELDS_LIMIT_BYTES {
            return Err(TOO_LARGE);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The most bytes of a file that is read only to reach the fields behind it.
const SKIPPED_LIMIT_BYTES: usize = 4 << 20;

async fn read_multipart(req: &HttpRequest, payload: Payload, files: Files) -> Result<Sent, PageError> {
    let limit_bytes = req.app_data::<web::Data<State>>().map_or(0, |state| state.settings.upload_limit_bytes);
    let wanted_bytes = req.extensions().get::<FileLimit>().map_or(limit_bytes, |limit| limit.0.min(limit_bytes));
    let limits = Limits { wanted_bytes, limit_bytes };
    let mut parts = Multipart::new(req.headers(), payload);
    let mut fields = form_urlencoded::Serializer::new(String::new());
    let mut file: Option<UploadedFile> = None;
    let mut files_count = 0;
    let mut file_bytes = 0;
    let mut read_bytes = 0;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| INTERRUPTED)?;
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = part.content_disposition().and_then(|is| is.get_filename()).map(str::to_owned);
        match file_name {
            // A file field without a chosen file arrives with an empty name.
            Some(file_name) if !file_name.is_empty() => {
                if files_count == FILES_LIMIT || files == Files::Refused {
                    return Err(NOT_OUR_FORM);
                }
                files_count += 1;
                match (files, &mut file) {
                    (Files::Saved, Some(first)) => {
                        first.more.push(save(&mut part, file_name, limits, &mut file_bytes).await?);
                    }
                    (Files::Saved, None) => {
                        file = Some(save(&mut part, file_name, limits, &mut file_bytes).await?);
                    }
                    (Files::Skipped | Files::Refused, _) => drop(read_field(&mut part, SKIPPED_LIMIT_BYTES).await?),
                }
            }
            Some(_) => drop(read_field(&mut part, 0).await?),
            None => {
                read_bytes += name.len() + PART_BYTES;
                let left = FIELDS_LIMIT_BYTES.checked_sub(read_bytes).ok_or(TOO_LARGE)?;
                let value = read_field(&mut part, left).await?;
                read_bytes += value.len();
                fields.append_pair(&name, &value);
            }
        }
    }
    Ok(Sent { encoded: fields.finish().into_bytes(), file, had_file: files_count > 0 })
}

#[derive(Clone, Copy)]
struct Limits {
    /// What is stored of a file. The rest is read and dropped, so that the form can say so at its field.
    wanted_bytes: usize,
    /// What is read of all files together. A form with more is refused.
    limit_bytes: usize,
}

/// `read` counts the bytes of all files of the form.
async fn save(
    part: &mut Field,
    name: String,
    Limits { wanted_bytes, limit_bytes }: Limits,
    read: &mut usize,
) -> Result<UploadedFile, PageError> {
    let fault = |error: std::io::Error| PageError::Fault(format!("an upload could not be stored: {error}"));
    let mut content = tempfile::NamedTempFile::new().map_err(fault)?;
    let mut written = 0;
    let mut is_cut = false;
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|_| INTERRUPTED)?;
        *read += chunk.len();
        if *read > limit_bytes {
            return Err(PageError::TooLarge { limit_bytes });
        }
        let wanted = chunk.len().min(wanted_bytes - written);
        is_cut |= wanted < chunk.len();
        written += wanted;
        content.write_all(&chunk[..wanted]).map_err(fault)?;
    }
    content.rewind().map_err(fault)?;
    Ok(UploadedFile { name, content, is_cut, more: Vec::new() })
}

async fn read_field(part: &mut Field, limit_bytes: usize) -> Result<String, PageError> {
    let value = part.bytes(limit_bytes).await.map_err(|_| TOO_LARGE)?;
    Ok(String::from_utf8_lossy(&value.map_err(|_| INTERRUPTED)?).into_owned())
}

const TOO_LARGE: PageError = PageError::TooLarge { limit_bytes: FIELDS_LIMIT_BYTES };

const NOT_OUR_FORM: PageError = PageError::Unreadable("The form did not come from our page. Load the page again.");

const INTERRUPTED: PageError = PageError::Unreadable("The form arrived incomplete. Send it again.");

/// The errors of a form: for each field the words that say what to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormErrors(Vec<FieldError>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The id of the input; empty for the whole form.
    pub field: String,
    pub message: String,
}

impl FormErrors {
    pub fn push(&mut self, field: impl Into<String>, message: impl ToString) {
        self.0.push(FieldError { field: field.into(), message: message.to_string() });
    }

    /// The value, or `None` after adding the error of `field`.
    pub fn keep<T>(&mut self, field: &str, parsed: Result<T, impl ToString>) -> Option<T> {
        parsed.map_err(|message| self.push(field, message)).ok()
    }

    pub fn at(&self, field: &str) -> &str {
        self.0.iter().find(|error| error.field == field).map_or("", |error| &error.message)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Leaves out the errors of `field`.
    pub fn forget(&mut self, field: &str) {
        self.0.retain(|error| error.field != field);
    }

    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }

    /// One error.
    pub fn of(field: impl Into<String>, message: impl ToString) -> Self {
        let mut errors = Self::default();
        errors.push(field, message);
        errors
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectOption {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

impl SelectOption {
    pub fn list<V: Into<String>, L: Into<String>>(pairs: impl IntoIterator<Item = (V, L)>, chosen: &str) -> Vec<Self> {
        let mut options = Vec::new();
        for (value, label) in pairs {
            let value = value.into();
            options.push(Self { selected: value == chosen, value, label: label.into() });
        }
        options
    }
}

/// A radio button, with what it means.
pub struct RadioOption {
    pub value: &'static str,
    pub label: &'static str,
    pub selected: bool,
    pub hint: &'static str,
    /// Empty for none.
    pub example: &'static str,
    /// The numbers of the example.
    pub shown: &'static [(&'static str, u32)],
}

impl RadioOption {
    /// One without an example.
    pub fn new(value: &'static str, label: &'static str, hint: &'static str, selected: bool) -> Self {
        Self { value, label, selected, hint, example: "", shown: &[] }
    }
}
