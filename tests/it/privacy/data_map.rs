//! The data map and the schema must name the same columns: a column that nobody declared is
//! personal data that nobody exports, and nobody erases.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::clock::Timestamp;
use holdfast::db::{DbFile, Workspaces, open_control};
use holdfast::id::WorkspaceId;
use holdfast::modules;
use holdfast::privacy::data_map::{Erasure, File, Holds, Reading, Recipient, Subject, Table};

/// `table.column` of a file.
type Columns = BTreeSet<(String, String)>;

/// Every column of a fresh file, but for two kinds of table that hold nothing of their own:
/// refinery's list of the migrations that ran, and what belongs to a full-text index. An index is a
/// virtual table; its content stands in the tables `<index>_data`, `_idx`, `_docsize`, `_config` and
/// `_content`, is derived from declared columns, and is cleared with them.
fn columns(file: &DbFile) -> Columns {
    file.read(Timestamp(0), |db| {
        db.rows(
            "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_xinfo(s.name) c
             WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%' AND s.name <> 'refinery_schema_history'
               AND s.sql NOT LIKE 'CREATE VIRTUAL TABLE%'
               AND NOT EXISTS (SELECT 1 FROM sqlite_schema v WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%'
                               AND s.name IN (v.name || '_data', v.name || '_idx', v.name || '_docsize',
                                              v.name || '_config', v.name || '_content'))",
            &[],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    })
    .expect("the schema reads")
    .into_iter()
    .collect()
}

fn key() -> zeroize::Zeroizing<String> {
    zeroize::Zeroizing::new(format!("x'{}'", "5a".repeat(32)))
}

/// The columns of both files, freshly migrated.
fn stored() -> BTreeMap<&'static str, Columns> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let control = open_control(&folder.path().join("control.db"), key()).expect("control.db migrates");
    let id = WorkspaceId([7; 16]);
    let workspaces = Workspaces::new(folder.path().join("workspaces"), 1, 8);
    workspaces.create(id, key()).expect("data.db is made");
    let workspace = workspaces.open(id, &|| Ok(key())).expect("data.db migrates");
    BTreeMap::from([("control.db", columns(&control)), ("data.db", columns(&workspace.file))])
}

fn file(table: &Table) -> &'static str {
    match table.file {
        File::Control => "control.db",
        File::Workspace => "data.db",
    }
}

#[test]
fn every_column_is_declared_once() {
    let stored = stored();
    let mut declared: BTreeMap<&str, Columns> = BTreeMap::new();
    let mut broken = Vec::new();
    for table in modules::tables() {
        let set = declared.entry(file(table)).or_default();
        for column in table.columns {
            if !set.insert((table.name.into(), column.name.into())) {
                broken.push(format!("{}: {}.{} is declared twice", file(table), table.name, column.name));
            }
        }
    }
    for (name, found) in &stored {
        let known = declared.remove(name).unwrap_or_default();
        for (table, column) in found.difference(&known) {
            broken.push(format!("{name}: {table}.{column} is not declared: add it to {}", home(name, table)));
        }
        for (table, column) in known.difference(found) {
            broken.push(format!("{name}: {table}.{column} is declared in {}, but is no column", home(name, table)));
        }
    }
    crate::tidy::none("The data map must name every column:", &broken);
}

/// The `data_map.rs` that declares the table, or that should: the one beside the migration's module.
fn home(file: &str, table: &str) -> String {
    let declaration = format!("name: \"{table}\"");
    let maps: Vec<_> = crate::tidy::sources("src", &["data_map.rs", "data_map/mod.rs"]);
    if let Some(map) = maps.iter().find(|map| map.text.contains(&declaration)) {
        return map.path.clone();
    }
    let set = if file == "control.db" { "migrations/control" } else { "migrations/workspace" };
    let creation = format!("CREATE TABLE {table} ");
    crate::tidy::sources(set, &[".sql"]).iter().find(|migration| migration.text.contains(&creation)).map_or_else(
        || "the data_map.rs of its module".into(),
        |migration| format!("the data_map.rs of what {} is for", migration.path),
    )
}

