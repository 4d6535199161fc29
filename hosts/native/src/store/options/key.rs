//! The names of what can be said of a store.

use crate::store::{Provider, StoreUrl};

/// One thing that can be said of a store beside its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Key {
    /// The server's URL, where it is not the provider's own.
    Endpoint,
    /// The region that requests are signed for.
    Region,
    /// `true`: the bucket's name stands in the path; `false`: in the host's name.
    PathStyle,
    /// R2's account.
    AccountId,
    /// The profile of the provider's own configuration files.
    Profile,
    /// The access key's id; on Azure, the account's key.
    AccessKey,
    /// The access key's secret half.
    SecretKey,
    /// The token that belongs to a temporary access key.
    SessionToken,
    /// Azure's shared access signature.
    SasToken,
    /// A file of Google's credentials.
    CredentialsFile,
    /// Google's access token.
    Token,
    /// The user's password.
    Password,
    /// The file of a private SSH key.
    IdentityFile,
    /// What that key is encrypted with.
    Passphrase,
    /// The file of SSH servers' keys that is believed.
    KnownHosts,
    /// What is demanded of a database's connection: `disable` to `verify-full`.
    SslMode,
    /// The file of certificates that a database's must lead to.
    SslRootCert,
    /// The file of the client's certificate.
    SslCert,
    /// The file of that certificate's key.
    SslKey,
    /// The schema that holds a database's tables.
    Schema,
    /// How long a call may take, in seconds.
    Timeout,
}

impl Key {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Endpoint,
        Self::Region,
        Self::PathStyle,
        Self::AccountId,
        Self::Profile,
        Self::AccessKey,
        Self::SecretKey,
        Self::SessionToken,
        Self::SasToken,
        Self::CredentialsFile,
        Self::Token,
        Self::Password,
        Self::IdentityFile,
        Self::Passphrase,
        Self::KnownHosts,
        Self::SslMode,
        Self::SslRootCert,
        Self::SslCert,
        Self::SslKey,
        Self::Schema,
        Self::Timeout,
    ];

    /// Its name where it is saved: `secret_key`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Region => "region",
            Self::PathStyle => "path_style",
            Self::AccountId => "account_id",
            Self::Profile => "profile",
            Self::AccessKey => "access_key",
            Self::SecretKey => "secret_key",
            Self::SessionToken => "session_token",
            Self::SasToken => "sas_token",
            Self::CredentialsFile => "credentials_file",
            Self::Token => "token",
            Self::Password => "password",
            Self::IdentityFile => "identity_file",
            Self::Passphrase => "passphrase",
            Self::KnownHosts => "known_hosts",
            Self::SslMode => "sslmode",
            Self::SslRootCert => "sslrootcert",
            Self::SslCert => "sslcert",
            Self::SslKey => "sslkey",
            Self::Schema => "schema",
            Self::Timeout => "timeout",
        }
    }

    /// The key of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// The flag of the command line: `--secret-key`.
    pub fn flag(self) -> String {
        format!("--{}", self.name().replace('_', "-"))
    }

    /// The variable of the storage called `storage`: `TRUNKS_STORAGE_PRIMARY_SECRET_KEY`.
    pub fn variable(self, storage: &str) -> String {
        let capital =
            |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let storage: String = storage.chars().map(capital).collect();
        format!("TRUNKS_STORAGE_{storage}_{}", self.name().to_ascii_uppercase())
    }

    /// Whether nobody but the user may see it.
    pub fn is_secret(self) -> bool {
        matches!(
            self,
            Self::AccessKey
                | Self::SecretKey
                | Self::SessionToken
                | Self::SasToken
                | Self::Token
                | Self::Password
                | Self::Passphrase
        )
    }

    /// Whether it is a file on this machine.
    pub fn is_file(self) -> bool {
        matches!(
            self,
            Self::CredentialsFile
                | Self::IdentityFile
                | Self::KnownHosts
                | Self::SslRootCert
                | Self::SslCert
                | Self::SslKey
        )
    }

    /// Whether it says something that everybody who uses the store must know to reach it, and that
    /// nobody must be kept from knowing.
    pub fn is_address(self) -> bool {
        matches!(
            self,
            Self::Endpoint | Self::Region | Self::PathStyle | Self::AccountId | Self::Schema
        )
    }

    /// Whether it means something to the store at `url`.
    pub fn concerns(self, url: &StoreUrl) -> bool {
        match url {
            StoreUrl::Bucket { provider: Provider::Gcs, .. } => {
                matches!(self, Self::Endpoint | Self::CredentialsFile | Self::Token | Self::Timeout)
            }
            StoreUrl::Bucket { provider, .. } => match self {
                Self::AccountId => *provider == Provider::R2,
                Self::Endpoint | Self::Region | Self::PathStyle | Self::Profile => true,
                Self::AccessKey | Self::SecretKey | Self::SessionToken | Self::Timeout => true,
                _ => false,
            },
            StoreUrl::Azure { .. } => {
                matches!(self, Self::Endpoint | Self::AccessKey | Self::SasToken | Self::Timeout)
            }
            StoreUrl::Sftp { .. } => matches!(
                self,
                Self::Password
                    | Self::IdentityFile
                    | Self::Passphrase
                    | Self::KnownHosts
                    | Self::Timeout
            ),
            StoreUrl::Postgres { .. } => matches!(
                self,
                Self::Password
                    | Self::SslMode
                    | Self::SslRootCert
                    | Self::SslCert
                    | Self::SslKey
                    | Self::Schema
                    | Self::Timeout
            ),
            StoreUrl::Local { .. } | StoreUrl::Share { .. } | StoreUrl::Memory { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_one_name_of_its_own() {
        for key in Key::ALL {
            assert_eq!(Key::of_name(key.name()), Some(key));
            assert!(!(key.is_address() && (key.is_secret() || key.is_file())), "{key:?}");
        }
        assert_eq!(Key::SecretKey.flag(), "--secret-key");
        let variable = Key::AccountId.variable("my-nas.2");
        assert_eq!(variable, "TRUNKS_STORAGE_MY_NAS_2_ACCOUNT_ID");
    }
}
