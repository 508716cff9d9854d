use super::*;

/// A PNG of one colour.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a header");
    let dots: Vec<u8> = [200, 30, 30].repeat((width * height) as usize);
    writer.write_image_data(&dots).expect("a picture");
    writer.finish().expect("a whole file");
    bytes
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let dots: Vec<u8> = [200, 30, 30].repeat(usize::from(width) * usize::from(height));
    Encoder::new(&mut bytes, 90).encode(&dots, width, height, ColorType::Rgb).expect("a picture");
    bytes
}

fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let dots: Vec<u8> = [200, 30, 30].repeat((width * height) as usize);
    let encoder = image_webp::WebPEncoder::new(&mut bytes);
    encoder.encode(&dots, width, height, image_webp::ColorType::Rgb8).expect("a picture");
    bytes
}

#[test]
fn a_picture_of_each_type_becomes_a_small_jpeg_of_its_colours() {
    for (name, original) in [("png", png(400, 200)), ("jpeg", jpeg(400, 200)), ("webp", webp(400, 200))] {
        let thumbnail = Thumbnail::of(&original).expect(name);
        let small = decode::small(&thumbnail.bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!((small.width, small.height), (96, 48), "{name}");
        let colours = small.rgb.as_chunks::<3>().0;
        let is_red = |[red, green, blue]: &[u8; 3]| *red > 180 && *green < 60 && *blue < 60;
        assert!(colours.iter().all(is_red), "{name}: {colours:?}");
        assert!(thumbnail.bytes.len() < 2_000, "{name}: {}", thumbnail.bytes.len());
        assert_eq!(thumbnail.hash.len(), 64);
    }
}

#[test]
fn what_is_no_picture_is_refused_by_what_it_is() {
    for (original, refusal) in [
        (b"<!doctype html><img src=x>".to_vec(), ThumbnailRefusal::WebPage),
        (b"\n  <svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), ThumbnailRefusal::WebPage),
        (b"GIF89a\x01\0\x01\0".to_vec(), ThumbnailRefusal::OtherType),
        (b"%PDF-1.7".to_vec(), ThumbnailRefusal::OtherType),
        (Vec::new(), ThumbnailRefusal::OtherType),
        (png(8, 8)[..40].to_vec(), ThumbnailRefusal::Damaged),
        (b"\x89PNG\r\n\x1a\n<script>".to_vec(), ThumbnailRefusal::Damaged),
        (b"\xff\xd8\xff\xe0 and no more".to_vec(), ThumbnailRefusal::Damaged),
        (b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), ThumbnailRefusal::Damaged),
        (vec![0xff; ORIGINAL_BYTES + 1], ThumbnailRefusal::TooManyBytes),
    ] {
        let start = String::from_utf8_lossy(&original[..original.len().min(20)]).into_owned();
        assert_eq!(Thumbnail::of(&original), Err(refusal), "{start}");
    }
}

#[test]
fn a_small_file_of_very_many_dots_is_refused_before_memory_is_taken_for_them() {
    let mut bomb = png(1, 1);
    // The width and the height are the first two numbers of the header, and its checksum follows it.
    bomb[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
    let mut checksum = flate2::Crc::new();
    checksum.update(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
    assert_eq!(Thumbnail::of(&bomb), Err(ThumbnailRefusal::TooManyDots { width: 50_000, height: 50_000 }));
}

#[test]
fn damage_anywhere_in_a_picture_is_a_refusal_or_a_thumbnail() {
    for original in [png(60, 40), jpeg(60, 40), webp(60, 40)] {
        for at in 0..original.len() {
            let mut damaged = original.clone();
            damaged[at] ^= 0xff;
            drop(Thumbnail::of(&damaged));
            drop(Thumbnail::of(&original[..at]));
        }
    }
}
