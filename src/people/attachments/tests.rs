//! Names, types by content, and pictures that must not be decoded.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

use super::{media, name, preview};

#[test]
fn fil_5_names_lose_folders_control_characters_and_tricks() {
    for (sent, kept) in [
        ("offer.pdf", "offer.pdf"),
        ("C:\\fakepath\\offer.pdf", "offer.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\r\nb\u{0}.txt", "ab.txt"),
        ("exe\u{202e}fdp.scr", "exefdp.scr"),
        (" .hidden. ", "hidden"),
        ("say \"hello\".txt", "say \"hello\".txt"),
        ("u\u{308}ber.txt", "über.txt"),
        ("می\u{200c}خواهم.txt", "می\u{200c}خواهم.txt"),
    ] {
        assert_eq!(name::clean(sent).as_deref(), Some(kept), "{sent:?}");
    }
    for nothing in ["", "   ", "..", "/", "a/", "\u{202e}", "\u{feff}.", "\n"] {
        assert_eq!(name::clean(nothing), None, "{nothing:?}");
    }
    let cut_at_a_dot = name::clean(&format!("{}.{}", "a".repeat(name::MOST - 1), "b".repeat(20))).expect("a name");
    assert_eq!(cut_at_a_dot, "a".repeat(name::MOST - 1));
    let long = name::clean(&format!("{}.tar.gz", "ñ".repeat(400))).expect("a name");
    assert!(long.ends_with("ñ.gz") || long.ends_with(".gz"), "{long}");
    assert!(long.chars().count() <= name::MOST && long.len() <= 255);
}

