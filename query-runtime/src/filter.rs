//! Does a row pass one list parameter?
//!
//! Generated `ListFilter::matches` is a three-valued AND of these. A parameter that is not set filters nothing (`Yes`); a parameter that is an
//! empty text or an empty list sends nothing that could filter, so it filters nothing either. A missing field (`null` or absent) fails the test
//! (`No`), except where servers disagree: then the answer is `Unknown`, and the server decides.

use std::cmp::Ordering;

use crate::resource::Membership;

/// Tests `field == param`.
pub fn eq<T: PartialEq + ?Sized>(param: Option<&T>, field: Option<&T>) -> Membership {
    both(param, field, |param, field| field == param)
}

/// Tests `field != param`. A missing field is `Unknown`: SQL says no, most other servers say yes.
pub fn ne<T: PartialEq + ?Sized>(param: Option<&T>, field: Option<&T>) -> Membership {
    both_or_unknown(param, field, |param, field| field != param)
}

/// Tests `field < param`.
pub fn lt<T: PartialOrd + ?Sized>(param: Option<&T>, field: Option<&T>) -> Membership {
    both(param, field, |param, field| field < param)
}

/// Tests `field <= param`.
pub fn le<T: PartialOrd + ?Sized>(param: Option<&T>, field: Option<&T>) -> Membership {
    both(param, field, |param, field| field <= param)
}

/// Tests `field > param`.
pub fn gt<T: PartialOrd + ?Sized>(param: Option<&T>, field: Option<&T>) -> Membership {
    both(param, field, |param, field| field > param)
}

/// Tests `field >= param`.
pub fn ge<T: PartialOrd + ?Sized>(param: Option<&T>, field: Option<&T>) -> Membership {
    both(param, field, |param, field| field >= param)
}

/// Tests that the field lies between the two bounds, both included.
pub fn between<T: PartialOrd>(param: Option<&(T, T)>, field: Option<&T>) -> Membership {
    both(param, field, |(low, high), field| {
        field.partial_cmp(low).is_some_and(Ordering::is_ge) && field.partial_cmp(high).is_some_and(Ordering::is_le)
    })
}

/// Tests that the field is one of the listed values (`in`).
pub fn one_of<T: PartialEq>(param: Option<&[T]>, field: Option<&T>) -> Membership {
    both(filled(param), field, <[T]>::contains)
}

/// Tests that the field is none of the listed values (`not_in`). A missing field is `Unknown`, as for [`ne`].
pub fn not_one_of<T: PartialEq>(param: Option<&[T]>, field: Option<&T>) -> Membership {
    match (filled(param), field) {
        (None, _) => Membership::Yes,
        (Some(_), None) => Membership::Unknown,
        (Some(param), Some(field)) => Membership::from(!param.contains(field)),
    }
}

/// Tests that the field, a list, has at least one of the listed values.
pub fn contains_any<T: PartialEq>(param: Option<&[T]>, field: Option<&[T]>) -> Membership {
    both(filled(param), field, |param, field| param.iter().any(|value| field.contains(value)))
}

/// Tests that the field, a list, has all of the listed values.
pub fn contains_all<T: PartialEq>(param: Option<&[T]>, field: Option<&[T]>) -> Membership {
    both(filled(param), field, |param, field| param.iter().all(|value| field.contains(value)))
}

/// Tests that one of the fields begins with the text.
pub fn text_prefix(param: Option<&str>, fields: &[Option<&str>]) -> Membership {
    any_text(param, fields, |param, field| field.starts_with(param))
}

/// Tests that one of the fields contains the text, letter by letter.
pub fn text_contains(param: Option<&str>, fields: &[Option<&str>]) -> Membership {
    any_text(param, fields, |param, field| field.contains(param))
}

/// Tests that one of the fields contains the text, both in Unicode lower case.
pub fn text_contains_ci(param: Option<&str>, fields: &[Option<&str>]) -> Membership {
    let param = param.map(str::to_lowercase);
    any_text(param.as_deref(), fields, |param, field| field.to_lowercase().contains(param))
}

/// Tests that the field is missing (`true`) or present (`false`).
pub fn is_null<T: ?Sized>(param: Option<&bool>, field: Option<&T>) -> Membership {
    param.map_or(Membership::Yes, |wanted| Membership::from(field.is_none() == *wanted))
}

/// A parameter that only the server understands: `Unknown` where it is set.
pub fn unknown(param_is_set: bool) -> Membership {
    if param_is_set { Membership::Unknown } else { Membership::Yes }
}

fn both<P: ?Sized, F: ?Sized>(param: Option<&P>, field: Option<&F>, test: impl FnOnce(&P, &F) -> bool) -> Membership {
    match (param, field) {
        (None, _) => Membership::Yes,
        (Some(_), None) => Membership::No,
        (Some(param), Some(field)) => Membership::from(test(param, field)),
    }
}

fn both_or_unknown<T: ?Sized>(param: Option<&T>, field: Option<&T>, test: impl FnOnce(&T, &T) -> bool) -> Membership {
    if param.is_some() && field.is_none() { Membership::Unknown } else { both(param, field, test) }
}

