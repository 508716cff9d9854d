//! `/pictures/{hash}`, and the part of the form of a SKU that is about its picture.

use crate::{
    actions::catalogue::change_picture::PictureChange,
    db::{
        self, Conn,
        catalogue::pictures::{self, Pictures},
    },
    domain::{catalogue::picture::PictureAddress, code::SkuCode},
    marketplaces::network::{Inside, names_inside},
    thumbnail::{ORIGINAL_BYTES, Thumbnail, ThumbnailRefusal},
    web::{
        error::{PageError, PageResult},
        form::FormErrors,
        uploaded_file::UploadedFile,
        visit::Visit,
    },
};
use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, HeaderValue},
    web::Path,
};
use serde::Deserialize;
use std::io::Read;

/// The address of a picture names what is in it, so browsers may keep it; shared caches may not, as staff alone may see it.
const FOREVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

pub async fn show(visit: Visit, hash: Path<String>) -> PageResult {
    let hash = hash.into_inner();
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(PageError::NotFound);
    }
    let found = visit.database().read(move |conn| pictures::content(conn, &hash)).await?;
    let (media_type, bytes) = found.ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok().content_type(media_type).insert_header((CACHE_CONTROL, FOREVER)).body(bytes))
}

/// The picture of a SKU as its pages show it.
pub struct Shown {
    /// The hash of the picture; `None` without one.
    pub hash: Option<String>,
    /// What is said of one that is still to be fetched, or could not be; empty for nothing.
    pub note: String,
    pub is_given_up: bool,
}

impl Shown {
    pub fn read(conn: &mut Conn, code: &SkuCode) -> Result<Self, db::Error> {
        let hash = Pictures::read(conn, [code])?.of(code).filter(|hash| !hash.is_empty());
        let Some(fetch) = pictures::fetch_of(conn, code)? else {
            return Ok(Self { hash, note: String::new(), is_given_up: false });
        };
        let address = &fetch.address;
        let note = match (fetch.is_given_up(), fetch.failure.as_str()) {
            (true, failure) => format!("The picture at {address} could not be fetched. {failure}"),
            (false, "") => format!("The picture at {address} is being fetched. Load this page again in a moment."),
            (false, failure) => format!("The picture at {address} could not be fetched yet. {failure}"),
        };
        Ok(Self { hash, note, is_given_up: fetch.is_given_up() })
    }
}

/// What the form says of the picture, beside the file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PictureFields {
    pub picture_address: String,
    remove_picture: String,
}

impl PictureFields {
    pub fn is_removed(&self) -> bool {
        !self.remove_picture.is_empty()
    }

    /// What the form changes; `None` if it leaves the picture as it is.
    pub async fn change(
        &self,
        visit: &Visit,
        file: Option<UploadedFile>,
        errors: &mut FormErrors,
    ) -> Result<Option<PictureChange>, PageError> {
        let typed = self.picture_address.trim();
        match file {
            Some(_) if !typed.is_empty() => {
                errors.push("picture_address", "Choose a file or enter an address, one of them.");
                Ok(None)
            }
            Some(file) => Ok(errors.keep("picture", thumbnail_of(file).await?).map(PictureChange::Set)),
            None if !typed.is_empty() => {
                let address = errors.keep("picture_address", parse_address(visit, typed));
                Ok(address.map(PictureChange::FetchFrom))
            }
            None => Ok(self.is_removed().then_some(PictureChange::Remove)),
        }
    }
}

fn parse_address(visit: &Visit, typed: &str) -> Result<String, String> {
    let address = PictureAddress::parse(typed).map_err(|refusal| refusal.to_string())?;
    if !visit.state.settings.private_addresses && names_inside(address.as_str()) {
        return Err(Inside.to_string());
    }
    Ok(address.as_str().to_owned())
}

async fn thumbnail_of(file: UploadedFile) -> Result<Result<Thumbnail, ThumbnailRefusal>, PageError> {
    if file.is_cut {
        return Ok(Err(ThumbnailRefusal::TooManyBytes));
    }
    let make = move || {
        let mut original = Vec::new();
        let read = file.content.as_file().take(ORIGINAL_BYTES as u64 + 1).read_to_end(&mut original);
        read.map_err(|error| PageError::Fault(format!("an upload could not be read: {error}")))?;
        Ok::<_, PageError>(Thumbnail::of(&original))
    };
    db::off_thread(make).await
}