proptest! {
    #[test]
    fn a_clean_name_stays_as_it_is(sent in "\\PC{0,300}") {
        if let Some(kept) = name::clean(&sent) {
            prop_assert_eq!(name::clean(&kept), Some(kept.clone()));
            prop_assert!(!kept.contains(['/', '\\', '\r', '\n', '\0']));
            prop_assert!(kept.chars().count() <= name::MOST && kept.len() <= 255);
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_end_the_process(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for (kind, magic) in [("image/png", &b"\x89PNG\r\n\x1a\n"[..]), ("image/jpeg", b"\xff\xd8\xff\xe0"), ("image/gif", b"GIF89a"), ("image/webp", b"RIFF\x10\0\0\0WEBP")] {
            prop_assert!(preview::make(&[magic, &bytes].concat(), kind).is_none_or(|small| small.len() < 4_000_000));
        }
    }
}

#[test]
fn fil_5_the_content_decides_and_pages_and_scripts_are_mere_bytes() {
    let of = |bytes: &[u8], name: &str| media::of(bytes, true, name).media_type();
    for (bytes, name, expected) in [
        (&b"%PDF-1.7\n"[..], "a.html", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n0000", "a.exe", "image/png"),
        (b"GIF89a<script>alert(1)</script>", "a.html", "image/gif"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "a.png", "application/octet-stream"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg", "application/octet-stream"),
        (b"<?xml version='1.0'?><svg/>", "a.svg", "application/octet-stream"),
        (b"plain words, then <img src=x onerror=alert(1)>", "a.txt", "application/octet-stream"),
        (b"#!/bin/sh\nrm -rf /\n", "a.txt", "application/octet-stream"),
        (b"\x7fELF\x02\x01\x01", "a.pdf", "application/octet-stream"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "a.jpg", "application/octet-stream"),
        (b"1 < 2 and 3 > 2\n", "a.txt", "text/plain"),
        ("Naïve words\r\n".as_bytes(), "a.html", "text/plain"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b"a,b\n1,2\n", "a.png", "text/plain"),
        (b"BEGIN:VCARD\nEND:VCARD\n", "a.vcf", "text/vcard"),
        (b"one\0two", "a.txt", "application/octet-stream"),
        (b"\xff\xfe<\0s\0", "a.txt", "application/octet-stream"),
        (b"", "a.txt", "application/octet-stream"),
        (b"PK\x03\x04\x14\0\0\0\0\0", "a.zip", "application/zip"),
        (b"PK\x03\x04\x14\0\0\0\0\0", "a.html", "application/zip"),
    ] {
        assert_eq!(of(bytes, name), expected, "{name}: {:?}", String::from_utf8_lossy(bytes));
    }
    let compound = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0];
    assert_eq!(of(&compound, "a.doc"), "application/msword");
    assert_eq!(of(&compound, "a.msi"), "application/octet-stream");
    // A letter that is cut at the end of what was looked at is no reason to doubt.
    assert_eq!(media::of(&"é".as_bytes()[..1], false, "a.txt").media_type(), "application/octet-stream");
    assert_eq!(media::of(b"caf\xc3", false, "a.txt").media_type(), "text/plain");
    assert_eq!(media::of(b"caf\xc3", true, "a.txt").media_type(), "application/octet-stream");
}

#[test]
fn a_file_that_is_not_what_its_name_says_is_told() {
    let page = media::of(b"<html>", true, "holiday.png");
    assert_eq!(page.misnamed("holiday.png"), Some("PNG picture"));
    assert_eq!(page.misnamed("holiday.html"), None);
    let picture = media::by_type("image/jpeg");
    assert_eq!(picture.misnamed("holiday.JPG"), None);
    assert_eq!(picture.misnamed("holiday.png"), Some("PNG picture"));
    assert_eq!(picture.misnamed("holiday"), None);
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

#[test]
fn previews_are_small_and_keep_what_is_seen() {
    let plain = DynamicImage::from(RgbImage::from_pixel(1_600, 800, Rgb([200, 30, 40])));
    let clear = DynamicImage::from(RgbaImage::from_pixel(300, 900, Rgba([10, 20, 30, 0])));
    for (picture, format, kind, size, type_of_preview) in [
        (&plain, ImageFormat::Png, "image/png", (480, 240), "image/jpeg"),
        (&plain, ImageFormat::Jpeg, "image/jpeg", (480, 240), "image/jpeg"),
        (&plain, ImageFormat::WebP, "image/webp", (480, 240), "image/jpeg"),
        (&clear, ImageFormat::Png, "image/png", (160, 480), "image/png"),
    ] {
        let small = preview::make(&encoded(picture, format), kind).expect("a preview");
        assert_eq!(preview::content_type(&small), type_of_preview);
        let read = image::load_from_memory(&small).expect("a picture");
        assert_eq!((read.width(), read.height()), size, "{kind}");
    }
    let gif = encoded(&DynamicImage::from(RgbaImage::from_pixel(40, 20, Rgba([1, 2, 3, 255]))), ImageFormat::Gif);
    assert!(preview::make(&gif, "image/gif").is_some());
    assert!(preview::make(b"no picture", "image/png").is_none());
    assert!(preview::make(&gif, "application/pdf").is_none());
}

/// A JPEG that says in its description that it lies on its side, and where it was taken.
fn photograph() -> Vec<u8> {
    let jpeg = encoded(&DynamicImage::from(RgbImage::from_pixel(64, 32, Rgb([9, 9, 9]))), ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0".to_vec();
    exif.extend([2, 0]);
    exif.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]); // Orientation: turned to the right.
    exif.extend([0x0e, 0x01, 2, 0, 13, 0, 0, 0, 38, 0, 0, 0]); // ImageDescription, at 38.
    exif.extend([0, 0, 0, 0]);
    exif.extend(b"Zyxwplace 7b\0");
    let length = u16::try_from(exif.len() + 2).expect("a short description");
    [&jpeg[..2], &[0xff, 0xe1], &length.to_be_bytes(), &exif, &jpeg[2..]].concat()
}

#[test]
fn a_preview_stands_upright_and_says_nothing_of_where_it_was_taken() {
    let jpeg = photograph();
    let holds = |bytes: &[u8]| bytes.windows(9).any(|window| window == b"Zyxwplace");
    assert!(holds(&jpeg));
    let small = preview::make(&jpeg, "image/jpeg").expect("a preview");
    assert!(!holds(&small) && !small.windows(4).any(|window| window == b"Exif"));
    let read = image::load_from_memory(&small).expect("a picture");
    assert_eq!((read.width(), read.height()), (32, 64), "turned as it asks for");
}

/// A PNG that is a few bytes long and promises `width` × `height` pixels.
fn promising_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(&DynamicImage::from(RgbImage::new(1, 1)), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    // CRC-32 over the header chunk.
    let crc = bytes[12..29].iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
    bytes
}

#[test]
fn fil_5_pictures_that_promise_too_much_are_not_decoded() {
    for (width, height) in [(60_000, 60_000), (u32::MAX, 1), (1, u32::MAX), (0, 0), (20_001, 1), (5_001, 5_001)] {
        assert!(preview::make(&promising_png(width, height), "image/png").is_none(), "{width} × {height}");
    }
    let mut jpeg = encoded(&DynamicImage::from(RgbImage::new(8, 8)), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|mark| mark == [0xff, 0xc0]).expect("a frame header");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert!(preview::make(&jpeg, "image/jpeg").is_none());
    let mut gif = encoded(&DynamicImage::from(RgbaImage::new(8, 8)), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert!(preview::make(&gif, "image/gif").is_none());
}
