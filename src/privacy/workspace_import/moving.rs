//! Numbers of members in rows: every one grows by the same amount, so that nobody here is taken for somebody there.

use rusqlite::types::Value as Stored;

use crate::module::{Module, NamedMembers};
use crate::privacy::images::Image;

/// What is added to the number of every member.
#[derive(Clone, Copy)]
pub struct Moved {
    pub by: i64,
    /// They say which of their texts name members.
    pub modules: &'static [&'static Module],
}

impl Moved {
    /// A value of a column as it stands here.
    pub fn there_to_here(self, table: &str, column: &str, value: Stored) -> Stored {
        self.shifted(table, column, value, self.by)
    }

    /// A value of a column as it stood in the export.
    pub fn here_to_there(self, table: &str, column: &str, value: Stored) -> Stored {
        self.shifted(table, column, value, -self.by)
    }

    /// True for columns whose texts name members: images of rows, and those that a module declares.
    pub fn is_in_text(self, table: &str, column: &str) -> bool {
        is_image(column) || self.naming(table, column).is_some()
    }

    /// A text of such a column as it stands here; `None` when that is how it stood there.
    pub fn text(self, table: &str, column: &str, text: &str) -> Option<String> {
        match self.there_to_here(table, column, Stored::Text(text.to_owned())) {
            Stored::Text(moved) if moved != text => Some(moved),
            _ => None,
        }
    }

    fn shifted(self, table: &str, column: &str, value: Stored, by: i64) -> Stored {
        match value {
            _ if by == 0 => value,
            Stored::Integer(number) if is_member(column) => Stored::Integer(number.saturating_add(by)),
            Stored::Text(text) if is_image(column) => Stored::Text(self.image(&text, by).unwrap_or(text)),
            Stored::Text(text) => match self.naming(table, column) {
                Some(naming) => Stored::Text((naming.moved)(&text, by)),
                None => Stored::Text(text),
            },
            value => value,
        }
    }

    fn naming(self, table: &str, column: &str) -> Option<&'static NamedMembers> {
        let mut all = self.modules.iter().flat_map(|module| module.named_members).copied();
        all.find(|named| named.table == table && named.column == column)
    }

    /// An image with the numbers in its rows moved; `None` when it is none.
    fn image(self, text: &str, by: i64) -> Option<String> {
        let mut image = Image::parse(text)?;
        let is_wanted = |table: &str, column: &str| is_member(column) || self.naming(table, column).is_some();
        let change = |table: &str, column: &str, value: Stored| self.shifted(table, column, value, by);
        image.change(&is_wanted, &change).ok()?;
        image.text().ok()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::MODULES;

    #[test]
    fn numbers_of_members_move_and_come_back_also_in_images_and_texts() {
        let contacts = |owner: i64| {
            format!(r#"{{"table":"contacts","columns":["id","owner_id","name"],"rows":[[7,{owner},"5"],[8,null,""]]}}"#)
        };
        let note = |member: i64| format!("Ask \u{e0a1}{member}\u{e0a2} of 5.");
        let notes =
            |member: i64| format!(r#"{{"table":"notes","columns":["id","body"],"rows":[[1,"{}"]]}}"#, note(member));
        let image = |member: i64| {
            let rest = r#""links":[],"relations":{"table":"","columns":[],"rows":[]}"#;
            Stored::Text(format!("{{\"tables\":[{},{}],{rest}}}", contacts(member), notes(member)))
        };
        let filter =
            |member: i64| Stored::Text(format!(r#"{{"and":[{{"field":"owner","op":"is","value":"{member}"}}]}}"#));
        let moved = Moved { by: 100, modules: MODULES };
        for (table, column, there, here) in [
            ("trash", "image", image(5), image(105)),
            ("saved_views", "filter", filter(5), filter(105)),
            ("notes", "body", Stored::Text(note(5)), Stored::Text(note(105))),
            ("notes", "created_by", Stored::Integer(5), Stored::Integer(105)),
            ("notes", "id", Stored::Integer(5), Stored::Integer(5)),
            ("notes", "told_by", Stored::Text("mail".into()), Stored::Text("mail".into())),
            ("contacts", "given_name", Stored::Text(note(5)), Stored::Text(note(5))),
        ] {
            assert_eq!(moved.there_to_here(table, column, there.clone()), here);
            assert_eq!(moved.here_to_there(table, column, here), there);
        }
    }
}
