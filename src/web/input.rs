//! Reads forms and JSON strictly: what is unknown, doubled or of the wrong type is named, never ignored (WEB-7).

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use super::csrf;
use super::route::{QueryKind, QueryParameter};
use super::strict::Strict;
use crate::error::{Error, FieldError};

/// Fields a form may have; more is somebody probing.
const FIELDS: usize = 2_000;
/// Longest text of a parameter in the API, in characters; the OpenAPI document says the same.
pub const QUERY_TEXT: usize = 1_000;
/// How deep JSON may nest.
const DEPTH: usize = 32;

/// The fields in order, decoded, without the CSRF token.
pub fn pairs(body: &[u8]) -> Result<Vec<(String, String)>, Error> {
    // The copy may hold a password, so it never moves while it grows, and goes with zeros.
    let mut decoded = Zeroizing::new(Vec::with_capacity(body.len()));
    decoded.extend(percent_encoding::percent_decode(body));
    if std::str::from_utf8(&decoded).is_err() {
        return Err(Error::BadRequest("what was sent is not UTF-8".into()));
    }
    let pairs: Vec<(String, String)> = form_urlencoded::parse(body)
        .filter(|(name, _)| name != csrf::FIELD)
        .take(FIELDS + 1)
        .map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n")))
        .collect();
    if pairs.len() > FIELDS {
        return Err(Error::BadRequest("the form has too many fields".into()));
    }
    if pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Err(Error::BadRequest("text cannot hold the character NUL".into()));
    }
    Ok(pairs)
}

/// Refuses a parameter that is longer than the OpenAPI document allows.
///
/// A number that is empty is none, and no way to leave the number out: `?limit=` is refused.
pub fn check_query(query: &[u8], declared: &[QueryParameter]) -> Result<(), Error> {
    for (name, value) in pairs(query)? {
        let most = declared.iter().find(|known| known.name == name).map_or(QUERY_TEXT, |known| match known.kind {
            QueryKind::Json { most, .. } => most,
            _ => QUERY_TEXT,
        });
        if value.chars().count() > most {
            let message = format!("This is longer than {most} characters.");
            return Err(Error::field(name, "too_long", message));
        }
        let is_number =
            declared.iter().any(|known| known.name == name && matches!(known.kind, QueryKind::Integer { .. }));
        if value.is_empty() && is_number {
            let message = format!("Send a whole number, or leave {name} out.");
            return Err(Error::field(name, "wrong_type", message));
        }
    }
    Ok(())
}

/// A form as a struct of `String`, `Option<String>`, numbers, `bool` (a box with the value `true`) and `Vec`.
///
/// A `Vec` collects repeated names; any other name given twice is refused, and so is an unknown one
/// where the struct says `deny_unknown_fields`. A number that does not parse names its field.
pub fn form<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let fields = pairs(body)?;
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let deserializer = serde_html_form::Deserializer::from_bytes(encoded.as_bytes());
    serde_path_to_error::deserialize(deserializer)
        .map_err(|error| data_error(&error.path().to_string(), &error.inner().to_string()))
}

/// A JSON body. Doubled keys are refused at any depth.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let text = std::str::from_utf8(body).map_err(|_| Error::BadRequest("the body is not UTF-8".into()))?;
    check_shape(text)?;
    let value: Value = serde_json::from_str(text).map_err(not_json)?;
    if !value.is_object() {
        return Err(Error::BadRequest("the body is not a JSON object".into()));
    }
    serde_path_to_error::deserialize(Strict(value))
        .map_err(|error| data_error(&error.path().to_string(), &error.inner().to_string()))
}

/// An unknown field, a missing one, or one of the wrong type: 422, with the field.
fn data_error(path: &str, message: &str) -> Error {
    let parent = path.trim_matches('.').replace(['.', '['], "/").replace(']', "");
    let named = message.split('`').nth(1).unwrap_or("");
    let below = |name: &str| match parent.as_str() {
        "" => name.to_owned(),
        parent if parent == name || parent.ends_with(&format!("/{name}")) => parent.to_owned(),
        parent => format!("{parent}/{name}"),
    };
    let (field, code, words) = if message.starts_with("unknown field") {
        (below(named), "unknown_field", format!("There is no field {named} here."))
    } else if message.starts_with("missing field") {
        (below(named), "required", format!("The field {named} is missing."))
    } else if message.starts_with("duplicate field") {
        (below(named), "doubled", format!("The field {named} stands twice."))
    } else {
        (parent, "wrong_type", format!("This has the wrong type: {message}."))
    };
    Error::Invalid(vec![FieldError::new(field, code, words)])
}

/// Refuses doubled keys, deep nesting and NUL before anything is read into a type.
fn check_shape(text: &str) -> Result<(), Error> {
    use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

    struct Shape(usize);
    impl<'de> DeserializeSeed<'de> for Shape {
        type Value = ();
        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
            if self.0 > DEPTH {
                return Err(serde::de::Error::custom(format!("nested deeper than {DEPTH}")));
            }
            deserializer.deserialize_any(self)
        }
    }
    impl<'de> Visitor<'de> for Shape {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("JSON")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            let mut seen = HashSet::new();
            while let Some(key) = map.next_key::<String>()? {
                if !seen.insert(key.clone()) {
                    return Err(serde::de::Error::custom(format!("the key {key:?} stands twice")));
                }
                map.next_value_seed(Shape(self.0 + 1))?;
            }
            Ok(())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
            while seq.next_element_seed(Shape(self.0 + 1))?.is_some() {}
            Ok(())
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
            if text.contains('\0') { Err(E::custom("text cannot hold the character NUL")) } else { Ok(()) }
        }
        fn visit_bool<E>(self, _: bool) -> Result<(), E> {
            Ok(())
        }
        fn visit_i64<E>(self, _: i64) -> Result<(), E> {
            Ok(())
        }
        fn visit_u64<E>(self, _: u64) -> Result<(), E> {
            Ok(())
        }
        fn visit_f64<E>(self, _: f64) -> Result<(), E> {
            Ok(())
        }
        fn visit_unit<E>(self) -> Result<(), E> {
            Ok(())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Shape(0).deserialize(&mut deserializer).and_then(|()| deserializer.end()).map_err(not_json)
}

fn not_json(error: serde_json::Error) -> Error {
    Error::BadRequest(format!("the body is not good JSON: {error}"))
}