#[test]
fn declarations_point_at_columns_that_exist() {
    let mut broken = Vec::new();
    for table in modules::tables() {
        let has = |column: &str| table.columns.iter().any(|known| known.name == column);
        let mut check = |what: &str, column: &str| {
            if !has(column) {
                broken.push(format!("{}: {what} names {column}, which is no column of it", table.name));
            }
        };
        match table.subject {
            Subject::Nobody => {}
            Subject::Is(column) => check("subject", column),
            Subject::Via { column, .. } | Subject::Object(column) => check("subject", column),
            Subject::Polymorphic { kind, id } => {
                check("subject", kind);
                check("subject", id);
            }
        }
        if let Subject::Via { table: parent, .. } = table.subject
            && !modules::tables().any(|other| other.name == parent && other.file == table.file)
        {
            broken.push(format!(
                "{}: its subject is found through {parent}, which is no table of the same file",
                table.name
            ));
        }
    }
    crate::tidy::none("The data map:", &broken);
}

/// An export is a JSON object for each row: two columns under one key would hide one of them.
#[test]
fn export_names_are_unique_within_a_table() {
    let mut broken = Vec::new();
    for table in modules::tables() {
        let mut seen = BTreeSet::new();
        for name in table.columns.iter().filter_map(|column| column.export) {
            if !seen.insert(name) {
                broken.push(format!("{}.{name}", table.name));
            }
        }
    }
    crate::tidy::none("Two columns of one table are exported under one name:", &broken);
}

#[test]
fn secrets_are_never_exported_and_everything_personal_is() {
    let (mut broken, mut withheld) = (Vec::new(), Vec::new());
    for table in modules::tables() {
        for column in table.columns {
            let exported = column.export.is_some();
            if exported && column.holds == Holds::Credential {
                broken.push(format!("{}.{} is a secret, yet is exported", table.name, column.name));
            }
            if column.is_withheld {
                withheld.push(format!("{}.{}", table.name, column.name));
            } else if !exported
                && !matches!(column.holds, Holds::Credential | Holds::Nothing)
                && table.subject != Subject::Nobody
            {
                broken.push(format!(
                    "{}.{} holds {:?}, yet is left out of exports",
                    table.name, column.name, column.holds
                ));
            }
        }
    }
    crate::tidy::none("What is about a person is exported to them, secrets never:", &broken);
    // Each of these was decided on, and the data map says why.
    assert_eq!(withheld, ["legal_holds.matter", "legal_holds.reason", "legal_holds.release_reason"]);
}

/// A table about people that erasure leaves alone would keep them for ever.
#[test]
fn what_holds_personal_data_can_be_erased() {
    let mut broken = Vec::new();
    for table in modules::tables() {
        // A column that says itself what erasure does to it needs no table to say so.
        let personal = table.columns.iter().any(|column| column.holds != Holds::Nothing && column.erasure.is_none());
        if personal && table.erasure == Erasure::NothingToErase {
            broken.push(format!("{}: holds personal data, but erasure does nothing", table.name));
        }
        if personal && table.subject == Subject::Nobody {
            broken.push(format!("{}: holds personal data, but of nobody", table.name));
        }
        for column in table.columns {
            if let Some(Erasure::Keep { because, .. }) = column.erasure
                && because.is_empty()
            {
                broken.push(format!("{}.{}: is kept without a reason", table.name, column.name));
            }
        }
        if table.purpose.is_empty() {
            broken.push(format!("{}: has no purpose", table.name));
        }
    }
    crate::tidy::none("The data map:", &broken);
}

/// Two declarations of one table would disagree sooner or later.
#[test]
fn every_table_is_declared_once() {
    let mut seen = BTreeSet::new();
    let twice: Vec<String> = modules::tables()
        .filter(|table| !seen.insert((file(table), table.name)))
        .map(|table| format!("{}: {}", file(table), table.name))
        .collect();
    crate::tidy::none("Declared twice:", &twice);
}

/// What hangs on a record is found by these columns when it is deleted, merged or brought back
/// (`people/images`).
#[test]
fn what_hangs_on_records_says_so_by_the_same_columns() {
    // The log is nobody's to take back, and a notification goes with its reader, not with its
    // record, and a request of a person outlives the record as proof.
    // A copy of what is held belongs to the person, whatever becomes of the record.
    let apart =
        ["audit", "notifications", "access_packages", "subject_requests", "erasures", "portal_visits", "portal_codes"];
    let broken: Vec<String> = modules::tables()
        .filter(|table| table.file == File::Workspace && !apart.contains(&table.name))
        .filter(
            |table| matches!(table.subject, Subject::Polymorphic { kind, id } if (kind, id) != ("on_type", "on_id")),
        )
        .map(|table| format!("{}: hangs on records by columns other than on_type and on_id", table.name))
        .collect();
    crate::tidy::none("The data map:", &broken);
}

