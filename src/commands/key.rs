//! `flashsale key`

use flashsale::marketplaces::seal::SealKey;
use secrecy::ExposeSecret;

pub fn run() {
    println!("{}", SealKey::random().to_base64().expose_secret());
}
