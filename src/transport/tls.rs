//! TLS for doors that need it: our certificate from PEM files, and whom we trust. One crypto provider, aws-lc-rs.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Why TLS cannot be spoken, with the file that is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

/// Our side of connections that come in.
///
/// # Errors
/// When a file cannot be read, or the key does not belong to the certificate.
pub fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, Unusable> {
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| named(key, &error.to_string()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Unusable(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| named(certificate, &error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Our side of connections that go out: the system's authorities are trusted, and those of one more file.
///
/// # Errors
/// When the file cannot be read, or nobody would be trusted at all.
pub fn connector(authority: Option<&Path>) -> Result<TlsConnector, Unusable> {
    let mut roots = RootCertStore::empty();
    // Some of a system's certificates may be unreadable; the others serve.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = authority {
        for certificate in certificates(file)? {
            roots.add(certificate).map_err(|error| named(file, &error.to_string()))?;
        }
    }
    if roots.is_empty() {
        return Err(Unusable(
            "no authority is trusted: the system has no certificates, and `authority` names none".into(),
        ));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Unusable(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(chain) if chain.is_empty() => Err(named(file, "no certificate in it")),
        Ok(chain) => Ok(chain),
        Err(error) => Err(named(file, &error.to_string())),
    }
}

fn named(file: &Path, words: &str) -> Unusable {
    Unusable(format!("{}: {words}", file.display()))
}

/// Why TLS with somebody did not come about, as far as the words of the library tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its certificate is signed by nobody we trust.
    UnknownIssuer,
    /// Its certificate is for another name.
    OtherName,
    /// Its certificate has ended, or has not begun.
    Expired,
    /// What answers does not speak TLS.
    NotTls,
    /// It wants a certificate of ours, or another one.
    ClientCertificate,
    /// No version or cipher is common to both.
    NothingInCommon,
}

impl Cause {
    /// What the words of an error of rustls mean; `None` where they mean nothing in particular.
    pub fn of(words: &str) -> Option<Self> {
        const KNOWN: &[(&str, Cause)] = &[
            ("unknownissuer", Cause::UnknownIssuer),
            ("unknown issuer", Cause::UnknownIssuer),
            ("badsignature", Cause::UnknownIssuer),
            ("notvalidforname", Cause::OtherName),
            ("not valid for name", Cause::OtherName),
            ("expired", Cause::Expired),
            ("notvalidyet", Cause::Expired),
            ("not valid yet", Cause::Expired),
            ("corrupt message", Cause::NotTls),
            ("invalidcontenttype", Cause::NotTls),
            ("certificaterequired", Cause::ClientCertificate),
            ("badcertificate", Cause::ClientCertificate),
            ("unknownca", Cause::ClientCertificate),
            ("accessdenied", Cause::ClientCertificate),
            ("handshakefailure", Cause::NothingInCommon),
            ("protocolversion", Cause::NothingInCommon),
            ("peerincompatible", Cause::NothingInCommon),
            ("peer is incompatible", Cause::NothingInCommon),
        ];
        let lower = words.to_lowercase();
        KNOWN.iter().find(|(part, _)| lower.contains(part)).map(|(_, cause)| *cause)
    }
}
