//! What a file is, by its content and never by what its sender says: the list of types that browsers are told.
//!
//! What is not on it, scripts, pages and drawings with scripts above all, is stored like everything else
//! and handed out as mere bytes.

use super::name;

/// A type of file that is known and harmless to name.
#[derive(Debug, PartialEq, Eq)]
pub struct Media {
    /// As it stands in `Content-Type`.
    pub content_type: &'static str,
    /// For people.
    pub word: &'static str,
    /// A symbol of `assets/icons.svg`.
    pub icon: &'static str,
    endings: &'static [&'static str],
}

/// Everything that is not on the list.
pub const BYTES: Media = Media { content_type: "application/octet-stream", word: "File", icon: "file", endings: &[] };

const fn media(
    content_type: &'static str,
    word: &'static str,
    icon: &'static str,
    endings: &'static [&'static str],
) -> Media {
    Media { content_type, word, icon, endings }
}

/// The list.
const KNOWN: [Media; 29] = [
    media("application/pdf", "PDF", "file-text", &["pdf"]),
    media("image/png", "PNG picture", "image", &["png"]),
    media("image/jpeg", "JPEG picture", "image", &["jpg", "jpeg", "jpe", "jfif"]),
    media("image/gif", "GIF picture", "image", &["gif"]),
    media("image/webp", "WebP picture", "image", &["webp"]),
    media("image/tiff", "TIFF picture", "image", &["tif", "tiff"]),
    media("image/heif", "HEIF picture", "image", &["heic", "heif"]),
    media("application/zip", "ZIP archive", "package", &["zip"]),
    media("application/gzip", "GZIP archive", "package", &["gz", "tgz"]),
    media("application/x-7z-compressed", "7-Zip archive", "package", &["7z"]),
    media(WORD, "Word document", "file-text", &["docx"]),
    media(SHEET, "Excel workbook", "file-text", &["xlsx"]),
    media(SLIDES, "PowerPoint slides", "file-text", &["pptx"]),
    media("application/vnd.oasis.opendocument.text", "OpenDocument text", "file-text", &["odt"]),
    media("application/vnd.oasis.opendocument.spreadsheet", "OpenDocument table", "file-text", &["ods"]),
    media("application/vnd.oasis.opendocument.presentation", "OpenDocument slides", "file-text", &["odp"]),
    media("application/msword", "Word document", "file-text", &["doc"]),
    media("application/vnd.ms-excel", "Excel workbook", "file-text", &["xls"]),
    media("application/vnd.ms-powerpoint", "PowerPoint slides", "file-text", &["ppt"]),
    media("application/rtf", "Rich text", "file-text", &["rtf"]),
    media("audio/mpeg", "Sound", "file", &["mp3"]),
    media("audio/x-wav", "Sound", "file", &["wav"]),
    media("audio/m4a", "Sound", "file", &["m4a"]),
    media("video/mp4", "Video", "file", &["mp4", "m4v"]),
    media("video/quicktime", "Video", "file", &["mov"]),
    media("text/csv; charset=utf-8", "CSV table", "file-text", &["csv"]),
    media("text/calendar; charset=utf-8", "Calendar entry", "calendar", &["ics"]),
    media("text/vcard; charset=utf-8", "Contact card", "contact", &["vcf"]),
    media("text/plain; charset=utf-8", "Text", "file-text", &["txt", "md", "log"]),
];

const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const SLIDES: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// First bytes of the old formats of office programs, which differ only deep inside.
const COMPOUND_FILE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const OF_COMPOUND_FILE: [&str; 3] = ["doc", "xls", "ppt"];
/// Formats that are archives; some writers order them so that only the name tells.
const OF_ZIP: [&str; 6] = ["docx", "xlsx", "pptx", "odt", "ods", "odp"];
/// Texts that say nothing of themselves.
const OF_TEXT: [&str; 3] = ["csv", "ics", "vcf"];

impl Media {
    /// Without parameters: `text/csv`.
    pub fn media_type(&self) -> &'static str {
        self.content_type.split(';').next().unwrap_or(self.content_type)
    }

    /// A picture made of pixels, of which a small one is made.
    pub fn is_picture(&self) -> bool {
        matches!(self.content_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
    }

    /// What the name promises when the content is something else: "PNG picture".
    pub fn misnamed(&self, name: &str) -> Option<&'static str> {
        by_ending(&name::ending(name)).filter(|promised| *promised != self).map(|promised| promised.word)
    }
}

/// The type that was found when the file came in.
pub fn by_type(media_type: &str) -> &'static Media {
    KNOWN.iter().find(|known| known.media_type() == media_type).unwrap_or(&BYTES)
}

fn by_ending(ending: &str) -> Option<&'static Media> {
    KNOWN.iter().find(|known| known.endings.contains(&ending))
}

/// Finds out what a file is. `beginning` is its first bytes, all of them when `is_all`.
///
/// The name only chooses among types that look alike from outside, never another one.
pub fn of(beginning: &[u8], is_all: bool, name: &str) -> &'static Media {
    let ending = name::ending(name);
    let among = |endings: &[&str]| by_ending(&ending).filter(|_| endings.contains(&ending.as_str()));
    if beginning.starts_with(COMPOUND_FILE) {
        return among(&OF_COMPOUND_FILE).unwrap_or(&BYTES);
    }
    match infer::get(beginning) {
        Some(found) if found.mime_type() == "application/zip" => among(&OF_ZIP).unwrap_or(by_type("application/zip")),
        Some(found) => by_type(found.mime_type()),
        None if is_plain_text(beginning, is_all) => among(&OF_TEXT).unwrap_or(by_type("text/plain")),
        None => &BYTES,
    }
}

/// UTF-8 that people read: no control characters, and nothing that a browser could take for markup.
fn is_plain_text(beginning: &[u8], is_all: bool) -> bool {
    let text = match std::str::from_utf8(beginning) {
        Ok(text) => text,
        // A letter may be cut at the end of the beginning.
        Err(error) if !is_all && error.error_len().is_none() => {
            std::str::from_utf8(&beginning[..error.valid_up_to()]).unwrap_or("")
        }
        Err(_) => return false,
    };
    let is_markup = |next: &u8| next.is_ascii_alphabetic() || b"!?/".contains(next);
    let has_markup = text.as_bytes().windows(2).any(|pair| pair[0] == b'<' && is_markup(&pair[1]));
    !text.is_empty()
        && !has_markup
        && !text.starts_with("#!")
        && !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'))
}
