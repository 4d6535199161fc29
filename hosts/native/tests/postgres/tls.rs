//! TLS, with certificates of our own.

use super::*;
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};
use trunks::store::SslMode;

/// A server that speaks TLS as `localhost`, with a certificate that an authority of its own signed.
struct Tls {
    server: Server,
    database: String,
    authority: PathBuf,
    stranger: PathBuf,
}

impl Tls {
    fn start() -> Self {
        let server = Server::start();
        let directory = server.process().directory().to_owned();
        let authority = make_authority(&directory, "authority");
        let stranger = make_authority(&directory, "stranger");
        let data = directory.join("data");
        openssl(
            &directory,
            &format!(
                "req -newkey rsa:2048 -nodes -subj /CN=localhost -addext \
                 subjectAltName=DNS:localhost -keyout {0}/server.key -out server.csr",
                data.display()
            ),
        );
        openssl(
            &directory,
            &format!(
                "x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial \
                 -days 2 -copy_extensions copyall -out {0}/server.crt",
                data.display()
            ),
        );
        let owner = fs::metadata(&data).expect("the data").uid();
        for file in ["server.key", "server.crt"] {
            chown(data.join(file), Some(owner), None).expect("ours or we are root");
            let mode = fs::Permissions::from_mode(0o600);
            fs::set_permissions(data.join(file), mode).expect("ours");
        }
        let database = server.database();
        server.run("postgres", "alter system set ssl = on");
        server.run("postgres", "select pg_reload_conf()");
        Self { server, database, authority, stranger }
    }

    async fn get(&self, change: impl FnOnce(&mut PostgresConfig)) -> Result<(), StoreError> {
        let mut config = config(&self.server, &self.database);
        config.hosts = vec!["localhost".into()];
        change(&mut config);
        let store = Postgres::new(config)?;
        let version = store.put("key", b"x".to_vec(), Expected::Any).await?;
        assert_eq!(get(&store, "key").await.expect("present").version, version);
        Ok(())
    }
}

fn make_authority(directory: &Path, name: &str) -> PathBuf {
    openssl(
        directory,
        &format!(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out \
             {name}.crt"
        ),
    );
    directory.join(format!("{name}.crt"))
}

fn openssl(directory: &Path, words: &str) {
    let mut openssl = Command::new("openssl");
    let output = openssl.args(words.split(' ')).current_dir(directory).output();
    let output = output.expect("openssl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_who_sslmode_demands() {
    let tls = Tls::start();
    let (authority, stranger) = (&tls.authority, &tls.stranger);
    let with = |mode, root: Option<&PathBuf>, host: &str| {
        let (root, host) = (root.cloned(), host.to_owned());
        move |config: &mut PostgresConfig| {
            config.ssl_mode = Some(mode);
            config.root_certificate = root;
            config.hosts = vec![host];
        }
    };
    for mode in [SslMode::Disable, SslMode::Prefer, SslMode::Require] {
        tls.get(with(mode, None, "localhost")).await.expect("no certificate is looked at");
    }
    for mode in [SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull] {
        tls.get(with(mode, Some(authority), "localhost")).await.expect("a known authority");
        let refused = tls.get(with(mode, Some(stranger), "localhost")).await;
        let refused = refused.expect_err("a stranger signed it");
        assert!(matches!(refused, StoreError::Denied { .. }), "{refused:?}");
        assert!(refused.to_string().contains("sslrootcert"), "{refused}");
    }
    tls.get(with(SslMode::VerifyCa, Some(authority), "127.0.0.1")).await.expect("any name");
    let refused = tls.get(with(SslMode::VerifyFull, Some(authority), "127.0.0.1")).await;
    let refused = refused.expect_err("another name");
    assert!(refused.to_string().contains("127.0.0.1"), "{refused}");
    assert!(matches!(refused, StoreError::Denied { .. }), "{refused:?}");
    let sql = "select count(*) from pg_stat_ssl join pg_stat_activity using (pid) where ssl";
    let store = store(PostgresConfig {
        hosts: vec!["localhost".into()],
        ssl_mode: Some(SslMode::VerifyFull),
        root_certificate: Some(authority.clone()),
        ..config(&tls.server, &tls.database)
    });
    put(&store, "key", &pattern(20 << 20)).await;
    assert!(get(&store, "key").await.expect("present").bytes == pattern(20 << 20));
    assert_ne!(tls.server.run(&tls.database, sql), "0", "it was not encrypted");
}

/// The simplest set-up there is: a server that signed its own certificate, which the user has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_may_sign_itself() {
    let tls = Tls::start();
    let data = tls.server.process().directory().join("data");
    openssl(
        &data,
        "req -x509 -key server.key -days 2 -subj /CN=localhost -addext \
         subjectAltName=DNS:localhost -out server.crt",
    );
    tls.server.run("postgres", "select pg_reload_conf()");
    let root = data.join("server.crt");
    let with = |mode, host: &str| {
        let (root, host) = (root.clone(), host.to_owned());
        move |config: &mut PostgresConfig| {
            config.ssl_mode = Some(mode);
            config.root_certificate = Some(root);
            config.hosts = vec![host];
        }
    };
    tls.get(with(SslMode::VerifyFull, "localhost")).await.expect("known");
    tls.get(with(SslMode::VerifyCa, "127.0.0.1")).await.expect("known");
    let refused = tls.get(with(SslMode::VerifyFull, "127.0.0.1")).await.expect_err("another name");
    assert!(matches!(refused, StoreError::Denied { .. }), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_had_is_said() {
    let server = Server::shared();
    let required =
        PostgresConfig { ssl_mode: Some(SslMode::Require), ..config(server, "postgres") };
    let error = store(required).get("key", None).await.expect_err("no TLS there");
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert!(error.to_string().contains("speaks no TLS"), "{error}");
    let missing = PostgresConfig {
        ssl_mode: Some(SslMode::VerifyFull),
        root_certificate: Some("/no/such/file".into()),
        ..config(server, "postgres")
    };
    let error = Postgres::new(missing).expect_err("no such file");
    assert!(error.to_string().contains("/no/such/file"), "{error}");
}
