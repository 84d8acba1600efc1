//! How are two rows compared by one sort key?
//!
//! Missing values come last in ascending order and so first in descending order, as in SQL databases that treat them as the largest.

use std::cmp::Ordering;

/// Compares two fields in ascending order; a missing one comes last.
pub fn by<T: Ord + ?Sized>(a: Option<&T>, b: Option<&T>) -> Ordering {
    missing_last(a, b, T::cmp)
}

/// Compares two floating-point fields in ascending order; not-a-number comes after every number, a missing field last.
pub fn by_float<T: PartialOrd>(a: Option<&T>, b: Option<&T>) -> Ordering {
    missing_last(a, b, |a, b| {
        a.partial_cmp(b).unwrap_or_else(|| {
            // Only a value that is not equal to itself has no order: it is the larger one.
            let is_number = |value: &T| value.partial_cmp(value).is_some();
            is_number(b).cmp(&is_number(a))
        })
    })
}

fn missing_last<T: ?Sized>(a: Option<&T>, b: Option<&T>, compare: impl FnOnce(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare(a, b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{by, by_float};

    #[test]
    fn missing_values_come_last() {
        let mut values = [None, Some("b"), Some("a"), None];
        values.sort_by(|a, b| by(a.as_ref(), b.as_ref()));
        assert_eq!(values, [Some("a"), Some("b"), None, None]);
    }

    #[test]
    fn unsized_text_compares_without_a_copy() {
        assert_eq!(by::<str>(Some("a"), Some("b")), Ordering::Less);
    }

    #[test]
    fn not_a_number_comes_after_numbers_and_before_missing() {
        let mut values = [None, Some(f64::NAN), Some(2.0), Some(-1.0)];
        values.sort_by(|a, b| by_float(a.as_ref(), b.as_ref()));
        assert_eq!(values[..2], [Some(-1.0), Some(2.0)]);
        assert!(values[2].is_some_and(f64::is_nan) && values[3].is_none());
        assert_eq!(by_float(Some(&f64::NAN), Some(&f64::NAN)), Ordering::Equal);
    }
}
