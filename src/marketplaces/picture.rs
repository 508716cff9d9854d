//! Fetches the picture of a SKU from an address that staff typed or that a marketplace says of a listing. The address gets
//! nothing of ours but the request: no cookie, no secret. Redirects are not followed, since each would have to be checked
//! as well, and no more than the wanted bytes are read, whatever the answer says of its length.

use super::{
    http::{HttpClient, is_inside},
    network::{Inside, names_inside},
};
use reqwest::{Method, header};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchFailure {
    /// The same answer would come again.
    #[error("{0}")]
    ForGood(String),
    #[error("{0}")]
    ForNow(String),
}

/// The bytes at an address; one more than `most_bytes`, and no more, if there are too many.
pub async fn fetch(client: &HttpClient, address: &str, most_bytes: usize) -> Result<Vec<u8>, FetchFailure> {
    if client.only_outside && names_inside(address) {
        return Err(FetchFailure::ForGood(Inside.to_string()));
    }
    let request =
        client.client().request(Method::GET, address).header(header::ACCEPT, "image/jpeg, image/png, image/webp");
    let mut response = request.send().await.map_err(|error| failed(&error))?;
    let status = response.status();
    if status.is_redirection() {
        let words = "The address leads to another one. Open the picture in a browser, and copy the address from there.";
        return Err(FetchFailure::ForGood(words.to_owned()));
    }
    if !status.is_success() {
        let words = format!("The address answers {status}.");
        let may_pass = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
        return Err(if may_pass { FetchFailure::ForNow(words) } else { FetchFailure::ForGood(words) });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        let wanted = chunk.len().min(most_bytes + 1 - bytes.len());
        bytes.extend_from_slice(&chunk[..wanted]);
        if bytes.len() > most_bytes {
            break;
        }
    }
    Ok(bytes)
}

/// Why there is no answer, in our own words.
fn failed(error: &reqwest::Error) -> FetchFailure {
    if is_inside(error) {
        FetchFailure::ForGood(Inside.to_string())
    } else if error.is_builder() {
        FetchFailure::ForGood("The address cannot be used.".to_owned())
    } else if error.is_timeout() {
        FetchFailure::ForNow("The address does not answer in time.".to_owned())
    } else if error.is_connect() {
        FetchFailure::ForNow("The address cannot be reached.".to_owned())
    } else {
        FetchFailure::ForNow("The connection broke off.".to_owned())
    }
}
