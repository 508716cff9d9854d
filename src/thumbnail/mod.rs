//! Makes a small thumbnail of a picture that somebody else made: a file that was uploaded, or what an address answered.
//! Nothing about the original is trusted. Its type is what its first bytes say, its size in dots is checked before memory
//! is taken for them, and nothing of it but its colours gets into the thumbnail.

mod decode;
mod orientation;
mod shrink;

use jpeg_encoder::{ColorType, Encoder};
use sha2::{Digest, Sha256};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};

/// The most bytes of an original.
pub const ORIGINAL_BYTES: usize = 8 << 20;

/// The most dots of an original. As many as Lazada accepts of a product, and more than most phones make.
pub const ORIGINAL_DOTS: u64 = 25_000_000;

/// The longer side of a thumbnail, in dots. Lists show it at 40 px, on screens with twice as many dots too.
pub const SIDE: u32 = 96;

/// What every thumbnail is.
pub const MEDIA_TYPE: &str = "image/jpeg";

const QUALITY: u8 = 82;

/// One original at a time is in memory.
static TURN: Mutex<()> = Mutex::new(());

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes, in hexadecimal.
    pub hash: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThumbnailRefusal {
    #[error("Choose a picture of at most {} MiB: this one is larger.", ORIGINAL_BYTES >> 20)]
    TooManyBytes,
    #[error("Choose a JPEG, PNG or WebP picture: this is a web page.")]
    WebPage,
    #[error("Choose a JPEG, PNG or WebP picture: this is none.")]
    OtherType,
    #[error("Choose a smaller picture: this one has {width} × {height} dots, and at most 25 million can be read.")]
    TooManyDots { width: u64, height: u64 },
    #[error("Choose another picture: this one is damaged.")]
    Damaged,
}

/// A picture in memory: rows of dots, each of three colours.
struct Dots {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Thumbnail {
    /// The thumbnail of a picture. It takes up to a second, and up to some 200 MiB until then.
    pub fn of(original: &[u8]) -> Result<Self, ThumbnailRefusal> {
        if original.len() > ORIGINAL_BYTES {
            return Err(ThumbnailRefusal::TooManyBytes);
        }
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        // A library that panics on a damaged picture must not end the work around it.
        let small = catch_unwind(AssertUnwindSafe(|| decode::small(original)));
        let small = small.unwrap_or(Err(ThumbnailRefusal::Damaged))?;
        let mut bytes = Vec::new();
        let [width, height] = [small.width, small.height].map(|side| u16::try_from(side).expect("a short side"));
        let encoded = Encoder::new(&mut bytes, QUALITY).encode(&small.rgb, width, height, ColorType::Rgb);
        encoded.expect("a thumbnail can be encoded");
        let hash = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { bytes, hash })
    }
}

#[cfg(test)]
mod tests;
