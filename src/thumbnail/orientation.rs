//! How a camera was held: a phone stores a picture as its sensor saw it, and says in its Exif data how to turn it.

use super::Dots;

/// The number of the tag `Orientation` (TIFF 6.0).
const ORIENTATION: u16 = 0x0112;

/// The bytes of an entry of a TIFF directory.
const ENTRY_BYTES: usize = 12;

/// The orientation in a JPEG's Exif data, 1 to 8; 1, upright, if it does not say.
pub(super) fn read(exif: &[u8]) -> u8 {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    orientation(exif).filter(|orientation| (1..=8).contains(orientation)).map_or(1, |found| found as u8)
}

fn orientation(tiff: &[u8]) -> Option<u16> {
    let is_little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let two = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk::<2>()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let four = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk::<4>()?;
        Some(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = usize::try_from(four(4)?).ok()?;
    for entry in 0..usize::from(two(directory)?) {
        let at = directory.checked_add(2 + entry * ENTRY_BYTES)?;
        if two(at)? == ORIENTATION {
            return two(at + 8);
        }
    }
    None
}

/// The picture as it was seen.
pub(super) fn upright(seen: Dots, orientation: u8) -> Dots {
    let Dots { width, height, .. } = seen;
    let is_on_its_side = orientation >= 5;
    let (new_width, new_height) = if is_on_its_side { (height, width) } else { (width, height) };
    let mut rgb = Vec::with_capacity(seen.rgb.len());
    for y in 0..new_height {
        for x in 0..new_width {
            let (from_x, from_y) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, height - 1 - x),
                7 => (width - 1 - y, height - 1 - x),
                8 => (width - 1 - y, x),
                _ => (x, y),
            };
            let at = (from_y * width + from_x) as usize * 3;
            rgb.extend_from_slice(&seen.rgb[at..at + 3]);
        }
    }
    Dots { width: new_width, height: new_height, rgb }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exif data with one entry.
    fn exif(order: &[u8; 2], tag: u16, value: u16) -> Vec<u8> {
        let is_little = order == b"II";
        let two = |number: u16| if is_little { number.to_le_bytes() } else { number.to_be_bytes() };
        let four = |number: u32| if is_little { number.to_le_bytes() } else { number.to_be_bytes() };
        let mut data = order.to_vec();
        data.extend(two(42));
        data.extend(four(8));
        data.extend(two(1));
        data.extend(two(tag));
        data.extend(two(3));
        data.extend(four(1));
        data.extend(two(value));
        data.extend(two(0));
        data
    }

    #[test]
    fn the_orientation_is_found_in_either_order_of_bytes() {
        assert_eq!(read(&exif(b"II", ORIENTATION, 6)), 6);
        assert_eq!(read(&exif(b"MM", ORIENTATION, 8)), 8);
        assert_eq!(read(&[b"Exif\0\0".as_slice(), &exif(b"MM", ORIENTATION, 3)].concat()), 3);
    }

    #[test]
    fn data_that_says_nothing_is_upright() {
        for data in [
            exif(b"II", ORIENTATION, 9),
            exif(b"II", ORIENTATION, 0),
            exif(b"II", 0x010f, 6),
            exif(b"XX", ORIENTATION, 6),
            exif(b"II", ORIENTATION, 6)[..15].to_vec(),
            b"II*\0\xff\xff\xff\xff".to_vec(),
            Vec::new(),
        ] {
            assert_eq!(read(&data), 1, "{data:?}");
        }
    }

    #[test]
    fn each_orientation_is_turned_upright() {
        // a b c
        // d e f
        for (orientation, seen) in [
            (1, "abc/def"),
            (2, "cba/fed"),
            (3, "fed/cba"),
            (4, "def/abc"),
            (5, "ad/be/cf"),
            (6, "da/eb/fc"),
            (7, "fc/eb/da"),
            (8, "cf/be/ad"),
        ] {
            let rgb = b"abcdef".iter().flat_map(|letter| [*letter; 3]).collect();
            let turned = upright(Dots { width: 3, height: 2, rgb }, orientation);
            let letters: Vec<u8> = turned.rgb.iter().copied().step_by(3).collect();
            let rows = letters.chunks(turned.width as usize).map(|row| str::from_utf8(row).expect("letters"));
            assert_eq!(rows.collect::<Vec<_>>().join("/"), seen, "{orientation}");
        }
    }
}
