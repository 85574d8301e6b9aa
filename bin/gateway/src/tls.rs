//! TLS at the listeners: rustls, versions 1.2 and 1.3, a certificate that is read again when it changes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};

/// How often the files are looked at.
pub(crate) const LOOK: Duration = Duration::from_secs(60);

/// Where certificate and key stand. Without both there is no TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// The certificate and those between it and its root, in this order, as PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, as PEM; nobody else may read the file.
    pub key: Option<PathBuf>,
}

/// Two files that belong together.
#[derive(Debug, Clone)]
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

impl TlsConfig {
    fn pair(&self) -> Result<Option<Pair>, String> {
        match (self.certificate.clone(), self.key.clone()) {
            (Some(certificate), Some(key)) => Ok(Some(Pair { certificate, key })),
            (None, None) => Ok(None),
            (Some(_), None) => Err("tls: there is a certificate, and no key".into()),
            (None, Some(_)) => Err("tls: there is a key, and no certificate".into()),
        }
    }

    /// Whether a gateway could start with it.
    ///
    /// # Errors
    /// Which file is not as it should be, and how.
    pub(crate) fn check(&self) -> Result<(), String> {
        Certificate::open(self).map(drop)
    }
}

/// The certificate that holds now.
#[derive(Debug)]
pub(crate) struct Certificate {
    pair: Pair,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
    /// When the files were written that it stands in.
    written: Mutex<Option<[SystemTime; 2]>>,
}

impl Certificate {
    /// Reads the files that `config` names, if it names any.
    ///
    /// # Errors
    /// Which file is not as it should be, and how.
    pub(crate) fn open(config: &TlsConfig) -> Result<Option<Arc<Self>>, String> {
        let Some(pair) = config.pair()? else { return Ok(None) };
        let provider = Arc::new(ring::default_provider());
        let written = Mutex::new(pair.written());
        let current = RwLock::new(Arc::new(pair.read(&provider)?));
        Ok(Some(Arc::new(Self { pair, provider, current, written })))
    }

    /// How a listener speaks TLS with it.
    ///
    /// # Errors
    /// If the cryptography is not as it should be.
    pub(crate) fn server(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let versions = ServerConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()?;
        Ok(versions.with_no_client_auth().with_cert_resolver(self.clone()))
    }

    /// Reads the files again. If they are not as they should be, what held goes on to hold.
    pub(crate) fn reload(&self) {
        let written = self.pair.written();
        match self.pair.read(&self.provider) {
            Ok(read) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
                *self.written.lock().unwrap_or_else(PoisonError::into_inner) = written;
                tracing::info!(file = %self.pair.certificate.display(), "the certificate was read again");
            }
            Err(error) => tracing::error!(error, "the certificate that held goes on to hold"),
        }
    }

    /// Reads the files again if they were written since.
    pub(crate) fn look(&self) {
        let written = *self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if self.pair.written() != written {
            self.reload();
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Pair {
    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
        let Self { certificate, key } = self;
        let in_certificate =
            |error: &dyn std::fmt::Display| format!("tls.certificate: {}: {error}", certificate.display());
        let in_key = |error: &dyn std::fmt::Display| format!("tls.key: {}: {error}", key.display());
        let chain = CertificateDer::pem_file_iter(certificate).map_err(|e| in_certificate(&e))?;
        let chain = chain.collect::<Result<Vec<_>, _>>().map_err(|e| in_certificate(&e))?;
        if chain.is_empty() {
            return Err(in_certificate(&"there is no certificate in it"));
        }
        private(key).map_err(|error| in_key(&error))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(|e| in_key(&e))?;
        CertifiedKey::from_der(chain, key, provider).map_err(|error| in_key(&error))
    }

    fn written(&self) -> Option<[SystemTime; 2]> {
        let of = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
        of(&self.certificate).zip(of(&self.key)).map(|(certificate, key)| [certificate, key])
    }
}

/// Whether a key's file is for its owner and his group alone.
fn private(key: &Path) -> Result<(), String> {
    let file = std::fs::metadata(key).map_err(|error| error.to_string())?;
    match file.permissions().mode() & 0o777 {
        mode if mode & 0o007 != 0 => Err(format!("others may read it (mode {mode:03o}); chmod 600 it")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File, Permissions};

    use super::*;

    /// Puts a new pair into the folder, written at this second.
    fn put(folder: &Path, second: u64) -> Vec<u8> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        for (name, text) in
            [("certificate.pem", made.cert.pem()), ("key.pem", made.signing_key.serialize_pem())]
        {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
            File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        }
        made.cert.der().to_vec()
    }

    #[test]
    fn files_are_read_again_when_they_were_written_since() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| Some(folder.path().join(name));
        let config = TlsConfig { certificate: path("certificate.pem"), key: path("key.pem") };
        let first = put(folder.path(), 1);
        let certificate = Certificate::open(&config).unwrap().unwrap();
        let holds = || certificate.current.read().unwrap().cert[0].to_vec();
        assert_eq!(holds(), first);
        // The same time: nobody looks into the files.
        put(folder.path(), 1);
        certificate.look();
        assert_eq!(holds(), first);
        let second = put(folder.path(), 2);
        certificate.look();
        assert_eq!(holds(), second);
        // What is broken is looked at again until it is whole.
        put(folder.path(), 3);
        fs::remove_file(folder.path().join("key.pem")).unwrap();
        certificate.look();
        assert_eq!(holds(), second);
        let third = put(folder.path(), 3);
        certificate.look();
        assert_eq!(holds(), third);
    }
}
