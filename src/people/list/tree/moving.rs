//! Follows members to other numbers: a condition that names somebody goes on naming them after a workspace was moved.

use serde_json::Value;

use super::fields;

/// A tree as text with the numbers of members in it moved. What is no tree stays as it is.
pub fn moved(text: &str, by: i64) -> String {
    let Ok(mut tree) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    // Only what comes back as the same text can be moved back.
    let again = tree.to_string();
    if again != text {
        return text.to_owned();
    }
    node(&mut tree, by);
    tree.to_string()
}

fn node(tree: &mut Value, by: i64) {
    for key in ["and", "or"] {
        for inner in tree.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            node(inner, by);
        }
    }
    if tree.get("field").and_then(Value::as_str).is_none_or(|field| !fields::names_member(field)) {
        return;
    }
    match tree.get_mut("value") {
        Some(Value::Array(values)) => values.iter_mut().for_each(|value| number(value, by)),
        Some(value) => number(value, by),
        None => {}
    }
}

/// A number, also as a word; `me` is whoever looks.
fn number(value: &mut Value, by: i64) {
    if let Some(number) = value.as_i64() {
        *value = number.saturating_add(by).into();
    } else if let Some(number) =
        value.as_str().and_then(|word| word.parse::<i64>().ok().filter(|n| n.to_string() == word))
    {
        *value = number.saturating_add(by).to_string().into();
    }
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn members_are_followed_and_nothing_else_is() {
        let text = r#"{"and":[{"field":"owner","op":"any_of","value":["5","me"]},{"or":[{"field":"created_by","op":"is","value":7},{"field":"city","op":"is","value":"5"}]},{"field":"owner","op":"empty"}]}"#;
        let there = text.replace("[\"5\",", "[\"105\",").replace("\"value\":7", "\"value\":107");
        assert_eq!(moved(text, 100), there);
        assert_eq!(moved(&there, -100), text);
        for other in ["", "owner=5", "{\"and\": [{\"field\":\"owner\",\"op\":\"is\",\"value\":\"5\"}]}"] {
            assert_eq!(moved(other, 100), other);
        }
    }
}
