//! The address that a picture of a SKU is fetched from.

use url::Url;

/// The most characters of an address.
const LIMIT: usize = 2_000;

/// An address of the web, without a user name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureAddress(Url);

/// Why an address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureAddressRefusal {
    /// It is no address of the web.
    #[error("Enter the address of a picture, such as https://shop.example/mug.jpg.")]
    NotAnAddress,
    /// It has a user name or a password.
    #[error("Enter the address without a user name and a password.")]
    WithCredentials,
}

impl PictureAddress {
    /// Parses what a person typed, or what a marketplace says of a listing: such an address may begin with `//`.
    pub fn parse(text: &str) -> Result<Self, PictureAddressRefusal> {
        let text = text.trim();
        if text.chars().count() > LIMIT {
            return Err(PictureAddressRefusal::NotAnAddress);
        }
        let with_scheme = if text.starts_with("//") { format!("https:{text}") } else { text.to_owned() };
        let url = Url::parse(&with_scheme).map_err(|_| PictureAddressRefusal::NotAnAddress)?;
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
            return Err(PictureAddressRefusal::NotAnAddress);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PictureAddressRefusal::WithCredentials);
        }
        Ok(Self(url))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_fetched() {
        for (text, address) in [
            (" https://shop.example/mug.jpg ", Some("https://shop.example/mug.jpg")),
            ("//cf.shop.example/file/1_tn", Some("https://cf.shop.example/file/1_tn")),
            ("http://shop.example/Mug 1.jpg?v=2", Some("http://shop.example/Mug%201.jpg?v=2")),
            ("", None),
            ("mug.jpg", None),
            ("ftp://shop.example/mug.jpg", None),
            ("file:///etc/passwd", None),
            ("data:image/png;base64,AA==", None),
            ("https://", None),
            ("https://me:secret@shop.example/mug.jpg", None),
        ] {
            let parsed = PictureAddress::parse(text);
            assert_eq!(parsed.as_ref().map(PictureAddress::as_str).ok(), address, "{text}");
        }
        assert!(PictureAddress::parse(&format!("https://shop.example/{}", "x".repeat(LIMIT))).is_err());
    }
}
