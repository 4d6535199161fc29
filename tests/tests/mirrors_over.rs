//! Mirrors on real servers: a primary on one, its mirror on another.

use trunks_tests::{
    journeys::mirror,
    servers::{Postgres, S3, Sshd},
};

#[test]
fn an_sftp_mirror_of_s3_is_kept_in_line() {
    let server = Sshd::start();
    mirror::a_mirror_is_kept_in_line(S3::ministack().place(), server.place(), server.process());
}

#[test]
fn a_postgres_mirror_of_s3_is_kept_in_line() {
    let server = Postgres::start();
    mirror::a_mirror_is_kept_in_line(S3::ministack().place(), server.place(), server.process());
}

#[test]
fn an_s3_mirror_of_sftp_is_kept_in_line() {
    let server = S3::start_ministack();
    mirror::a_mirror_is_kept_in_line(Sshd::shared().place(), server.place(), server.process());
}

#[test]
fn an_s3_mirror_of_postgres_is_kept_in_line() {
    let server = S3::start_ministack();
    mirror::a_mirror_is_kept_in_line(Postgres::shared().place(), server.place(), server.process());
}

#[test]
fn a_fresh_machine_finds_a_postgres_mirror_of_s3() {
    mirror::a_fresh_machine_finds_the_mirror(S3::ministack().place(), Postgres::shared().place());
}

#[test]
fn a_fresh_machine_finds_an_s3_mirror_of_sftp() {
    mirror::a_fresh_machine_finds_the_mirror(Sshd::shared().place(), S3::ministack().place());
}
