//! Numbers of members in rows: every one grows by the same amount, so that nobody here is taken for somebody there.

use rusqlite::types::Value as Stored;
use serde_json::Value as Json;

/// What is added to the number of every member.
#[derive(Debug, Clone, Copy)]
pub struct Moved(pub i64);

impl Moved {
    /// A value of a column as it stands here.
    pub fn there_to_here(self, column: &str, value: Stored) -> Stored {
        shifted(column, value, self.0)
    }

    /// A value of a column as it stood in the export.
    pub fn here_to_there(self, column: &str, value: Stored) -> Stored {
        shifted(column, value, -self.0)
    }
}

/// True for columns with the number of a member. A test walks every table.
pub fn is_member(column: &str) -> bool {
    // The one column of this ending that holds a moment.
    let by = column.ends_with("_by") && column != "confirm_by";
    by || matches!(column, "owner_id" | "member_id" | "assignee_id")
}

/// True for columns with rows of other tables as they once were.
pub fn is_image(column: &str) -> bool {
    column == "image"
}

fn shifted(column: &str, value: Stored, by: i64) -> Stored {
    match value {
        _ if by == 0 => value,
        Stored::Integer(number) if is_member(column) => Stored::Integer(number.saturating_add(by)),
        Stored::Text(text) if is_image(column) => Stored::Text(image(&text, by).unwrap_or(text)),
        value => value,
    }
}

/// An image with the numbers in its rows moved; `None` when it is none.
pub fn image(text: &str, by: i64) -> Option<String> {
    let mut image: Json = serde_json::from_str(text).ok()?;
    // A fraction that does not come back to the last digit: the numbers in this image stay what they were.
    if serde_json::to_string(&image).ok()? != text {
        return None;
    }
    for table in image.get_mut("tables")?.as_array_mut()? {
        let columns = table.get("columns")?.as_array()?;
        let places: Vec<usize> = columns
            .iter()
            .enumerate()
            .filter(|(_, name)| name.as_str().is_some_and(is_member))
            .map(|(place, _)| place)
            .collect();
        for row in table.get_mut("rows")?.as_array_mut()? {
            for place in &places {
                if let Some(cell) = row.get_mut(*place)
                    && let Some(number) = cell.as_i64()
                {
                    *cell = number.saturating_add(by).into();
                }
            }
        }
    }
    serde_json::to_string(&image).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_members_move_and_come_back_also_in_images() {
        let text = r#"{"tables":[{"table":"contacts","columns":["id","owner_id","given_name"],"rows":[[7,5,"5"],[8,null,""]]}]}"#;
        let moved = Moved(100);
        let here = moved.there_to_here("image", Stored::Text(text.into()));
        assert_eq!(here, Stored::Text(text.replace("[7,5,", "[7,105,")));
        assert_eq!(moved.here_to_there("image", here), Stored::Text(text.into()));
        assert_eq!(moved.there_to_here("created_by", Stored::Integer(5)), Stored::Integer(105));
        assert_eq!(moved.there_to_here("id", Stored::Integer(5)), Stored::Integer(5));
        assert_eq!(moved.there_to_here("told_by", Stored::Text("mail".into())), Stored::Text("mail".into()));
    }
}
