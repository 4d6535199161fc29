//! What servers that speak S3 have in common.

use super::{Process, http, installed::installed};
use std::{
    net::SocketAddr,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// A server that speaks S3, with buckets in the path of its URLs.
#[derive(Debug)]
pub struct S3 {
    process: Process,
    /// The access key's id that lets one in.
    pub access_key: &'static str,
    /// Its secret half.
    pub secret_key: &'static str,
    make_bucket: fn(&Self, &str),
}

impl S3 {
    /// The region that requests are signed for.
    pub const REGION: &str = "us-east-1";
    /// The access key's id.
    pub const ACCESS_KEY: &str = "trunks-test-access";
    /// Its secret half.
    pub const SECRET_KEY: &str = "trunks-test-secret";

    /// One that looks at no signature.
    pub(super) fn unsigned(process: Process) -> Self {
        let [access_key, secret_key] = [Self::ACCESS_KEY, Self::SECRET_KEY];
        Self { process, access_key, secret_key, make_bucket: Self::make_unsigned }
    }

    /// One that looks at signatures.
    pub(super) fn signed(process: Process, access_key: &'static str, key: &'static str) -> Self {
        Self { process, access_key, secret_key: key, make_bucket: Self::make_signed }
    }

    /// The server's process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The server's address.
    pub fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// The server's URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Makes a bucket that is nobody else's. Returns its name.
    pub fn bucket(&self) -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let bucket = format!("trunks-{}", MADE.fetch_add(1, Ordering::Relaxed));
        (self.make_bucket)(self, &bucket);
        bucket
    }

    fn make_unsigned(&self, bucket: &str) {
        let credential = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential={}/20260101/{}/s3/aws4_request, \
             SignedHeaders=host, Signature=none\r\n",
            Self::ACCESS_KEY,
            Self::REGION
        );
        let made = http::request(self.address(), "PUT", &format!("/{bucket}"), &credential);
        let (status, body) = made.expect("the server answers");
        assert_eq!(status, 200, "{self:?}: bucket {bucket}: {body}");
    }

    fn make_signed(&self, bucket: &str) {
        const SCRIPT: &str = "import boto3, sys\n\
                              boto3.client('s3', endpoint_url=sys.argv[1]).\
                              create_bucket(Bucket=sys.argv[2])";
        let mut python = Command::new(installed("python/bin/python"));
        python.args(["-c", SCRIPT, &self.endpoint(), bucket]);
        python.env("AWS_ACCESS_KEY_ID", self.access_key);
        python.env("AWS_SECRET_ACCESS_KEY", self.secret_key);
        python.env("AWS_DEFAULT_REGION", Self::REGION);
        let output = python.output().expect("it was installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "bucket {bucket}: {said}");
    }
}
