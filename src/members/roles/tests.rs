//! The ceiling: nobody gives what they do not have.

use super::*;

fn granter(key: &str) -> Granter {
    let role = BUILT_IN.iter().find(|role| role.key == key).expect("a built-in role");
    Granter { member: Some(MemberId(1)), is_owner: key == OWNER, permissions: role.permissions() }
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
    let program = Granter { member: Some(MemberId(1)), is_owner: false, permissions: Permissions::everything() };
    assert!(!program.covers(&role(OWNER)));
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
