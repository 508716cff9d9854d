//! Reads a picture, by what its first bytes say it is, and makes it small.

use super::{Dots, ORIGINAL_DOTS, ThumbnailRefusal, orientation, shrink::shrink};
use image_webp::WebPDecoder;
use png::{ColorType, Decoder, Limits, Transformations};
use std::io::Cursor;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

/// The most that a library may take beside the dots.
const MEMORY_BYTES: usize = 128 << 20;

/// The longest side that the libraries are asked to accept; the number of dots is checked by us.
const LONGEST_SIDE: usize = 65_535;

pub(super) fn small(original: &[u8]) -> Result<Dots, ThumbnailRefusal> {
    match original {
        [0xff, 0xd8, 0xff, ..] => of_jpeg(original),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => of_png(original),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => of_webp(original),
        _ if original.trim_ascii_start().starts_with(b"<") => Err(ThumbnailRefusal::WebPage),
        _ => Err(ThumbnailRefusal::OtherType),
    }
}

fn check(width: u64, height: u64) -> Result<(), ThumbnailRefusal> {
    if width == 0 || height == 0 {
        return Err(ThumbnailRefusal::Damaged);
    }
    if width * height > ORIGINAL_DOTS {
        return Err(ThumbnailRefusal::TooManyDots { width, height });
    }
    Ok(())
}

fn of_jpeg(original: &[u8]) -> Result<Dots, ThumbnailRefusal> {
    let options = DecoderOptions::default()
        .set_max_width(LONGEST_SIDE)
        .set_max_height(LONGEST_SIDE)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(original), options);
    decoder.decode_headers().map_err(|_| ThumbnailRefusal::Damaged)?;
    let info = decoder.info().ok_or(ThumbnailRefusal::Damaged)?;
    let [width, height] = [info.width, info.height].map(u32::from);
    check(width.into(), height.into())?;
    let turned = decoder.exif().map_or(1, |exif| orientation::read(exif));
    let rgb = decoder.decode().map_err(|_| ThumbnailRefusal::Damaged)?;
    let small = shrink::<3>(width, height, &rgb).ok_or(ThumbnailRefusal::Damaged)?;
    Ok(orientation::upright(small, turned))
}

fn of_png(original: &[u8]) -> Result<Dots, ThumbnailRefusal> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(original), Limits { bytes: MEMORY_BYTES });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(|_| ThumbnailRefusal::Damaged)?;
    let [width, height] = [header.width, header.height];
    check(width.into(), height.into())?;
    let mut reader = decoder.read_info().map_err(|_| ThumbnailRefusal::Damaged)?;
    let mut dots = vec![0; reader.output_buffer_size().ok_or(ThumbnailRefusal::Damaged)?];
    let frame = reader.next_frame(&mut dots).map_err(|_| ThumbnailRefusal::Damaged)?;
    // The first frame of an animation may be smaller than the picture.
    let [width, height] = [frame.width, frame.height];
    let small = match frame.color_type {
        ColorType::Grayscale => shrink::<1>(width, height, &dots),
        ColorType::GrayscaleAlpha => shrink::<2>(width, height, &dots),
        ColorType::Rgb => shrink::<3>(width, height, &dots),
        ColorType::Rgba => shrink::<4>(width, height, &dots),
        // Its transformation makes colours of a palette.
        ColorType::Indexed => None,
    };
    small.ok_or(ThumbnailRefusal::Damaged)
}

fn of_webp(original: &[u8]) -> Result<Dots, ThumbnailRefusal> {
    let mut decoder = WebPDecoder::new(Cursor::new(original)).map_err(|_| ThumbnailRefusal::Damaged)?;
    decoder.set_memory_limit(MEMORY_BYTES);
    let (width, height) = decoder.dimensions();
    check(width.into(), height.into())?;
    let mut dots = vec![0; decoder.output_buffer_size().ok_or(ThumbnailRefusal::Damaged)?];
    decoder.read_image(&mut dots).map_err(|_| ThumbnailRefusal::Damaged)?;
    let small = if decoder.has_alpha() { shrink::<4>(width, height, &dots) } else { shrink::<3>(width, height, &dots) };
    small.ok_or(ThumbnailRefusal::Damaged)
}
