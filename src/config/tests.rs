//! What a wrong setting is told, and which source wins.

use super::*;
use crate::config::load::Source;
use crate::config::options::{OPTIONS, nearest};

fn load(file: &str, environment: &[(&str, &str)], flags: &[(&str, Vec<String>)]) -> Result<Values, Error> {
    let folder = std::env::temp_dir()
        .join(format!("holdfast-config-{}", data_encoding::HEXLOWER.encode(&crate::crypto::random::<8>())));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("holdfast.toml"), file).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let values = Values::load(&folder, environment, flags);
    std::fs::remove_dir_all(folder).unwrap();
    values
}

fn refusal(file: &str, environment: &[(&str, &str)]) -> String {
    let folder = Path::new("/nowhere");
    load(file, environment, &[]).and_then(|values| Config::new(folder, &values).map(drop)).unwrap_err().to_string()
}

#[test]
fn every_default_passes_its_own_rule_and_the_names_are_in_sections() {
    let config = Config::new(Path::new("holdfast-data"), &Values::defaults(Path::new("holdfast-data"))).unwrap();
    assert_eq!(config.server.listen, ["127.0.0.1:8443"]);
    assert_eq!(config.public_url(), "https://localhost:8443");
    assert!(!config.tls.allow_1_2 && !config.security.light_hashing);
    for option in OPTIONS {
        assert_eq!(option.name.matches('.').count(), 1, "{}", option.name);
        assert!(option.help.ends_with('.'), "{}", option.name);
    }
}

#[test]
fn flags_go_over_the_environment_over_the_file_over_defaults() {
    let file = "[server]\npublic_url = \"https://crm.example.org/\"\n[session]\nidle_minutes = 30\nabsolute_hours = 12\n[log]\nformat = \"json\"\n";
    let environment =
        [("HOLDFAST_SESSION__IDLE_MINUTES", "20"), ("HOLDFAST_LOG__FORMAT", "text"), ("HOLDFAST_DATA", "/x")];
    let values = load(file, &environment, &[("session.idle_minutes", vec!["10".into()])]).unwrap();
    let config = Config::new(Path::new("/x"), &values).unwrap();
    assert_eq!((config.session.idle_minutes, config.session.absolute_hours), (10, 12));
    assert!(!config.log.json);
    assert_eq!(config.public_url(), "https://crm.example.org");
    assert_eq!(config.host_name(), "crm.example.org");
    let source = |name: &str| values.shown().into_iter().find(|(option, ..)| option.name == name).unwrap().2;
    assert_eq!(source("session.idle_minutes"), Source::Flag);
    assert_eq!(source("log.format"), Source::Environment);
    assert_eq!(source("session.absolute_hours"), Source::File);
    assert_eq!(source("database.cache_mib"), Source::Default);
}

#[test]
fn lists_come_from_arrays_and_from_text() {
    let values = load("[server]\nlisten = [\"127.0.0.1:1\", \"[::1]:2\"]\n", &[], &[]).unwrap();
    assert_eq!(values.list("server.listen"), ["127.0.0.1:1", "[::1]:2"]);
    let values = load("", &[("HOLDFAST_OUTBOUND__ALLOW", "10.0.0.0/8, mail.example.org")], &[]).unwrap();
    assert_eq!(values.list("outbound.allow"), ["10.0.0.0/8", "mail.example.org"]);
}

#[test]
fn an_unknown_option_stops_the_start_and_names_the_nearest() {
    assert_eq!(nearest("server.lisetn"), "server.listen");
    assert_eq!(nearest("mail.passwordfile"), "mail.password_file");
    let refusal_in_file = refusal("[server]\nlisen = \"x\"\n", &[]);
    assert!(
        refusal_in_file.contains("holdfast.toml: there is no option server.lisen; the nearest one is server.listen"),
        "{refusal_in_file}"
    );
    let refusal_in_environment = refusal("", &[("HOLDFAST_TLS__ALLOW_12", "true")]);
    assert!(
        refusal_in_environment.contains("HOLDFAST_TLS__ALLOW_12") && refusal_in_environment.contains("tls.allow_1_2")
    );
    assert!(refusal("listen = \"127.0.0.1:1\"\n", &[]).contains("the nearest one is"));
}

