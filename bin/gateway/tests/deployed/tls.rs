use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

use crate::running::{Running, roster};

/// A folder with a certificate and its key.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// Puts a new pair there, and answers what a client has to trust.
    fn renew(&self) -> CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        write(&self.certificate(), &cert.pem(), 0o644);
        write(&self.key(), &signing_key.serialize_pem(), 0o600);
        cert.der().clone()
    }

    fn environment(&self) -> [(&'static str, String); 2] {
        let text = |path: PathBuf| path.display().to_string();
        [("ROSTER_TLS__CERTIFICATE", text(self.certificate())), ("ROSTER_TLS__KEY", text(self.key()))]
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn serve(files: &Files) -> Running {
    let environment = files.environment();
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Running::start(&["--demo"], &environment)
}

/// `GET path` by a client that trusts this certificate alone.
fn get(
    gateway: &Running,
    trusted: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
    path: &str,
) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect(gateway.address())?);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn a_gateway_speaks_tls_1_2_and_1_3_and_nothing_else() {
    let files = Files::new();
    let trusted = files.renew();
    let gateway = serve(&files);
    assert!(gateway.base.starts_with("https://127.0.0.1:"), "{}", gateway.base);
    for version in [&TLS12, &TLS13] {
        let answer = get(&gateway, &trusted, version, "/readyz").unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.to_lowercase().contains("\r\nstrict-transport-security: max-age=31536000\r\n"));
    }
    let stranger = Files::new().renew();
    assert!(get(&gateway, &stranger, &TLS13, "/readyz").is_err(), "a client would see that");
    let mut plain = TcpStream::connect(gateway.address()).unwrap();
    plain.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // It may be cut off, or told so by TLS; it is not answered.
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
}

#[test]
fn a_renewed_certificate_is_taken_without_a_restart_and_a_broken_one_is_not() {
    let files = Files::new();
    let old = files.renew();
    let gateway = serve(&files);
    assert!(get(&gateway, &old, &TLS13, "/healthz").is_ok());
    let new = files.renew();
    gateway.signal("-HUP");
    gateway.wait_for("the certificate was read again");
    assert!(get(&gateway, &new, &TLS13, "/healthz").unwrap().starts_with("HTTP/1.1 200 "));
    assert!(get(&gateway, &old, &TLS13, "/healthz").is_err());

    // A certificate without its key.
    let key = std::fs::read_to_string(files.key()).unwrap();
    files.renew();
    write(&files.key(), &key, 0o600);
    gateway.signal("-HUP");
    gateway.wait_for("goes on to hold");
    assert!(get(&gateway, &new, &TLS13, "/healthz").is_ok());
    std::fs::remove_file(files.certificate()).unwrap();
    gateway.signal("-HUP");
    gateway.wait_for("goes on to hold");
    assert!(get(&gateway, &new, &TLS13, "/healthz").is_ok());
}

#[test]
fn a_gateway_without_tls_is_not_ended_by_a_hangup() {
    let gateway = Running::start(&["--demo"], &[]);
    gateway.signal("-HUP");
    assert_eq!(gateway.json("GET", "/healthz", "", "").unwrap().0, 200);
    // It was there to hear both.
    gateway.logs();
}

#[test]
fn what_is_no_pair_is_refused_by_name() {
    let files = Files::new();
    let check = |environment: &[(&'static str, String)]| {
        let mut told = Vec::new();
        for arguments in [["config", "check"].as_slice(), &["serve", "--demo", "--listen", "127.0.0.1:0"]] {
            let output = roster().args(arguments).envs(environment.iter().cloned()).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            told.push(String::from_utf8(output.stderr).unwrap());
        }
        assert!(told.iter().all(|told| !told.contains("panicked")), "{told:?}");
        told
    };
    let said = |told: Vec<String>, what: &[&str]| {
        for told in told {
            assert!(what.iter().all(|what| told.contains(what)), "{told}");
        }
    };
    let both = files.environment();
    said(check(&both), &["tls.certificate", "certificate.pem"]);
    files.renew();
    said(check(&both[..1]), &["tls: there is a certificate, and no key"]);
    said(check(&both[1..]), &["tls: there is a key, and no certificate"]);
    std::fs::set_permissions(files.key(), std::fs::Permissions::from_mode(0o644)).unwrap();
    said(check(&both), &["tls.key", "key.pem", "644", "chmod 600"]);
    files.renew();
    let key = std::fs::read_to_string(files.key()).unwrap();
    files.renew();
    write(&files.key(), &key, 0o600);
    said(check(&both), &["tls.key", "key.pem"]);
    write(&files.key(), "no key", 0o600);
    said(check(&both), &["tls.key", "key.pem"]);
    files.renew();
    write(&files.certificate(), "no certificate", 0o644);
    said(check(&both), &["tls.certificate", "there is no certificate in it"]);
}
