//! Does the crate behave as it says, seen from outside?

mod testing;
