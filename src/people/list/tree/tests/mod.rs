//! Trees read and refused, and what the buttons of their form do.

mod random;

use super::*;
use crate::clock::Timestamp;
use crate::db::{Actor, Origin, Tx, Workspace, Workspaces};
use crate::error::Error;
use crate::id::{MemberId, WorkspaceId};
use crate::people::record::Object;

/// 2026-11-21, noon.
const NOW: Timestamp = Timestamp(1_795_262_400_000);

const FIELDS: &str = "
    INSERT INTO custom_fields (id, object, key, label, kind, is_required, is_personal, category, position, created_at, updated_at)
    VALUES (1, 'contact', 'size', 'Size', 'number', 0, 0, 'none', 1, 1, 1),
           (2, 'contact', 'since', 'Since', 'date', 0, 0, 'none', 2, 1, 1),
           (3, 'contact', 'metals', 'Metals', 'choices', 0, 0, 'none', 3, 1, 1),
           (4, 'contact', 'motto', 'Motto', 'text', 0, 0, 'none', 4, 1, 1)";
const CHOICES: &str = "INSERT INTO custom_field_choices (id, field_id, label, label_key, position)
    VALUES (1, 3, 'Gold', 'gold', 0), (2, 3, 'Tin', 'tin', 1), (3, 3, 'Iron', 'iron', 2)";
const ALL_TAGS: &str = "INSERT INTO tags (id, name, name_key, created_at, updated_at)
    VALUES (1, 'vip', 'vip', 1, 1), (2, 'Press', 'press', 1, 1), (3, 'donor', 'donor', 1, 1)";

fn workspace() -> (tempfile::TempDir, std::sync::Arc<Workspace>) {
    let folder = tempfile::tempdir().unwrap();
    let workspaces = Workspaces::new(folder.path().to_owned(), 1, 8);
    let key = || zeroize::Zeroizing::new(format!("x'{}'", "5a".repeat(32)));
    workspaces.create(WorkspaceId([1; 16]), key()).unwrap();
    let workspace = workspaces.open(WorkspaceId([1; 16]), &|| Ok(key())).unwrap();
    write(&workspace, |tx| [FIELDS, CHOICES, ALL_TAGS].iter().try_for_each(|sql| tx.execute(sql, &[]).map(|_| ())));
    (folder, workspace)
}

fn write(workspace: &Workspace, work: impl FnOnce(&Tx) -> Result<(), Error>) {
    workspace.file.write_unaudited(NOW, &Origin::local(Actor::CommandLine), work).unwrap();
}

fn asking() -> Asking {
    Asking { me: MemberId(7), zone: jiff::tz::TimeZone::UTC }
}

