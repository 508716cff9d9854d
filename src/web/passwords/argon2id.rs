//! Argon2id in memory that goes back to the machine after each hash.

use argon2::{
    Algorithm, Argon2, Block, CustomizedPasswordHasher, Params, PasswordHash, PasswordHasher, Version,
    password_hash::{
        Result,
        phc::{Output, ParamsString, Salt},
    },
};

/// The allocator of glibc takes blocks of this size and above from the machine, and gives them back when they are freed.
/// Once a smaller one was freed, it keeps all of that size for later: 19 MiB would stay after a sign-in.
const GIVEN_BACK: usize = 33 << 20;

/// Hashes as [`Argon2`] does, with its parameters.
pub(super) struct Argon2id;

impl PasswordHasher<PasswordHash> for Argon2id {
    fn hash_password_with_salt(&self, password: &[u8], salt: &[u8]) -> Result<PasswordHash> {
        self.hash_password_with_params(password, salt, Params::default())
    }
}

impl CustomizedPasswordHasher<PasswordHash> for Argon2id {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> Result<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?.unwrap_or_default();
        let params_string = ParamsString::try_from(&params)?;
        let memory = memory(params.block_count());
        let mut output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        Argon2::new(algorithm, version, params).hash_password_into_with_memory(password, salt, &mut output, memory)?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: params_string,
            salt: Some(Salt::new(salt)?),
            hash: Some(Output::new(&output)?),
        })
    }
}

/// Room for more than is used. What is never touched takes no memory.
fn memory(blocks: usize) -> Vec<Block> {
    let mut memory = Vec::with_capacity(blocks.max(GIVEN_BACK / Block::SIZE));
    memory.resize(blocks, Block::new());
    memory
}
