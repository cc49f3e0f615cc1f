//! What must mean the same after a workspace was moved: who a filter and a note name, whose a record is, and the files of
//! records that lie in the trash or were merged into another.

use serde_json::{Value, json};

use super::workspace_moving::picture;
use crate::people::{MEMBER, OWNER, id, member_id};
use crate::support::{Ask, Client, TestApp, shown};

/// What was put into the workspace before it was moved. Numbers of records stay, those of members do not.
pub struct Followed {
    view: i64,
    note: i64,
    deleted: i64,
    /// Files of the deleted record: a text, and a picture with its preview.
    in_trash: [i64; 2],
    merged: i64,
    /// The file of the record that was merged into another.
    of_merged: i64,
    /// The change that can be taken back.
    change: i64,
}

fn filter(member: i64) -> Value {
    json!({ "and": [{ "field": "owner", "op": "is", "value": member.to_string() }] })
}

fn content(program: &Client, file: i64) -> Vec<u8> {
    program.get(&format!("/api/v1/attachments/{file}/content")).expect(200).bytes
}

impl Followed {
    pub fn fill(app: &TestApp) -> Followed {
        let program = app.program_of(OWNER, "alpha");
        let post = |path: &str, body: Value| program.call("POST", path, &body).expect(201).json();
        let member = member_id(app, MEMBER);
        let made = |name: &str| {
            id(&post(
                "/api/v1/contacts",
                json!({ "given_name": name, "family_name": "Tide", "owner": { "id": member } }),
            ))
        };
        let attach = |on: i64, name: &str, bytes: &[u8]| {
            let on = format!("contact:{on}");
            id(&program.upload("/api/v1/attachments", &[("on", &on)], ("file", name, bytes)).expect(201).json())
        };
        let view = json!({ "object": "contact", "name": "Theirs", "filter": filter(member) });
        let view = id(&post("/api/v1/views", view));
        let (kept, goes, deleted) = (made("Kept"), made("Merged"), made("Trashed"));
        let note = json!({ "on": { "type": "contact", "id": kept }, "body": "Ask @member, not @owner." });
        let note = id(&post("/api/v1/notes", note));
        let in_trash = [attach(deleted, "slack.txt", b"slack water at nine"), attach(deleted, "quay.png", &picture())];
        let of_merged = attach(goes, "deed.txt", b"the deed of the boat");
        let merge = json!({ "other": goes });
        let merged = program.call("POST", &format!("/api/v1/contacts/{kept}/merge"), &merge).expect(200).json();
        program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{deleted}"))).expect(204);
        let change = merged["change"].as_i64().expect("a change");
        Followed { view, note, deleted, in_trash, merged: goes, of_merged, change }
    }

    pub fn are_found_again(&self, app: &TestApp) {
        let (before, program) = (app.program_of(OWNER, "alpha"), app.program_of(OWNER, "alpha-again"));
        let members = program.get("/api/v1/members").expect(200).json();
        let mut members = members["data"].as_array().expect("members").iter();
        let member = members.find(|member| member["email"] == MEMBER).and_then(|member| member["id"].as_i64());
        let member = member.expect("they came along");
        assert_ne!(member, member_id(app, MEMBER));

        let view = program.get(&format!("/api/v1/views/{}", self.view)).expect(200).json();
        assert_eq!(view["filter"], filter(member));
        let found = |program: &Client, filter: &Value| -> Vec<Value> {
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("filter", &*filter.to_string()), ("limit", "200")])
                .finish();
            let list = program.get(&format!("/api/v1/contacts?{query}")).expect(200).json();
            list["data"].as_array().expect("contacts").iter().map(|contact| contact["id"].clone()).collect()
        };
        let theirs = found(&program, &view["filter"]);
        assert!(!theirs.is_empty());
        assert_eq!(theirs, found(&before, &filter(member_id(app, MEMBER))));

        let note = format!("/api/v1/notes/{}", self.note);
        let (there, here) = (before.get(&note).expect(200).json(), program.get(&note).expect(200).json());
        assert_eq!(there["body"], here["body"]);
        assert!(here["body"].as_str().is_some_and(|body| !body.contains("former")), "{here}");
        assert_eq!(here["mentions"][0]["id"], member, "{here}");

        // A key that is exchanged meanwhile locks nobody out of what lies in the trash.
        let output = app.command(&["key", "rotate-workspace", "alpha-again"]);
        assert!(output.status.success(), "{}", shown(&output));
        let trash = program.get("/api/v1/trash").expect(200).json();
        let lies = trash["data"].as_array().expect("the trash").iter().find(|one| one["name"] == "Trashed Tide");
        let lies = lies.expect("it lies there")["id"].clone();
        program.send(Ask::new("POST", &format!("/api/v1/trash/{lies}/restore"))).expect(200);
        let back = program.get(&format!("/api/v1/contacts/{}", self.deleted)).expect(200).json();
        assert_eq!(back["owner"]["id"], member, "{back}");
        let [text, quay] = self.in_trash;
        assert_eq!(content(&program, text), b"slack water at nine");
        assert_eq!(content(&program, quay), picture());
        program.get(&format!("/api/v1/attachments/{quay}/preview")).expect(200);

        let undo = format!("/api/v1/changes/{}/undo", self.change);
        program.send(Ask::new("POST", &undo)).expect(202);
        let path = format!("/api/v1/contacts/{}", self.merged);
        let waiting = std::time::Instant::now();
        while program.get(&path).status != 200 {
            assert!(waiting.elapsed().as_secs() < 20, "it did not come back:\n{}", app.server.log());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(content(&program, self.of_merged), b"the deed of the boat");
        let file = program.get(&format!("/api/v1/attachments/{}", self.of_merged)).expect(200).json();
        assert_eq!(file["on"]["id"], self.merged, "{file}");
    }
}
