//! What real git does with every store on its real server, one function a journey.
//!
//! [`journeys!`](crate::journeys!) makes a test of each, in a place of its own.

pub mod crash;
pub mod handoff;
pub mod large;
pub mod mirror;
pub mod race;
pub mod share;

/// Makes a test of every journey that needs no server of its own. `$place`: an expression that makes a
/// new [`Place`](crate::servers::Place).
#[macro_export]
macro_rules! journeys {
    ($place:expr) => {
        $crate::journey_tests! { [$place]
            share::what_is_pushed_is_cloned_and_fetched
            share::what_moves_backwards_is_refused
            share::refs_are_forced_and_deleted
            share::branches_are_merged
            share::a_hundred_refs_go_at_once
            handoff::one_home_hands_over_to_another
            large::twenty_thousand_objects_come_back
            large::a_blob_larger_than_a_part_comes_back
            race::many_push_to_one_branch
            crash::a_push_survives_its_client
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! journey_tests {
    ([$place:expr] $($module:ident::$journey:ident)*) => { $(
        #[test]
        fn $journey() {
            $crate::journeys::$module::$journey(&$crate::sandbox::Sandbox::over($place));
        }
    )* };
}
