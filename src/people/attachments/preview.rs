//! Small pictures of pictures, made so that no file can do harm by being looked at.
//!
//! What a decoder may use is bounded before it runs: by the file's bytes, by the pixels that its header
//! promises, and by what it asks for meanwhile; and one runs at a time. The small picture is encoded
//! anew, so nothing of the file's own description (place, camera, comments) goes with it.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

/// Files larger than this get no preview: they are decoded in memory.
pub const MOST_BYTES: u64 = 24_000_000;
/// Pixels that a header may promise. Phones take pictures of 12 million; a progressive JPEG costs 9 bytes for each.
const MOST_PIXELS: u64 = 25_000_000;
/// Pixels of the longer side of what a header may promise.
const MOST_SIDE: u32 = 20_000;
/// What a decoder may ask for, in bytes.
const MOST_MEMORY: u64 = 160_000_000;
/// Pixels of the longer side of a preview.
const SIDE: u32 = 480;
const QUALITY: u8 = 80;

/// One at a time, so that many uploads at once take no more memory than one.
static AT_WORK: Mutex<()> = Mutex::new(());

/// A small picture, PNG or JPEG; `None` when this cannot be shown safely, or is no picture after all.
pub fn make(bytes: &[u8], media_type: &str) -> Option<Vec<u8>> {
    let format = ImageFormat::from_mime_type(media_type)?;
    let _turn = AT_WORK.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    // A decoder that panics over a broken file costs its preview, not the upload.
    catch_unwind(AssertUnwindSafe(|| decode(bytes, format).and_then(encode))).ok().flatten()
}

/// The type of a preview, by its first bytes.
pub fn content_type(preview: &[u8]) -> &'static str {
    if preview.starts_with(&[0xff, 0xd8]) { "image/jpeg" } else { "image/png" }
}

fn decode(bytes: &[u8], format: ImageFormat) -> Option<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY {
        return None;
    }
    limits.reserve(decoder.total_bytes()).ok()?;
    decoder.set_limits(limits).ok()?;
    let orientation = decoder.orientation().ok()?;
    let mut small = DynamicImage::from_decoder(decoder).ok()?;
    if small.width().max(small.height()) > SIDE {
        small = small.thumbnail(SIDE, SIDE);
    }
    small.apply_orientation(orientation);
    Some(small)
}

/// Pixels and nothing else.
fn encode(picture: DynamicImage) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    if picture.color().has_alpha() {
        DynamicImage::from(picture.into_rgba8()).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).ok()?;
    } else {
        let picture = DynamicImage::from(picture.into_rgb8());
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY)).ok()?;
    }
    Some(bytes)
}
