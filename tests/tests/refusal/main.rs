//! A store that lets two writers win is found out when it is added, and refused.

mod add;

use add::{add, is_refused};
use trunks_tests::servers::S3;

#[test]
fn one_that_ignores_conditions_is_refused() {
    is_refused(S3::s3rver());
}

#[test]
fn one_that_honours_them_is_taken() {
    for server in [S3::ministack(), S3::moto()] {
        let (code, said) = add(&server.place());
        assert_eq!(code, Some(0), "{server:?}: {said}");
    }
}
