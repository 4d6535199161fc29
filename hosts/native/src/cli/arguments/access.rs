//! The options that say how a storage is reached and signed in to: one for each [`Key`].

use crate::store::{Key, StoreOptions};
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

/// What is said of a storage beside its URL.
#[derive(Clone, Debug, Default)]
pub struct Access(pub StoreOptions);

const HEADING: &str = "Reaching the storage";

impl Args for Access {
    fn augment_args(command: Command) -> Command {
        command.args(Key::ALL.map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Access {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut options = StoreOptions::new();
        for key in Key::ALL {
            if let Some(value) = matches.get_one::<String>(key.name()) {
                options.set(key, value.clone());
            }
        }
        Ok(Self(options))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn argument(key: Key) -> Arg {
    let flag = key.flag();
    let argument = Arg::new(key.name())
        .long(flag.trim_start_matches("--").to_owned())
        .help_heading(HEADING)
        .help(help(key))
        .allow_hyphen_values(true)
        .value_name(match key {
            _ if key.is_file() => "FILE",
            Key::Endpoint => "URL",
            Key::Timeout => "SECONDS",
            _ => "VALUE",
        });
    match key {
        Key::PathStyle => {
            argument.num_args(0..=1).require_equals(true).default_missing_value("true")
        }
        _ => argument,
    }
}

fn help(key: Key) -> &'static str {
    match key {
        Key::Endpoint => "The server, where it is not the provider's own",
        Key::Region => "The region",
        Key::PathStyle => "Whether the bucket's name stands in the path [true, false]",
        Key::AccountId => "The account (r2)",
        Key::Profile => "The profile in the provider's own files",
        Key::AccessKey => "The access key's id, the account's key (azure), or - to be asked",
        Key::SecretKey => "The secret access key, or - to be asked",
        Key::SessionToken => "The token of a temporary access key, or - to be asked",
        Key::SasToken => "A shared access signature (azure), or - to be asked",
        Key::CredentialsFile => "A file of credentials (gcs)",
        Key::Token => "An access token (gcs), or - to be asked",
        Key::Password => "The password, or - to be asked",
        Key::IdentityFile => "The private key (sftp)",
        Key::Passphrase => "The private key's passphrase, or - to be asked",
        Key::KnownHosts => "The servers' keys to believe (sftp)",
        Key::SslMode => "disable, prefer, require, verify-ca or verify-full (postgres)",
        Key::SslRootCert => "The certificates to believe (postgres)",
        Key::SslCert => "The client's certificate (postgres)",
        Key::SslKey => "The key of the client's certificate (postgres)",
        Key::Schema => "The schema that holds the tables (postgres)",
        Key::Timeout => "How long a call may take",
    }
}
