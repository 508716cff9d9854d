//! Makes a picture as small as a thumbnail: each of its dots is the mean of those that it replaces. What shines through is
//! on white, as products are shown in shops.

use super::{Dots, SIDE};

/// The picture with a longer side of at most [`SIDE`]. `N` is how many bytes a dot has: grey, grey with how dense it is,
/// three colours, or three colours with that. `None` if there are not as many dots as there should be.
pub(super) fn shrink<const N: usize>(width: u32, height: u32, dots: &[u8]) -> Option<Dots> {
    let (dots, rest) = dots.as_chunks::<N>();
    let is_whole = rest.is_empty() && width > 0 && dots.len() as u64 == u64::from(width) * u64::from(height);
    if !is_whole {
        return None;
    }
    let longer = width.max(height);
    let fit = |side: u32| match longer > SIDE {
        // At most `SIDE`, and so a u32.
        true => (u64::from(side) * u64::from(SIDE) / u64::from(longer)).max(1) as u32,
        false => side,
    };
    let (small_width, small_height) = (fit(width), fit(height));
    let mut rgb = Vec::with_capacity((small_width * small_height * 3) as usize);
    for y in 0..small_height {
        let rows = part(y, small_height, height);
        for x in 0..small_width {
            let columns = part(x, small_width, width);
            let mut sums = [0_u64; 3];
            let mut count = 0;
            for row in rows.clone() {
                let row = &dots[row * width as usize..][..width as usize];
                for dot in &row[columns.clone()] {
                    let colours = on_white(dot);
                    for (sum, colour) in sums.iter_mut().zip(colours) {
                        *sum += u64::from(colour);
                    }
                    count += 1;
                }
            }
            // A mean of bytes is a byte.
            rgb.extend(sums.map(|sum| (sum / count) as u8));
        }
    }
    Some(Dots { width: small_width, height: small_height, rgb })
}

/// What of the longer side `of` the dot at `at` of the shorter side `small` replaces: at least one dot.
fn part(at: u32, small: u32, of: u32) -> std::ops::Range<usize> {
    let edge = |at: u32| (u64::from(at) * u64::from(of) / u64::from(small)) as usize;
    edge(at)..edge(at + 1)
}

fn on_white<const N: usize>(dot: &[u8; N]) -> [u8; 3] {
    let (colours, density) = match dot[..] {
        [grey] => ([grey; 3], 255),
        [grey, density] => ([grey; 3], density),
        [red, green, blue] => ([red, green, blue], 255),
        [red, green, blue, density] => ([red, green, blue], density),
        _ => unreachable!("a dot has one to four bytes"),
    };
    let density = u32::from(density);
    colours.map(|colour| ((u32::from(colour) * density + 255 * (255 - density)) / 255) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_is_the_mean_of_those_that_it_replaces() {
        // Columns of black and white in turn, twice as wide as a thumbnail.
        let row: Vec<u8> = (0..SIDE * 2).map(|x| if x % 2 == 0 { 0 } else { 255 }).collect();
        let small = shrink::<1>(SIDE * 2, 2, &row.repeat(2)).expect("whole");
        assert_eq!((small.width, small.height), (SIDE, 1));
        assert!(small.rgb.iter().all(|colour| *colour == 127), "{:?}", small.rgb);
    }

    #[test]
    fn what_shines_through_is_on_white() {
        let small = shrink::<4>(3, 1, &[255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128]).expect("whole");
        assert_eq!(small.rgb, [255, 0, 0, 255, 255, 255, 127, 127, 127]);
    }

    #[test]
    fn a_picture_fits_into_a_square_and_is_never_enlarged() {
        for (width, height, fits) in
            [(10, 20, (10, 20)), (960, 960, (96, 96)), (1_000, 500, (96, 48)), (3, 5_000, (1, 96)), (97, 96, (96, 95))]
        {
            let small = shrink::<1>(width, height, &vec![9; (width * height) as usize]).expect("whole");
            assert_eq!((small.width, small.height), fits, "{width} × {height}");
            assert_eq!(small.rgb.len(), (small.width * small.height * 3) as usize);
        }
    }

    #[test]
    fn dots_that_are_missing_make_no_picture() {
        assert!(shrink::<3>(2, 2, &[0; 9]).is_none());
        assert!(shrink::<3>(2, 2, &[0; 13]).is_none());
    }
}
