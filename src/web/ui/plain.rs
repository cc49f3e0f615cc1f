//! Small values as templates hand them over: by value, or borrowed once or twice.

use crate::clock::Timestamp;

/// A value that is copied out of however many borrows the template engine put around it.
///
/// `ui::day(contact.created_at)` hands over `&Timestamp`, inside `{% if let Some(at) = … %}` it is
/// `&&Timestamp`; with this trait the page need not care.
pub trait Plain {
    type Value;
    fn plain(&self) -> Self::Value;
}

impl<T: Plain + ?Sized> Plain for &T {
    type Value = T::Value;
    fn plain(&self) -> T::Value {
        T::plain(self)
    }
}

impl Plain for bool {
    type Value = bool;
    fn plain(&self) -> bool {
        *self
    }
}

impl Plain for Timestamp {
    type Value = Timestamp;
    fn plain(&self) -> Timestamp {
        *self
    }
}

/// Every whole number counts as `i64`; what does not fit is shown as the largest that does.
macro_rules! whole_numbers {
    ($($number:ty),+) => {$(
        impl Plain for $number {
            type Value = i64;
            fn plain(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        }
    )+};
}

whole_numbers!(i32, i64, u8, u16, u32, u64, usize);
