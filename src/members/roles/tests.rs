//! The ceiling: nobody gives what they do not have.

use super::*;

fn granter(key: &str) -> Granter {
    let role = BUILT_IN.iter().find(|role| role.key == key).expect("a built-in role");
    Granter {
        member: Some(MemberId(1)),
        is_owner: key == OWNER,
        permissions: role.permissions(),
        team: vec![MemberId(1), MemberId(2)],
    }
}

fn role(key: &str) -> Role {
    let builtin = BUILT_IN.iter().find(|role| role.key == key).expect("a built-in role");
    Role {
        id: RoleId(1),
        key: key.into(),
        name: builtin.name.into(),
        is_builtin: true,
        permissions: builtin.permissions(),
        requires_second_factor: false,
        members: 0,
        updated_at: Timestamp(0),
        version: 1,
    }
}

#[test]
fn only_an_owner_makes_an_owner_although_an_admin_holds_the_same_permissions() {
    assert_eq!(role(OWNER).permissions, role(ADMIN).permissions);
    assert!(granter(OWNER).covers(&role(OWNER)));
    assert!(!granter(ADMIN).covers(&role(OWNER)));
    assert!(granter(ADMIN).covers(&role(ADMIN)));
}

#[test]
fn a_role_with_more_than_the_granter_has_is_out_of_reach() {
    assert!(!granter("member").covers(&role(ADMIN)));
    assert!(!granter("member").covers(&role("privacy_officer")));
    assert!(granter("member").covers(&role("viewer")));
    assert!(!granter("privacy_officer").covers(&role("member")));
}

#[test]
fn a_higher_level_of_the_same_permission_is_more() {
    let mut wanted = Permissions::default();
    wanted.set(Permission::new(Action::Delete, Area::Contacts), Level::Own);
    assert!(granter("member").covers_permissions(&wanted));
    wanted.set(Permission::new(Action::Delete, Area::Contacts), Level::Team);
    assert!(!granter("member").covers_permissions(&wanted));
}

#[test]
fn a_program_of_an_owner_is_no_owner() {
    let program = Granter { is_owner: false, ..granter(OWNER) };
    assert!(!program.covers(&role(OWNER)));
}

#[test]
fn nobody_reaches_by_a_team_what_who_makes_it_does_not_reach() {
    let team = |area| {
        let mut permissions = Permissions::default();
        permissions.set(Permission::new(Action::View, area), Level::Team);
        permissions
    };
    let holding = |level| {
        let mut permissions = Permissions::default();
        permissions.set(Permission::new(Action::View, Area::Contacts), level);
        Granter { permissions, ..granter("viewer") }
    };
    let contacts = team(Area::Contacts);
    // Member 2 shares a team with the granter, member 3 does not.
    let (mate, other) = ([MemberId(2)], [MemberId(2), MemberId(3)]);
    assert_eq!(holding(Level::All).beyond(&contacts, &other), None);
    assert_eq!(holding(Level::Team).beyond(&contacts, &mate), None);
    assert_eq!(holding(Level::Team).beyond(&contacts, &other), Some(MemberId(3)));
    assert_eq!(holding(Level::Own).beyond(&contacts, &[MemberId(1)]), None);
    assert_eq!(holding(Level::Own).beyond(&contacts, &mate), Some(MemberId(2)));
    assert_eq!(holding(Level::None).beyond(&contacts, &[MemberId(1)]), Some(MemberId(1)));
    assert_eq!(holding(Level::All).beyond(&team(Area::Companies), &mate), Some(MemberId(2)));
    // An admin reaches all of it anyway, an owner may whatever they hold, and "own" or "all" need no team.
    assert_eq!(granter(ADMIN).beyond(&role("member").permissions, &other), None);
    assert_eq!(Granter { permissions: Permissions::default(), ..granter(OWNER) }.beyond(&contacts, &other), None);
    assert_eq!(holding(Level::None).beyond(&role("viewer").permissions, &other), None);
}

#[test]
fn the_built_in_roles_are_as_documented() {
    let of = |key: &str, action, area| role(key).permissions.of(action, area);
    assert_eq!(of("member", Action::Export, Area::Contacts), Level::None);
    assert_eq!(of("member", Action::Import, Area::Contacts), Level::None);
    assert_eq!(of("member", Action::Edit, Area::Companies), Level::All);
    assert_eq!(of("member", Action::Delete, Area::Contacts), Level::Own);
    assert_eq!(of("privacy_officer", Action::Edit, Area::Contacts), Level::None);
    assert_eq!(of("privacy_officer", Action::Export, Area::Audit), Level::All);
    assert!(role("viewer").permissions.iter().all(|(permission, _)| permission.action == Action::View));
}

#[test]
fn names_are_one_line_and_short() {
    assert_eq!(read_name("  Sales \n team ").expect("a name"), "Sales team");
    assert_eq!(read_name(" ").expect_err("empty").code, "required");
    assert_eq!(read_name(&"x".repeat(41)).expect_err("long").code, "too_long");
}
