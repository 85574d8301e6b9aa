//! TLS to PostgreSQL, which the system's libpq has:
//! `cargo test -p roster-persistence --no-default-features --features system-libpq --test tls`.

#![cfg(all(feature = "system-libpq", not(feature = "bundled-libpq")))]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use roster_kernel::{OsRandom, SystemClock};
use roster_migrations::PERSISTENCE;
use roster_persistence::testing::{Cluster, block_on};
use roster_persistence::{Db, DbSettings, StoreError, each_backend};

/// What the server and its clients hold, as PEM.
struct Certificates {
    root: String,
    /// A root that signed nothing of the server's.
    other_root: String,
    server: [String; 2],
    /// The client certificate of the role `roster`, and its key.
    roster: [String; 2],
    /// One of the same role that `other_root` signed.
    forged: [String; 2],
    /// One of another role.
    stranger: [String; 2],
}

type Root = CertifiedIssuer<'static, KeyPair>;

fn root(name: &str) -> Root {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn signed(root: &Root, name: &str, hosts: &[&str], purpose: ExtendedKeyUsagePurpose) -> [String; 2] {
    let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![purpose];
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, root).unwrap();
    [certificate.pem(), key.serialize_pem()]
}

impl Certificates {
    fn new() -> Self {
        let (ours, other) = (root("Root"), root("Other root"));
        let client = |root, name| signed(root, name, &[], ExtendedKeyUsagePurpose::ClientAuth);
        Self {
            server: signed(&ours, "server", &["localhost"], ExtendedKeyUsagePurpose::ServerAuth),
            roster: client(&ours, "roster"),
            forged: client(&other, "roster"),
            stranger: client(&ours, "stranger"),
            root: ours.pem(),
            other_root: other.pem(),
        }
    }

