//! `flashsale demo`

use super::serve::Prepared;
use flashsale::{
    actions::staff::add_user,
    clock::Clock,
    db::Database,
    demo::{self, marketplace::Marketplace},
    domain::staff::account::Email,
    marketplaces::seal::SealKey,
    settings::Settings,
    web::passwords,
};
use rand::RngExt;
use secrecy::ExposeSecret;
use std::{
    error::Error,
    fs::{File, TryLockError},
    io::ErrorKind,
    net::TcpListener,
};

/// The demo's own database, in the working directory: it never touches the one of `DATABASE_URL`.
pub const FILE: &str = "flashsale-demo.db";

/// The address of the simulated marketplaces; if it is taken, any free port is used.
const MARKETPLACES: &str = "127.0.0.1:8081";

/// The environment variables of the demo: those of the process, except for its own database and a random key.
pub fn variable(name: &str) -> Option<String> {
    match name {
        "DATABASE_URL" => Some(format!("sqlite://{FILE}")),
        "FLASHSALE_CREDENTIALS_KEY" => Some(SealKey::random().to_base64().expose_secret().to_owned()),
        // Its simulated marketplaces are on this machine.
        "FLASHSALE_PRIVATE_ADDRESSES" => Some("yes".to_owned()),
        _ => std::env::var(name).ok(),
    }
}

/// Recreates and fills the demo's database, and starts the simulated marketplaces that its stores push to. They send messages to
/// `own_address`.
pub fn prepare(settings: &Settings, own_address: &str) -> Result<Prepared, Box<dyn Error>> {
    let lock = lock()?;
    remove_old()?;
    let database = Database::open(&settings.database_url, settings.pool)?;
    let clock = Clock::system();
    let password = readable_password();
    let email = Email::parse(demo::EMAIL)?;
    let hash = passwords::hash(&password);
    database.write_blocking(|conn| add_user::run(conn, &email, &hash, clock.now()))?;
    demo::fill(&database, &clock)?;
    let listener = TcpListener::bind(MARKETPLACES).or_else(|_| TcpListener::bind("127.0.0.1:0"))?;
    let address = format!("http://{}", listener.local_addr()?);
    let marketplace = Marketplace::new(clock.clone());
    let key = settings.credentials_key.as_ref().expect("the demo's settings have a key");
    demo::connect(&database, &clock, &marketplace, &address, key)?;
    // Marketplaces sign with the address that people use.
    demo::sell(&marketplace, settings.public_origin.as_deref().unwrap_or(own_address), key);
    let greeting = format!(
        "Email: {email}\nPassword: {password}\nSimulated marketplaces: {address}\n\n\
         The demo keeps its data in {FILE}, which is recreated at each start.\n\
         - Promotions, Create Promotion: hold 60 of Product1 for Lazada SG.\n\
         - Catalogue, Flashsale Promotion: Running: what each store shows now.\n\
         - The simulated marketplaces show what buyers would see: the demo pushes to them, and buyers buy there.\n\
         - Buy something in one of their shops yourself, and see the order arrive.\n\
         - Stores, Shopee VN: connect it, and sign in at the simulated Shopee as vietnam@seller.example.\n\
         - Stores, Connect a store: sign in at the simulated Lazada as outlet@seller.example.\n\
         - Help: the same step by step, with pictures.",
    );
    Ok(Prepared { database, greeting, marketplaces: Some((marketplace, listener)), lock: Some(lock) })
}

/// Locks the database against other demos. The operating system releases the lock when the process ends.
fn lock() -> Result<File, String> {
    let name = format!("{FILE}.lock");
    let file = File::create(&name).map_err(|error| format!("cannot write {name}: {error}"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(format!("another demo runs in this folder, with {FILE}: stop it, or start this one in another folder"))
        }
        Err(TryLockError::Error(error)) => Err(format!("cannot lock {name}: {error}")),
    }
}

fn remove_old() -> Result<(), String> {
    for end in ["", "-wal", "-shm"] {
        let file = format!("{FILE}{end}");
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(format!("cannot remove {file} of an earlier demo: {error}")),
        }
    }
    Ok(())
}

/// A password that is easy to read and type: four groups of two syllables, with 50 random bits.
fn readable_password() -> String {
    const CONSONANTS: [char; 16] = ['b', 'd', 'f', 'g', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z'];
    const VOWELS: [char; 5] = ['a', 'e', 'i', 'o', 'u'];
    let mut random = rand::rng();
    let mut password = String::new();
    for syllable in 0..8 {
        if syllable > 0 && syllable % 2 == 0 {
            password.push('-');
        }
        password.push(CONSONANTS[random.random_range(..CONSONANTS.len())]);
        password.push(VOWELS[random.random_range(..VOWELS.len())]);
    }
    password
}

#[cfg(test)]
mod tests {
    use super::readable_password;

    #[test]
    fn passwords_of_the_demo_are_long_and_differ() {
        let password = readable_password();
        assert!(password.len() >= 16, "{password}");
        assert_ne!(password, readable_password());
    }
}