fn filled<T>(param: Option<&[T]>) -> Option<&[T]> {
    param.filter(|values| !values.is_empty())
}

fn any_text(param: Option<&str>, fields: &[Option<&str>], test: impl Fn(&str, &str) -> bool) -> Membership {
    match param.filter(|part| !part.is_empty()) {
        None => Membership::Yes,
        Some(part) => Membership::from(fields.iter().flatten().any(|field| test(part, field))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Membership::{No, Unknown, Yes};

    #[test]
    fn parameter_that_is_not_set_filters_nothing() {
        assert_eq!(eq(None, Some(&1)), Yes);
        assert_eq!(ne::<i32>(None, None), Yes);
        assert_eq!(one_of::<i32>(None, None), Yes);
        assert_eq!(text_contains_ci(None, &[None]), Yes);
        assert_eq!(is_null::<i32>(None, None), Yes);
        assert_eq!(between(None, Some(&1)), Yes);
    }

    #[test]
    fn comparisons_hold_at_below_and_above_the_bound() {
        let all =
            |test: fn(Option<&i32>, Option<&i32>) -> Membership| [1, 2, 3].map(|field| test(Some(&2), Some(&field)));
        assert_eq!(all(eq), [No, Yes, No]);
        assert_eq!(all(ne), [Yes, No, Yes]);
        assert_eq!(all(lt), [Yes, No, No]);
        assert_eq!(all(le), [Yes, Yes, No]);
        assert_eq!(all(gt), [No, No, Yes]);
        assert_eq!(all(ge), [No, Yes, Yes]);
        assert_eq!([0, 1, 3, 4].map(|f| between(Some(&(1, 3)), Some(&f))), [No, Yes, Yes, No]);
        assert_eq!(eq::<str>(Some("a"), Some("a")), Yes);
    }

    #[test]
    fn missing_field_fails_except_where_servers_disagree() {
        assert_eq!(eq(Some(&1), None), No);
        assert_eq!(lt(Some(&1), None), No);
        assert_eq!(between(Some(&(1, 2)), None), No);
        assert_eq!(one_of(Some(&[1]), None), No);
        assert_eq!(contains_any(Some(&[1]), None), No);
        assert_eq!(text_prefix(Some("a"), &[None]), No);
        assert_eq!(ne(Some(&1), None), Unknown);
        assert_eq!(not_one_of(Some(&[1]), None), Unknown);
    }

    #[test]
    fn not_a_number_is_in_no_range() {
        assert_eq!(lt(Some(&1.0), Some(&f64::NAN)), No);
        assert_eq!(between(Some(&(0.0, 1.0)), Some(&f64::NAN)), No);
    }

    #[test]
    fn lists_are_tested_by_their_members() {
        assert_eq!(one_of(Some(&[1, 2]), Some(&2)), Yes);
        assert_eq!(one_of(Some(&[1, 2]), Some(&3)), No);
        assert_eq!(not_one_of(Some(&[1, 2]), Some(&3)), Yes);
        assert_eq!(not_one_of(Some(&[1, 2]), Some(&1)), No);
        assert_eq!(contains_any(Some(&[1, 9]), Some(&[1, 2])), Yes);
        assert_eq!(contains_any(Some(&[8, 9]), Some(&[1, 2])), No);
        assert_eq!(contains_all(Some(&[1, 2]), Some(&[2, 1, 3])), Yes);
        assert_eq!(contains_all(Some(&[1, 9]), Some(&[1, 2])), No);
    }

    #[test]
    fn empty_parameter_sends_nothing_and_filters_nothing() {
        assert_eq!(one_of(Some(&[]), Some(&3)), Yes);
        assert_eq!(not_one_of::<i32>(Some(&[]), None), Yes);
        assert_eq!(contains_any::<i32>(Some(&[]), None), Yes);
        assert_eq!(text_contains(Some(""), &[None]), Yes);
    }

    #[test]
    fn text_matches_any_of_its_fields() {
        let fields = [None, Some("Grace Hopper"), Some("ÉLAN")];
        assert_eq!(text_prefix(Some("Gra"), &fields), Yes);
        assert_eq!(text_prefix(Some("Hop"), &fields), No);
        assert_eq!(text_contains(Some("Hop"), &fields), Yes);
        assert_eq!(text_contains(Some("hop"), &fields), No);
        assert_eq!(text_contains_ci(Some("hOP"), &fields), Yes);
        assert_eq!(text_contains_ci(Some("élan"), &fields), Yes);
    }

    #[test]
    fn null_test_and_server_only_parameter() {
        assert_eq!(is_null::<i32>(Some(&true), None), Yes);
        assert_eq!(is_null(Some(&true), Some(&1)), No);
        assert_eq!(is_null(Some(&false), Some(&1)), Yes);
        assert_eq!(is_null::<i32>(Some(&false), None), No);
        assert_eq!((unknown(true), unknown(false)), (Unknown, Yes));
    }
}
