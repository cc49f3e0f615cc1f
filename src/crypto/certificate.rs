//! The server's certificate: from a local authority made at first run, or files of one's own (OPS-3).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, SerialNumber, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::derive::ControlKeys;
use super::envelope::{self, Place};
use super::{file, random};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::WorkspaceId;

/// How long the authority lives: clients are told to trust it by hand, so rarely anew.
const AUTHORITY_YEARS: i64 = 10;
/// How long a server certificate lives: below the 398 days that browsers accept at most.
const SERVER_DAYS: i64 = 397;
/// A certificate with less than this left is replaced at the next look.
const RENEW_DAYS: i64 = 30;

/// A certificate with its key, ready for rustls.
pub struct Identity {
    /// The server's certificate first, then those that lead to the authority.
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
    /// SHA-256 of the server's certificate as browsers show it: `AB:CD:…`.
    pub fingerprint: String,
}

/// What the certificate on disk was made for; `tls/server.json`.
#[derive(Serialize, Deserialize)]
struct Record {
    names: BTreeSet<String>,
    not_after_ms: i64,
    fingerprint: String,
}

/// The names a certificate always carries, with the host's own and the configured ones.
pub fn names(configured: &[String]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    names.extend([host.trim().to_lowercase()].into_iter().filter(|host| is_name(host)));
    names.extend(configured.iter().map(|name| name.trim().to_lowercase()));
    names
}

/// The certificate of the local authority, made or renewed when needed: `ca.pem`, `server.pem`,
/// `server.key`, `server.json` and `ca.key` in `folder`.
///
/// The authority's key is sealed with the control key: whoever steals the disk cannot vouch for any
/// site to those who trust the authority. The server's key is plain and readable by its owner only.
pub fn local(
    folder: &Path,
    names: &BTreeSet<String>,
    control: &ControlKeys,
    now: Timestamp,
) -> Result<Identity, Error> {
    if let Some(wrong) = names.iter().find(|name| !is_name(name)) {
        return Err(Error::Refused(format!("“{wrong}” in the list of names is neither a host name nor an address")));
    }
    std::fs::create_dir_all(folder)?;
    if let Some(identity) = stored(folder, names, now)? {
        return Ok(identity);
    }
    let issuer = authority(folder, control, now)?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>()).map_err(failed)?;
    let not_after = now.plus(SERVER_DAYS * Timestamp::DAY);
    fill(&mut params, "Holdfast", now, not_after);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, &issuer).map_err(failed)?;
    let record =
        Record { names: names.clone(), not_after_ms: not_after.0, fingerprint: fingerprint(certificate.der()) };
    let key_pem = Zeroizing::new(key.serialize_pem());
    // The record goes last: without it, or with one that does not match, all of this is done again.
    file::replace(&folder.join("server.key"), key_pem.as_bytes(), 0o600)?;
    file::replace(&folder.join("server.pem"), certificate.pem().as_bytes(), 0o644)?;
    file::replace(&folder.join("server.json"), &serde_json::to_vec_pretty(&record)?, 0o644)?;
    own(&folder.join("server.pem"), &folder.join("server.key"))
}

/// A certificate and key that somebody else looks after, in PEM.
pub fn own(certificate: &Path, key: &Path) -> Result<Identity, Error> {
    let unreadable = |path: &Path, source: rustls::pki_types::pem::Error| {
        Error::Refused(format!("{} holds nothing usable in PEM: {source}", path.display()))
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|source| unreadable(certificate, source))?;
    let Some(first) = chain.first() else {
        return Err(Error::Refused(format!("{} holds no certificate", certificate.display())));
    };
    let fingerprint = fingerprint(first);
    let key = PrivateKeyDer::from_pem_file(key).map_err(|source| unreadable(key, source))?;
    Ok(Identity { chain, key, fingerprint })
}

/// SHA-256 of the authority's certificate, for whoever is about to trust it; `None` before the first run.
pub fn authority_fingerprint(folder: &Path) -> Option<String> {
    CertificateDer::from_pem_file(folder.join("ca.pem")).ok().map(|authority| fingerprint(&authority))
}

/// The certificate on disk, when it is whole, has the wanted names, and time left.
fn stored(folder: &Path, names: &BTreeSet<String>, now: Timestamp) -> Result<Option<Identity>, Error> {
    let Some(record) = file::read_if_there(&folder.join("server.json"))? else { return Ok(None) };
    let Ok(record) = serde_json::from_slice::<Record>(&record) else { return Ok(None) };
    if record.names != *names || Timestamp(record.not_after_ms).since(now) < RENEW_DAYS * Timestamp::DAY {
        return Ok(None);
    }
    let identity = own(&folder.join("server.pem"), &folder.join("server.key"));
    Ok(identity.ok().filter(|identity| identity.fingerprint == record.fingerprint))
}

