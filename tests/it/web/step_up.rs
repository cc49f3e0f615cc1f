//! Sensitive actions ask who is there when the last proof is older than ten minutes (AUT-7).

use holdfast::modules;
use holdfast::web::Access;

use super::{NOBODY, call, name, path};
use crate::support::{OPERATOR, TestApp, digest};
use crate::tidy::none;

#[test]
fn aut_7_an_old_proof_does_not_open_sensitive_routes() {
    let app = TestApp::start();
    let (owner, operator) = (app.session_of("owner@alpha.example"), app.session_of(OPERATOR));
    let mut broken = Vec::new();
    let mut check = |age: &str, fresh: bool| {
        for route in modules::routes()
            .filter(|route| !route.is_api() && !matches!(route.access, Access::Public | Access::HalfSignedIn))
        {
            // Signing out ends the session that the other routes are tried with.
            if route.path == "/sign-out" || fresh && !route.step_up {
                continue;
            }
            let client = if route.access == Access::Operator { &operator } else { &owner };
            let answer = call(client, route, &path(route, "alpha", NOBODY));
            let asks = answer.status == 303 && answer.location() == "/account/confirm";
            if asks != (route.step_up && !fresh) {
                broken.push(format!("{age}: {} answers {} {}", name(route), answer.status, answer.location()));
            }
            // A page that changed the session itself (a new cookie) is as good as the old one.
        }
    };
    check("just signed in", true);
    drop(owner);
    let app = TestApp::start();
    let (owner, operator) = (app.session_of("owner@alpha.example"), app.session_of(OPERATOR));
    app.advance(11 * 60);
    let before = digest::of(&app.control(), false);
    for route in modules::routes().filter(|route| route.step_up && !route.is_api()) {
        let client = if route.access == Access::Operator { &operator } else { &owner };
        let answer = call(client, route, &path(route, "alpha", "1"));
        if answer.status != 303 || answer.location() != "/account/confirm" {
            broken.push(format!(
                "eleven minutes later: {} answers {} {}",
                name(route),
                answer.status,
                answer.location()
            ));
        }
    }
    none("Sensitive routes:", &broken);
    none("A refused action changed:", &digest::changed(&before, &digest::of(&app.control(), false)));
}
