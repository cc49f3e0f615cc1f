//! The published JSON Schema holds for every package, and would notice one that is not as it says.

use serde_json::{Value, json};

use super::{OWNER, copy_of, json_of};
use crate::support::{TestApp, schema::fault};

#[test]
fn p_087_the_data_fits_the_published_schema() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    program.upload("/api/v1/attachments", &[("on", "contact:1")], ("file", "letter.txt", b"hello")).expect(201);
    let files = copy_of(&app, &program, 1);
    let (data, schema) = (json_of(&files, "data.json"), json_of(&files, "data.schema.json"));
    assert_eq!(program.get("/api/v1/access-packages/schema").expect(200).json(), schema, "published and packed alike");
    assert_eq!(fault(&schema, &data), None);
    // Spoilt in one place, it is noticed.
    for (place, spoilt) in [
        ("/version", json!("one")),
        ("/person", json!({ "kind": "contact" })),
        ("/tables/notes/items/0/source", json!(7)),
        ("/files/0/bytes", json!(-1)),
        ("/redacted/people", Value::Null),
    ] {
        let mut broken = data.clone();
        *broken.pointer_mut(place).unwrap_or_else(|| panic!("there is no {place} in {data}")) = spoilt;
        assert!(fault(&schema, &broken).is_some(), "{place} was not noticed");
    }
}