/// The local authority, kept for as long as it lives so that nobody has to trust a new one.
fn authority(folder: &Path, control: &ControlKeys, now: Timestamp) -> Result<Issuer<'static, KeyPair>, Error> {
    let place = Place {
        workspace: WorkspaceId::CONTROL,
        table: "tls",
        column: "ca.key",
        row: 0,
        key_version: control.workspace.version,
    };
    // What the authority's certificate says is a function of this, so that it can be said again.
    let params = |began: Timestamp| {
        let mut params = CertificateParams::default();
        fill(&mut params, "Holdfast local authority", began, began.plus(AUTHORITY_YEARS * 365 * Timestamp::DAY));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
    };
    let path = folder.join("ca.key");
    if let Some(sealed) = file::read_if_there(&path)?
        && let Ok(opened) = envelope::open(&control.workspace.field, &place, &sealed)
        && let Some((began, key)) = opened.split_first_chunk::<8>()
        && let Ok(key) = KeyPair::try_from(key)
        && folder.join("ca.pem").exists()
    {
        let began = Timestamp(i64::from_be_bytes(*began));
        // A server certificate must not outlive the authority that signed it.
        if now.since(began) < (AUTHORITY_YEARS * 365 - SERVER_DAYS) * Timestamp::DAY {
            return Ok(Issuer::new(params(began), key));
        }
    }
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let params = params(now);
    let certificate = params.self_signed(&key).map_err(failed)?;
    let mut plain = Zeroizing::new(now.0.to_be_bytes().to_vec());
    plain.extend_from_slice(&Zeroizing::new(key.serialize_der()));
    let sealed = envelope::seal(&control.workspace.field, &place, &plain);
    file::replace(&folder.join("ca.pem"), certificate.pem().as_bytes(), 0o644)?;
    file::replace(&path, &sealed, 0o600)?;
    Ok(Issuer::new(params, key))
}

fn fill(params: &mut CertificateParams, common_name: &str, from: Timestamp, until: Timestamp) {
    let day = |moment: Timestamp| {
        let date = moment.zoned(&jiff::tz::TimeZone::UTC).date();
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    // A day early: the clocks of clients differ.
    params.not_before = day(from.plus(-Timestamp::DAY));
    params.not_after = day(until);
    params.serial_number = Some(SerialNumber::from_slice(&random::<16>()));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
}

/// A host name of letters, digits, dashes and dots, with an optional `*.` before it, or an address.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let host = name.strip_prefix("*.").unwrap_or(name);
    name.parse::<IpAddr>().is_ok() || (name.len() <= 253 && host.split('.').all(label))
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let hash = Sha256::digest(certificate);
    hash.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

fn failed(source: rcgen::Error) -> Error {
    Error::internal(format!("no certificate could be made: {source}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::ServerName;

    use super::*;
    use crate::clock::Clock;
    use crate::crypto::random_key;

    /// A whole TLS 1.3 handshake in memory by a client that trusts only `ca.pem`.
    fn handshake(folder: &Path, identity: Identity, name: &str) -> Result<(), rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut trusted = rustls::RootCertStore::empty();
        trusted.add(CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap()).unwrap();
        let client = rustls::ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let server = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(identity.chain, identity.key)?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut client = rustls::ClientConnection::new(Arc::new(client), name)?;
        let mut server = rustls::ServerConnection::new(Arc::new(server))?;
        while client.is_handshaking() || server.is_handshaking() {
            let mut wire = Vec::new();
            client.write_tls(&mut wire).unwrap();
            server.read_tls(&mut wire.as_slice()).unwrap();
            server.process_new_packets()?;
            let mut wire = Vec::new();
            server.write_tls(&mut wire).unwrap();
            client.read_tls(&mut wire.as_slice()).unwrap();
            client.process_new_packets()?;
        }
        Ok(())
    }

    #[test]
    fn ops_3_a_certificate_is_made_kept_and_renewed_under_one_authority() {
        let folder = std::env::temp_dir().join(data_encoding::HEXLOWER.encode(&random::<8>()));
        let control = ControlKeys::derive(1, &random_key());
        let now = Clock.now();
        let wanted = names(&["Crm.Example.org".into()]);
        assert!(wanted.contains("crm.example.org") && wanted.contains("::1"));
        let made = local(&folder, &wanted, &control, now).unwrap();
        let (first, authority) = (made.fingerprint.clone(), authority_fingerprint(&folder).unwrap());
        assert_eq!((first.len(), first.split(':').count()), (95, 32));
        handshake(&folder, made, "crm.example.org").unwrap();

        let kept = local(&folder, &wanted, &control, now.plus(300 * Timestamp::DAY)).unwrap();
        assert_eq!(kept.fingerprint, first);
        handshake(&folder, kept, "127.0.0.1").unwrap();

        let renewed = local(&folder, &wanted, &control, now.plus(368 * Timestamp::DAY)).unwrap();
        assert_ne!(renewed.fingerprint, first, "29 days before its end");
        let renamed = local(&folder, &names(&["other.example.org".into()]), &control, now).unwrap();
        assert_eq!(authority_fingerprint(&folder).unwrap(), authority, "nobody has to trust a new authority");
        handshake(&folder, renamed, "other.example.org").unwrap();
        let renamed = local(&folder, &names(&["other.example.org".into()]), &control, now).unwrap();
        assert!(handshake(&folder, renamed, "crm.example.org").is_err(), "the name that was taken out");

        let mode = |name: &str| {
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.join(name)).unwrap().permissions())
                & 0o777
        };
        assert_eq!((mode("server.key"), mode("ca.key")), (0o600, 0o600));
        assert!(matches!(local(&folder, &names(&["a b".into()]), &control, now), Err(Error::Refused(_))));

        std::fs::write(folder.join("server.key"), "nothing").unwrap();
        local(&folder, &names(&["other.example.org".into()]), &control, now).unwrap();
        let other_control = ControlKeys::derive(1, &random_key());
        let late = now.plus(5_000 * Timestamp::DAY);
        local(&folder, &wanted, &other_control, late).unwrap();
        assert_ne!(authority_fingerprint(&folder).unwrap(), authority);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn own_files_are_read_or_refused_by_name() {
        let missing = own(Path::new("/nowhere/cert.pem"), Path::new("/nowhere/key.pem"));
        let Err(Error::Refused(reason)) = missing else { panic!() };
        assert!(reason.contains("/nowhere/cert.pem"), "{reason}");
    }
}