#[test]
fn a_wrong_value_names_option_value_and_rule() {
    for (file, words) in [
        ("[session]\nidle_minutes = \"ten\"\n", ["session.idle_minutes", "from 5 to 1440", "ten"]),
        ("[session]\nidle_minutes = 2\n", ["session.idle_minutes", "from 5 to 1440", "not 2"]),
        ("[tls]\nallow_1_2 = \"yes\"\n", ["tls.allow_1_2", "true or false", "yes"]),
        ("[log]\nformat = \"xml\"\n", ["log.format", "one of text, json", "xml"]),
        ("[server]\nlisten = [1]\n", ["server.listen", "a list of texts", "1"]),
        ("[server]\nlisten = \"8443\"\n", ["server.listen", "address with a port", "8443"]),
        ("[server]\npublic_url = \"http://crm.example.org\"\n", ["server.public_url", "https://", "http://crm"]),
        ("[server]\npublic_url = \"https://crm.example.org/app\"\n", ["server.public_url", "a host", "/app"]),
        ("[tls]\ncertificate = \"a.pem\"\n", ["tls.certificate", "tls.key", "both"]),
        ("[mail]\ntransport = \"smtp\"\nfrom = \"a@example.org\"\n", ["mail.host", "missing", "server"]),
        ("[mail]\ntransport = \"smtp\"\nhost = \"mail.example.org\"\n", ["mail.from", "missing", "address"]),
        (
            "[mail]\ntransport = \"smtp\"\nhost = \"m.example\"\nfrom = \"a@m.example\"\ntls = \"none\"\n",
            ["mail.tls", "mail.allow_plain", "readable"],
        ),
        ("[outbound]\nallow = [\"not a host\"]\n", ["outbound.allow", "not a host", "10.1.0.0/16"]),
        ("[mirror]\nfolder = \"backup/other\"\n", ["mirror.folder", "backup folder", "another disk"]),
        ("[mirror]\nendpoint = \"https://s3.example.org\"\n", ["mirror.bucket", "missing", "bucket"]),
        ("[mirror]\nfolder = \"/mnt/other\"\nbucket = \"b\"\n", ["mirror.folder", "mirror.endpoint", "both"]),
        (
            "[mirror]\nendpoint = \"http://s3.example.org\"\nbucket = \"b\"\naccess_key = \"k\"\n",
            ["mirror.endpoint", "https://", "mirror.allow_plain"],
        ),
        (
            "[mirror]\nendpoint = \"https://s3.example.org/path\"\nbucket = \"b\"\naccess_key = \"k\"\n",
            ["mirror.endpoint", "https://", "a host"],
        ),
        (
            "[mirror]\nendpoint = \"https://s3.example.org\"\nbucket = \"a b\"\naccess_key = \"k\"\n",
            ["mirror.bucket", "letters", "63"],
        ),
        (
            "[mirror]\nendpoint = \"https://s3.example.org\"\nbucket = \"b\"\naccess_key = \"k\"\n",
            ["mirror.secret_key_file", "missing", "holdfast.mirror"],
        ),
        (
            "[mirror]\nendpoint = \"https://s3.example.org\"\nbucket = \"b\"\naccess_key = \"k\"\nsecret_key_file = \"/etc/passwd\"\n",
            ["mirror.secret_key_file", "others may read it", "chmod"],
        ),
        ("[mirror]\nevery_minutes = 1\n", ["mirror.every_minutes", "from 5 to 10080", "not 1"]),
        ("[server\n", ["holdfast.toml", "line 1", ""]),
    ] {
        let message = refusal(file, &[]);
        assert!(words.iter().all(|word| message.contains(word)), "{file}: {message}");
    }
}

#[test]
fn addresses_in_the_public_url_keep_their_colons() {
    let mut config = Config::default();
    config.server.public_url = "https://[2001:db8::1]:8443".into();
    assert_eq!(config.host_name(), "2001:db8::1");
    assert!(config.check_public_url().is_ok());
}

#[test]
fn the_example_file_shows_every_option_and_every_line_of_it_holds() {
    let example = include_str!("../../packaging/holdfast.toml");
    let is_option = |line: &&str| {
        line.strip_prefix('#')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()) && rest.contains(" = "))
    };
    let set: Vec<String> =
        example.lines().map(|line| if is_option(&line) { line[1..].to_owned() } else { line.to_owned() }).collect();
    let values = load(&set.join("\n"), &[], &[]).unwrap();
    for (option, _, source) in values.shown() {
        assert_eq!(source, Source::File, "{} is missing from packaging/holdfast.toml", option.name);
    }
    assert!(load(example, &[], &[]).is_ok());
}