fn codes(text: &str) -> Vec<(String, &'static str)> {
    let (_folder, workspace) = workspace();
    let outcome = workspace.file.read(NOW, |db| {
        let tree = json::parse(text, "filter")?;
        read(db, Object::Contact, &tree, &asking(), "filter").map(drop)
    });
    match outcome {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(errors)) => errors.into_iter().map(|e| (e.field.into_owned(), e.code)).collect(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn what_cannot_be_answered_is_named_by_its_place_and_rule() {
    for (text, place, code) in [
        ("[", "filter", "invalid_json"),
        ("[]", "filter", "wrong_type"),
        (r#"{"and":[]}"#, "filter/and", "required"),
        (r#"{"and":[{"or":[]}]}"#, "filter/and/0/or", "required"),
        (r#"{"and":{}}"#, "filter/and", "wrong_type"),
        (r#"{"and":[5]}"#, "filter/and/0", "wrong_type"),
        (
            r#"{"or":[{"field":"city","op":"empty"}],"and":[{"field":"city","op":"empty"}]}"#,
            "filter/or",
            "unknown_field",
        ),
        (r#"{"field":"city"}"#, "filter/op", "required"),
        (r#"{"field":5,"op":"is","value":"x"}"#, "filter/field", "wrong_type"),
        (r#"{"field":"city","op":"is","value":{}}"#, "filter/value", "wrong_type"),
        (r#"{"field":"city","op":"is","value":"x","not":true}"#, "filter/not", "unknown_field"),
        (r#"{"and":[{"field":"shoe","op":"is","value":5}]}"#, "filter/and/0/field", "unknown_field"),
        (r#"{"and":[{"field":"custom.gone","op":"is","value":5}]}"#, "filter/and/0/field", "unknown_field"),
        (r#"{"and":[{"field":"city","op":"greater","value":5}]}"#, "filter/and/0/op", "unknown_operator"),
        (r#"{"and":[{"field":"city","op":"is"}]}"#, "filter/and/0/value", "required"),
        (r#"{"and":[{"field":"city","op":"empty","value":"x"}]}"#, "filter/and/0/value", "too_many"),
        (r#"{"and":[{"field":"city","op":"is","value":["a","b"]}]}"#, "filter/and/0/value", "too_many"),
        (r#"{"and":[{"field":"custom.size","op":"between","value":5}]}"#, "filter/and/0/value", "required"),
        (r#"{"and":[{"field":"custom.size","op":"between","value":[5,1]}]}"#, "filter/and/0/value", "out_of_order"),
        (r#"{"and":[{"field":"custom.size","op":"is","value":"many"}]}"#, "filter/and/0/value", "invalid_number"),
        (r#"{"and":[{"field":"custom.metals","op":"is","value":"Lead"}]}"#, "filter/and/0/value", "unknown_choice"),
        (r#"{"and":[{"field":"tags","op":"is","value":"nobody"}]}"#, "filter/and/0/value", "unknown_tag"),
        (r#"{"and":[{"field":"owner","op":"is","value":"Ada"}]}"#, "filter/and/0/value", "unknown_member"),
        (r#"{"and":[{"field":"country","op":"is","value":"Atlantis"}]}"#, "filter/and/0/value", "unknown_country"),
        (r#"{"and":[{"field":"company_id","op":"is","value":"Works"}]}"#, "filter/and/0/value", "unknown_record"),
        (r#"{"and":[{"field":"created_at","op":"before","value":"soon"}]}"#, "filter/and/0/value", "invalid_date"),
        (r#"{"and":[{"field":"created_at","op":"within","value":"later"}]}"#, "filter/and/0/value", "unknown_period"),
        (r#"{"and":[{"field":"archived","op":"is","value":"perhaps"}]}"#, "filter/and/0/value", "invalid_choice"),
        (r#"{"and":[{"field":"phone","op":"contains","value":"x"}]}"#, "filter/and/0/value", "required"),
    ] {
        assert_eq!(codes(text), [(place.to_owned(), code)], "{text}");
    }
    // Everything at once: each fault has its own line.
    let two = r#"{"or":[{"field":"a","op":"is","value":"1"},{"and":[{"field":"city","op":"is"}]}]}"#;
    assert_eq!(codes(two).len(), 2);
}

#[test]
fn depth_and_number_have_bounds() {
    let nested = |deep: usize| {
        let inner = r#"{"field":"city","op":"empty"}"#.to_owned();
        (0..deep).fold(inner, |inner, _| format!("{{\"and\":[{inner}]}}"))
    };
    assert_eq!(codes(&nested(DEEPEST)), []);
    assert_eq!(codes(&nested(DEEPEST + 1))[0].1, "too_deep");
    let wide = |many: usize| {
        let all = vec![r#"{"field":"city","op":"empty"}"#; many];
        format!("{{\"or\":[{}]}}", all.join(","))
    };
    assert_eq!(codes(&wide(MOST)), []);
    assert_eq!(codes(&wide(MOST + 1)), [("filter".to_owned(), "too_many")]);
    assert_eq!(codes(&" ".repeat(LONGEST + 1)), [("filter".to_owned(), "too_long")]);
}

#[test]
fn a_form_is_read_as_it_was_drawn_and_its_buttons_change_it() {
    let pairs = [
        ("group/", "or"),
        ("field/0", "city"),
        ("op/0", "contains"),
        ("value/0", "lub"),
        ("group/1", "and"),
        ("field/1.0", "tags"),
        ("op/1.0", "any_of"),
        ("value/1.0", "vip"),
        ("value/1.0", "donor"),
        ("field/1.1", "created_at"),
        ("op/1.1", "between"),
        ("value/1.1", "2026-01-01"),
        ("until/1.1", "2026-02-01"),
        ("do", "show"),
    ];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let (mut tree, others) = form::read(pairs).unwrap();
    assert_eq!(others, [("do".to_owned(), "show".to_owned())]);
    let wanted = r#"{"or":[{"field":"city","op":"contains","value":"lub"},{"and":[{"field":"tags","op":"any_of","value":["vip","donor"]},{"field":"created_at","op":"between","value":["2026-01-01","2026-02-01"]}]}]}"#;
    assert_eq!(json::text(&tree), wanted);
    assert_eq!(json::parse(wanted, "filter").unwrap(), tree);
    let (_folder, workspace) = workspace();
    let definitions =
        workspace.file.read(NOW, |db| crate::people::custom_fields::Definitions::load(db, Object::Contact)).unwrap();
    let fields = Fields::of(Object::Contact, &definitions);
    for (button, conditions, depth) in [
        ("condition/", 4, 2),
        ("condition/1", 5, 2),
        ("group/1", 6, 3),
        ("remove/1.3", 5, 2),
        ("remove/1", 2, 1),
        ("remove/9", 2, 1),
        ("condition/0", 2, 1),
        ("refresh", 2, 1),
    ] {
        form::press(&mut tree, &form::Press::read(button).unwrap(), &fields);
        assert_eq!((tree.count(), json::depth(&tree)), (conditions, depth), "{button}: {}", json::text(&tree));
    }
    assert_eq!(form::Press::read("erase/0"), None);
    // A condition whose field was changed gets an operator that fits; one that waits for its value is left out.
    tree.of[0] =
        Node::Condition(Condition { field: "owner".into(), operator: "contains".into(), values: vec!["x".into()] });
    form::press(&mut tree, &form::Press::Refresh, &fields);
    assert_eq!(tree.of[0], Node::Condition(Condition::new("owner", Operator::Is, &[])));
    assert!(tree.filled().of.is_empty());
}

#[test]
fn what_is_renamed_goes_on_meaning_the_same() {
    let tree = r#"{"and":[{"field":"tags","op":"any_of","value":["VIP","donor"]},{"or":[{"field":"city","op":"is","value":"vip"}]}]}"#;
    let tree = json::parse(tree, "filter").unwrap();
    let after = rename::value(&tree, "tags", "vip", "Friend").unwrap();
    assert_eq!(json::text(&after), json::text(&tree).replace("VIP", "Friend"));
    assert_eq!(rename::value(&tree, "tags", "press", "Friend"), None);
}
