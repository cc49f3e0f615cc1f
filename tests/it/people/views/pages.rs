//! Conditions and views on their pages, without any script.

use serde_json::json;

use super::{LIST, fill, found, query, quills, save};
use crate::people::OWNER;
use crate::support::{Ask, TestApp};

#[test]
fn a_page_builds_conditions_saves_them_and_its_file_has_the_views_columns() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    fill(&program);
    let ana = app.session_of(OWNER);
    // What the list is narrowed by already is in the form.
    let open = ana.get(&format!("{LIST}?tag=Quill&build=true")).expect(200).text();
    assert!(open.contains("name=\"field/0\"") && open.contains("<option value=\"Quill\" selected>"), "{open}");
    let conditions = [
        ("q", ""),
        ("sort", ""),
        ("view", ""),
        ("version", "0"),
        ("group/", "and"),
        ("field/0", "tags"),
        ("op/0", "is"),
        ("value/0", "Quill"),
    ];
    let press = |button: &str, more: &[(&str, &str)]| {
        let fields: Vec<(&str, &str)> = conditions.iter().chain(more).copied().chain([("do", button)]).collect();
        ana.submit(&format!("{LIST}/filter"), &fields)
    };
    // A button adds a group; the list shows what is filled in so far.
    let grown = press("group/", &[]).expect(200).text();
    assert!(
        grown.contains("name=\"group/1\"") && grown.contains("name=\"field/1.0\"") && grown.contains("Select Bo"),
        "{grown}"
    );
    // Another field: the operators follow it.
    let changed =
        press("refresh", &[("field/1", "custom.size"), ("op/1", "contains"), ("value/1", "x")]).expect(200).text();
    assert!(changed.contains("is more than") && !changed.contains("value=\"x\""), "{changed}");
    // A fault stands at its condition, and nothing is shown until it is mended.
    let refused =
        press("show", &[("field/1", "custom.size"), ("op/1", "greater"), ("value/1", "many")]).expect(422).text();
    assert!(
        refused.contains("aria-invalid") && refused.contains("filter/and/1/value") && !refused.contains("Select Bo"),
        "{refused}"
    );
    let shown = press("show", &[("field/1", "custom.size"), ("op/1", "not_empty")]).expect(303);
    let list = ana.follow(shown).expect(200).text();
    assert!(list.contains("Select Bo") && !list.contains("Select Cy") && list.contains("Conditions: 2"), "{list}");
    let form =
        ana.follow(press("save", &[("field/1", "custom.size"), ("op/1", "not_empty")]).expect(303)).expect(200).text();
    assert!(form.contains("The people that keep 2 conditions"), "{form}");
    let tree = quills(&json!({ "field": "custom.size", "op": "not_empty" })).to_string();
    let saving = [
        ("version", "0"),
        ("object", "contact"),
        ("filter", tree.as_str()),
        ("name", "Sized quills"),
        ("sharing", "team"),
        ("sort", "-custom.size"),
        ("column", "phone"),
        ("column", "custom/size"),
    ];
    let new = format!("/w/alpha/people/views/new?object=contact&{}", query(&[("filter", &tree)]));
    let mut unnamed = saving.to_vec();
    unnamed[3] = ("name", "");
    assert!(ana.submit(&new, &unnamed).expect(422).text().contains("Enter the name of the view."));
    let saved = ana.submit(&new, &saving).expect(303);
    let at = saved.header("location").and_then(|at| at.split('&').next()).expect("an address").to_owned();
    let list = ana.follow(saved).expect(200).text();
    assert!(list.contains("Sized quills</a>") && list.contains(">7<") | list.contains("7"), "{list}");
    let order = [list.find("Select Bo"), list.find("Select Ada")];
    assert!(order[0] < order[1] && !list.contains("Select Cy"), "the view's order: {order:?}");
    // Counts come by themselves.
    let view = at.rsplit('=').next().expect("a number").to_owned();
    let counts = ana.send(
        Ask::new("GET", &format!("/w/alpha/people/views/tabs?object=contact&view={view}")).header("hx-request", "true"),
    );
    assert!(counts.expect(200).text().contains("Sized quills <span class=\"count\">2</span>"), "the count of the view");
    // The file has the columns of the view, after those that name the person.
    let file = ana.submit(&format!("{LIST}/export?view={view}"), &[("format", "csv")]).expect(200).text();
    assert!(file.starts_with("\u{feff}id,given_name,family_name,emails,phones,custom/size\r\n"), "{file}");
    assert!(file.contains("Bo,,bo@quill.example,,7") && !file.contains("Cy"), "{file}");
    let export = json!({ "object": "contact", "format": "csv", "view": view.parse::<i64>().expect("a number") });
    let export = program.call("POST", "/api/v1/exports", &export).expect(201).json();
    assert_eq!(export["columns"], json!(["phone", "custom/size"]));
    assert_eq!(program.get(export["file_url"].as_str().expect("a file")).expect(200).text(), file);
    // Everything the view holds is edited at once, and taken back.
    let page = ana.get(&at).expect(200).text();
    assert!(page.contains("name=\"narrowed\""), "{page}");
    let narrowed = format!("view={view}");
    let edit =
        [("action", "tag"), ("tag", "Whole"), ("all", "true"), ("back", at.as_str()), ("narrowed", narrowed.as_str())];
    ana.submit(&format!("{LIST}/bulk"), &edit).expect(303);
    assert_eq!(found(&program, &json!({ "field": "tags", "op": "is", "value": "Whole" })), ["Ada", "Bo"]);
    let change = program.get("/api/v1/changes").expect(200).json()["data"][0]["id"].clone();
    program.call("POST", &format!("/api/v1/changes/{change}/undo"), &json!({})).expect(202);
    for tries in 0.. {
        if found(&program, &json!({ "field": "tags", "op": "is", "value": "Whole" })).is_empty() {
            break;
        }
        assert!(tries < 100, "the edit was not taken back");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    // Without the list's own address nobody knows what all of it is.
    let lost = [("action", "tag"), ("tag", "Whole"), ("all", "true"), ("back", "https://elsewhere.example/")];
    ana.submit(&format!("{LIST}/bulk"), &lost).expect(400);
}

#[test]
fn a_view_on_its_page_is_changed_and_deleted_by_those_who_may() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let view = save(&program, &json!({ "object": "contact", "name": "Everyone", "sharing": "everybody" }));
    let path = format!("/w/alpha/people/views/{}", view["id"]);
    let (owner, viewer) = (app.session_of(OWNER), app.session_of("viewer@alpha.example"));
    assert!(viewer.get(&format!("{LIST}?view={}", view["id"])).expect(200).text().contains("Everyone"));
    viewer.get(&path).expect(404);
    let form = |version: &'static str, name: &'static str| {
        [("version", version), ("object", "contact"), ("name", name), ("sharing", "everybody"), ("sort", "")]
    };
    owner.submit(&path, &form("1", "All of us")).expect(303);
    let stale = owner.submit(&path, &form("1", "None of us")).expect(422).text();
    assert!(stale.contains("Somebody else changed this view meanwhile"), "{stale}");
    owner.get(&format!("{path}/delete")).expect(200);
    viewer.submit(&format!("{path}/delete"), &[("version", "2")]).expect(404);
    owner.submit(&format!("{path}/delete"), &[("version", "2")]).expect(303);
    viewer.get(&format!("{LIST}?view={}", view["id"])).expect(404);
}
