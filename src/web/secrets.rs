//! Random secrets, and the hashes that the database stores of them.

use rand::Rng;
use sha2::{Digest, Sha256};

/// SHA-256 as 64 hexadecimal digits. For secrets that are random: they need no salt.
pub fn sha256_hex(content: impl AsRef<[u8]>) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(content) {
        hex.push(DIGITS[usize::from(byte >> 4)]);
        hex.push(DIGITS[usize::from(byte & 15)]);
    }
    hex
}

/// The characters of a random secret.
pub const SECRET_LENGTH: usize = 43;

/// 256 random bits as 43 characters that are safe in URLs.
pub fn random_secret() -> String {
    use base64::Engine;
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
