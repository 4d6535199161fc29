//! TLS as `sslmode` asks for it.

use super::config::{PostgresConfig, SslMode};
use std::{path::Path, sync::Arc};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};

/// Makes TLS connections that keep what `config` demands.
///
/// # Errors
/// What is wrong with a certificate's file, in words for the user.
pub(super) fn connector(config: &PostgresConfig) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(ring::default_provider());
    let checks = match config.ssl_mode.unwrap_or(SslMode::Prefer) {
        SslMode::VerifyFull => Checks::ChainAndName,
        SslMode::VerifyCa => Checks::Chain,
        // libpq's rule, which its documentation calls a courtesy to the past.
        SslMode::Require if config.root_certificate.is_some() => Checks::Chain,
        SslMode::Require | SslMode::Prefer | SslMode::Disable => Checks::Nothing,
    };
    let mut verifier = Verifier { checks, chain: None, given: Vec::new(), provider };
    if checks != Checks::Nothing {
        verifier.trust(config.root_certificate.as_deref())?;
    }
    let provider = verifier.provider.clone();
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let client = match &config.client_certificate {
        None => builder.with_no_client_auth(),
        Some(certificate) => {
            let key = config.client_key.as_ref().ok_or_else(|| {
                format!("{} needs its key: say sslkey too", certificate.display())
            })?;
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| format!("the key {} cannot be read: {error}", key.display()))?;
            builder
                .with_client_auth_cert(certificates(certificate)?, key)
                .map_err(|error| format!("{} and its key: {error}", certificate.display()))?
        }
    };
    Ok(MakeRustlsConnect::new(client))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let failed = |error| format!("the certificate {} cannot be read: {error}", file.display());
    CertificateDer::pem_file_iter(file).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Checks {
    Nothing,
    Chain,
    ChainAndName,
}

/// Checks as much of a server's certificate as was asked for, and always that the server holds its
/// key.
#[derive(Debug)]
struct Verifier {
    checks: Checks,
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// The certificates of the user's own file.
    given: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    /// Trusts the certificates in `file`; without one, or for the word `system`, the system's.
    fn trust(&mut self, file: Option<&Path>) -> Result<(), String> {
        let mut roots = RootCertStore::empty();
        let (added, place) = match file.filter(|file| file.as_os_str() != "system") {
            Some(file) => {
                self.given = certificates(file)?;
                let (added, _) = roots.add_parsable_certificates(self.given.iter().cloned());
                (added, file.display().to_string())
            }
            None => {
                let found = rustls_native_certs::load_native_certs().certs;
                (roots.add_parsable_certificates(found).0, "the system's store".to_owned())
            }
        };
        if added == 0 {
            return Err(format!("{place} holds no root certificate: say sslrootcert"));
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone());
        self.chain = Some(verifier.build().map_err(|error| format!("{place}: {error}"))?);
        Ok(())
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        if self.given.iter().any(|given| given == certificate) {
            // Signed by itself and handed to the user: a root that the chain's rules would refuse to
            // see as a server's.
            if self.checks == Checks::ChainAndName {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        match chain.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            // The name is looked at after the chain.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.checks == Checks::Chain => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