/// The inventory and a copy of somebody's data are read by people.
#[test]
fn p_001_every_table_and_column_has_words_for_people() {
    let mut seen = BTreeSet::new();
    let mut broken = Vec::new();
    for table in modules::tables() {
        if table.label.is_empty() || table.label.contains('_') {
            broken.push(format!("{}: {} has no label for people: {:?}", file(table), table.name, table.label));
        }
        if !seen.insert((file(table), table.label)) {
            broken.push(format!("{}: two tables are called {:?}", file(table), table.label));
        }
        for column in table.columns {
            let label = column.label();
            if label.is_empty() || label.contains('_') || !label.starts_with(char::is_uppercase) {
                broken.push(format!("{}.{}: the label {label:?} is not for people", table.name, column.name));
            }
        }
    }
    crate::tidy::none("The data map:", &broken);
}

/// P-040 and P-042: who may receive a column follows from what it holds, and some may never.
#[test]
fn p_042_every_column_about_people_says_who_may_receive_it() {
    let mut broken = Vec::new();
    for table in modules::tables() {
        for column in table.columns.iter().filter(|column| column.is_personal()) {
            let recipients = column.recipients();
            if recipients.is_empty() {
                broken.push(format!("{}.{}: says of no processor that it may receive it", table.name, column.name));
            }
            let sealed_only = [Recipient::Infrastructure, Recipient::Storage];
            if column.holds == Holds::Credential && recipients.iter().any(|one| !sealed_only.contains(one)) {
                broken.push(format!("{}.{}: a secret that leaves unsealed", table.name, column.name));
            }
            if recipients.contains(&Recipient::Analytics) {
                broken.push(format!("{}.{}: analytics gets nothing about people", table.name, column.name));
            }
        }
    }
    crate::tidy::none("Processors:", &broken);
}

/// An id of another table is read there: a reading that names nothing would show nothing.
#[test]
fn readings_point_at_columns_that_exist() {
    let mut broken = Vec::new();
    for table in modules::tables() {
        let of = |name: &str| modules::tables().find(|other| other.name == name && other.file == table.file);
        for column in table.columns {
            let is_there = match column.reading {
                Reading::Named { table, column } => {
                    of(table).is_some_and(|named| named.columns.iter().any(|known| known.name == column))
                }
                Reading::Defined(definition) => table.columns.iter().any(|known| known.name == definition),
                _ => true,
            };
            if !is_there {
                broken.push(format!("{}.{}: {:?}", table.name, column.name, column.reading));
            }
        }
    }
    crate::tidy::none("The data map:", &broken);
}

#[test]
fn who_answers_for_the_data_is_checked_and_stands_where_people_read() {
    let app = crate::support::TestApp::start();
    let program = app.program_of(crate::people::OWNER, "alpha");
    const PATH: &str = "/api/v1/controller";
    let nobody = program.get(PATH).expect(200).json();
    assert_eq!(nobody["name"], "");
    assert!(!app.stranger().get("/p/alpha/privacy").expect(200).text().contains("Who answers for it"));
    for (body, field) in [
        (serde_json::json!({ "email": "x@harbour.example" }), "name"),
        (serde_json::json!({ "name": "Harbour Ltd", "email": "nowhere" }), "email"),
        (serde_json::json!({ "name": "Harbour Ltd", "dpo_name": "Ines" }), "dpo_email"),
        (serde_json::json!({ "name": "x".repeat(201) }), "name"),
    ] {
        let problem = program.call("PUT", PATH, &body).expect(422).json();
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{problem}");
    }
    let owner = app.session_of(crate::people::OWNER);
    let form = [
        ("name", "Harbour Ltd"),
        ("address", "1 Quay\r\nPort"),
        ("email", "office@harbour.example"),
        ("dpo_name", "Ines <b>"),
        ("dpo_email", "dpo@harbour.example"),
    ];
    owner.submit("/w/alpha/settings/controller", &form).expect(303);
    let again =
        owner.submit("/w/alpha/settings/controller", &[("name", ""), ("email", "kept@harbour.example")]).expect(422);
    assert!(again.text().contains("kept@harbour.example"), "the form comes back filled");
    assert_eq!(program.get(PATH).expect(200).json()["address"], "1 Quay\nPort");
    let notice = app.stranger().get("/p/alpha/privacy").expect(200).text();
    for words in ["Who answers for it", "Harbour Ltd", "1 Quay<br>Port", "Ines &#60;b&#62;", "dpo@harbour.example"] {
        assert!(notice.contains(words), "{words} in {notice}");
    }
    app.program_of("viewer@alpha.example", "alpha").call("PUT", PATH, &nobody).expect(403);
}
