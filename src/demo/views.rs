//! The views of each house: what somebody there would come back to every week.

use super::House;
use crate::app::App;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::gate;
use crate::id::{MemberId, WorkspaceId};
use crate::people::list::tree::{Asking, Condition, Group, Node, Operator};
use crate::people::record::Object;
use crate::people::views::{Looker, NewView, Sharing, service};

/// Saves the views of a house, in the name of its first member.
pub fn save(app: &App, workspace: WorkspaceId, members: &[MemberId], house: House) -> Result<(), Error> {
    let Some(owner) = members.first().copied() else { return Ok(()) };
    let workspace = gate::for_job(app, workspace)?;
    let asking = Asking { me: owner, zone: jiff::tz::TimeZone::UTC };
    let looker = Looker { asking, team: vec![owner], may_manage: true };
    workspace.file.write(app.now(), &Origin::local(Actor::Member(owner)), |tx| {
        views(house).iter().try_for_each(|view| service::create(tx, view, &looker).map(drop))
    })
}

fn views(house: House) -> Vec<NewView> {
    let is = |field, values: &[&str]| Node::Condition(Condition::new(field, Operator::Is, values));
    let asks = |field, operator, values: &[&str]| Node::Condition(Condition::new(field, operator, values));
    let any = |of: Vec<Node>| Node::Group(Group { any: true, of });
    match house {
        House::Maker => vec![
            view(
                Object::Contact,
                "Mine, quiet for 90 days",
                Sharing::Everybody,
                vec![is("owner", &["me"]), asks("updated_at", Operator::OverDaysAgo, &["90"])],
                &["company", "phone", "updated_at", "custom/last_training"],
                "updated_at",
            ),
            view(
                Object::Contact,
                "Training is due",
                Sharing::Team,
                vec![
                    asks("custom.last_training", Operator::OverDaysAgo, &["365"]),
                    any(vec![asks("email", Operator::NotEmpty, &[]), asks("phone", Operator::NotEmpty, &[])]),
                ],
                &["company", "custom/last_training", "custom/preferred_channel", "owner"],
                "custom.last_training",
            ),
            view(
                Object::Company,
                "Renewals in the next 60 days",
                Sharing::Everybody,
                vec![
                    asks("custom.renewal_date", Operator::NextDays, &["60"]),
                    asks("custom.tier", Operator::AnyOf, &["Key account", "Standard"]),
                ],
                &["custom/customer_number", "custom/tier", "custom/renewal_date", "custom/yearly_budget", "owner"],
                "custom.renewal_date",
            ),
        ],
        House::Foundation => vec![
            view(
                Object::Contact,
                "Givers of 250 and more",
                Sharing::Everybody,
                vec![asks("custom.yearly_gift", Operator::AtLeast, &["EUR 250"])],
                &["custom/yearly_gift", "custom/preferred_channel", "phone", "owner"],
                "-custom.yearly_gift",
            ),
            view(
                Object::Contact,
                "Wants to hear of schools or seagrass",
                Sharing::Team,
                vec![
                    asks("custom.newsletter_topics", Operator::AnyOf, &["Schools", "Seagrass"]),
                    asks("email", Operator::NotEmpty, &[]),
                ],
                &["custom/newsletter_topics", "tags", "owner"],
                "",
            ),
            view(
                Object::Company,
                "Agreements that end this year",
                Sharing::Everybody,
                vec![
                    any(vec![is("custom.kind_of_partner", &["Sponsor"]), is("custom.kind_of_partner", &["School"])]),
                    asks("custom.agreement_until", Operator::Within, &["this_year"]),
                ],
                &["custom/kind_of_partner", "custom/agreement_until", "custom/yearly_contribution", "owner"],
                "custom.agreement_until",
            ),
        ],
    }
}

fn view(object: Object, name: &str, sharing: Sharing, of: Vec<Node>, columns: &[&str], sort: &str) -> NewView {
    NewView {
        object,
        name: name.to_owned(),
        filter: Group { any: false, of },
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        sort: sort.to_owned(),
        sharing,
    }
}