    /// As files that libpq takes.
    fn write(&self, folder: &Path) {
        write(&folder.join("root.pem"), &self.root, 0o644);
        write(&folder.join("other-root.pem"), &self.other_root, 0o644);
        for (name, [certificate, key]) in
            [("roster", &self.roster), ("forged", &self.forged), ("stranger", &self.stranger)]
        {
            write(&folder.join(format!("{name}.pem")), certificate, 0o644);
            write(&folder.join(format!("{name}.key")), key, 0o600);
        }
        write(&folder.join("open.key"), &self.roster[1], 0o644);
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Who may come, and how: the role `roster` by TLS and its certificate alone, from the network.
const PG_HBA: &str = "local all postgres trust\nhostssl roster roster 127.0.0.1/32 cert\n";

/// A server with TLS, its database `roster`, and the certificates; ends with the process.
fn server() -> Option<&'static (Cluster, Certificates)> {
    static SERVER: OnceLock<Result<(Cluster, Certificates), String>> = OnceLock::new();
    let started = SERVER.get_or_init(|| {
        let certificates = Certificates::new();
        let [certificate, key] = &certificates.server;
        let files = [
            ("server.crt", certificate.as_str()),
            ("server.key", key),
            ("root.crt", &certificates.root),
            ("pg_hba.conf", PG_HBA),
        ];
        let cluster = Cluster::start_with(&["ssl=on", "ssl_ca_file=root.crt"], &files)?;
        let mut conn = diesel::PgConnection::establish(&cluster.url()).map_err(|e| e.to_string())?;
        for statement in ["CREATE ROLE roster LOGIN", "CREATE DATABASE roster OWNER roster"] {
            conn.batch_execute(statement).map_err(|e| e.to_string())?;
        }
        Ok((cluster, certificates))
    });
    match started {
        Ok(server) => Some(server),
        Err(reason) => {
            assert!(std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{reason}");
            None
        }
    }
}

/// Opens the server's database `roster` as its role, with the files of `folder`.
fn open(
    (cluster, _): &(Cluster, Certificates),
    folder: &Path,
    host: &str,
    query: &str,
) -> Result<Db, String> {
    let query = query.replace("=@", &format!("={}/", folder.display()));
    let url = format!("postgres://roster@{host}:{}/roster?{query}", cluster.port());
    let url = url.parse().map_err(|error: roster_persistence::DatabaseUrlError| error.to_string())?;
    Db::open(&url, DbSettings::default(), Arc::new(SystemClock), Arc::new(OsRandom))
        .map_err(|error| error.to_string())
}

fn files(certificates: &Certificates) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    certificates.write(folder.path());
    folder
}

const CLIENT: &str = "sslcert=@roster.pem&sslkey=@roster.key";

#[derive(QueryableByName)]
struct Sessions {
    #[diesel(sql_type = BigInt)]
    all: i64,
    #[diesel(sql_type = BigInt)]
    with_tls: i64,
    #[diesel(sql_type = Text)]
    client: String,
}

const SESSIONS: &str = "SELECT count(*) AS \"all\", count(*) FILTER (WHERE ssl) AS with_tls, \
    coalesce(max(client_dn), '') AS client \
    FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'roster'";

#[test]
fn a_store_is_migrated_written_and_read_over_verified_tls() {
    let Some(server) = server() else { return };
    let folder = files(&server.1);
    let query = format!("sslmode=verify-full&sslrootcert=@root.pem&{CLIENT}");
    let db = open(server, folder.path(), "localhost", &query).unwrap();
    let lock = db.lock_start().unwrap();
    db.migrate(&lock, &[PERSISTENCE]).unwrap();
    drop(lock);
    block_on(db.set_mark("begun", "serve")).unwrap();
    block_on(db.ready()).unwrap();
    let sessions = block_on(db.read(|conn| -> Result<_, StoreError> {
        Ok(each_backend!(conn, |conn| diesel::sql_query(SESSIONS).get_result::<Sessions>(conn))?)
    }))
    .unwrap();
    assert_eq!(block_on(db.mark("begun")).unwrap().as_deref(), Some("serve"));
    assert!(sessions.all >= 1, "{}", sessions.all);
    assert_eq!((sessions.with_tls, sessions.client.as_str()), (sessions.all, "/CN=roster"));
}

#[test]
fn a_connection_that_cannot_be_trusted_is_refused_and_the_reason_given() {
    let Some(server) = server() else { return };
    let folder = files(&server.1);
    for (host, query, reason) in [
        // The server's certificate is for another name.
        (
            "127.0.0.1",
            "sslmode=verify-full&sslrootcert=@root.pem&sslcert=@roster.pem&sslkey=@roster.key",
            "does not match host name \"127.0.0.1\"",
        ),
        // Another root has signed it.
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=@other-root.pem&sslcert=@roster.pem&sslkey=@roster.key",
            "certificate verify failed",
        ),
        (
            "localhost",
            "sslmode=verify-ca&sslrootcert=@other-root.pem&sslcert=@roster.pem&sslkey=@roster.key",
            "certificate verify failed",
        ),
        ("localhost", "sslmode=verify-full&sslrootcert=@none.pem", "none.pem\" does not exist"),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=@root.pem",
            "connection requires a valid client certificate",
        ),
        (
            "localhost",
            // With TLS 1.3 the server's alert would come after the handshake, perhaps too late to be read.
            "sslmode=verify-full&sslrootcert=@root.pem&sslcert=@forged.pem&sslkey=@forged.key\
             &ssl_max_protocol_version=TLSv1.2",
            "unknown ca",
        ),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=@root.pem&sslcert=@stranger.pem&sslkey=@stranger.key",
            "certificate authentication failed for user \"roster\"",
        ),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=@root.pem&sslcert=@roster.pem&sslkey=@open.key",
            "open.key\" has group or world access",
        ),
        ("localhost", "sslmode=disable", "no encryption"),
    ] {
        let error = open(server, folder.path(), host, query).err().unwrap_or_else(|| panic!("{query}"));
        println!("{host} {query}\n    {}", error.trim_end().replace('\n', "\n    "));
        assert!(error.contains(reason), "{query}: {error}");
    }
}

#[test]
fn lesser_modes_check_what_their_names_say() {
    let Some(server) = server() else { return };
    let folder = files(&server.1);
    // verify-ca takes any name; without a root certificate `require` encrypts, and checks nothing.
    for mode in [
        "sslmode=verify-ca&sslrootcert=@root.pem",
        "sslmode=require",
        "ssl=true",
        "sslmode=prefer",
        "sslmode=allow",
    ] {
        let opened = open(server, folder.path(), "127.0.0.1", &format!("{mode}&{CLIENT}"));
        assert!(opened.is_ok(), "{mode}: {}", opened.err().unwrap_or_default());
    }
}
