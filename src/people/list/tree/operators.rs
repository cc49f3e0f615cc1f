//! How a field is asked: which operators its values take, what each wants to be compared with, and its words.

use super::fields::Holds;
use crate::permission::words;

words! {
    /// What is asked of a field. Those with a `not` hold for a record without a value too.
    Operator {
        Is = "is",
        IsNot = "is_not",
        AnyOf = "any_of",
        AllOf = "all_of",
        NoneOf = "none_of",
        Contains = "contains",
        ContainsNot = "contains_not",
        StartsWith = "starts_with",
        Greater = "greater",
        AtLeast = "at_least",
        Less = "less",
        AtMost = "at_most",
        Between = "between",
        Before = "before",
        After = "after",
        LastDays = "last_days",
        NextDays = "next_days",
        OverDaysAgo = "over_days_ago",
        OverDaysAhead = "over_days_ahead",
        Within = "within",
        Empty = "empty",
        NotEmpty = "not_empty",
    }
}

/// What an operator wants beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    One,
    /// From here, to there, both included.
    Two,
    /// A list.
    Several,
    /// A number of days.
    Days,
    /// A word for a week, month, quarter or year.
    Period,
}

use Operator::{
    After, AllOf, AnyOf, AtLeast, AtMost, Before, Between, Contains, ContainsNot, Empty, Greater, Is, IsNot, LastDays,
    Less, NextDays, NoneOf, NotEmpty, OverDaysAgo, OverDaysAhead, StartsWith, Within,
};

impl Operator {
    pub fn takes(self) -> Takes {
        match self {
            Empty | NotEmpty => Takes::Nothing,
            Between => Takes::Two,
            AnyOf | AllOf | NoneOf => Takes::Several,
            LastDays | NextDays | OverDaysAgo | OverDaysAhead => Takes::Days,
            Within => Takes::Period,
            _ => Takes::One,
        }
    }

    /// The opposite of another operator, for records without a value too.
    pub fn is_negative(self) -> bool {
        matches!(self, IsNot | NoneOf | ContainsNot | NotEmpty)
    }

    /// As it stands between the field and the value, for values of this kind.
    pub fn label(self, holds: Holds) -> &'static str {
        let is_time = matches!(holds, Holds::Day | Holds::Moment);
        let has_several = matches!(holds, Holds::Tags | Holds::Choices);
        match self {
            Is if is_time => "is on",
            IsNot if is_time => "is not on",
            Is if has_several => "has",
            IsNot if has_several => "has not",
            Is => "is",
            IsNot => "is not",
            AnyOf if has_several => "has any of",
            AnyOf => "is any of",
            AllOf => "has all of",
            NoneOf if has_several => "has none of",
            NoneOf => "is none of",
            Contains => "contains",
            ContainsNot => "does not contain",
            StartsWith => "starts with",
            Greater => "is more than",
            AtLeast if is_time => "is on or after",
            AtLeast => "is at least",
            Less => "is less than",
            AtMost if is_time => "is on or before",
            AtMost => "is at most",
            Between => "is between",
            Before => "is before",
            After => "is after",
            LastDays => "is in the last … days",
            NextDays => "is in the next … days",
            OverDaysAgo => "is more than … days ago",
            OverDaysAhead => "is more than … days ahead",
            Within => "is in",
            Empty => "is empty",
            NotEmpty => "is not empty",
        }
    }
}

/// The operators that values of this kind take, the usual one first.
pub fn offered(holds: Holds) -> &'static [Operator] {
    match holds {
        Holds::Text | Holds::Email | Holds::Phone => {
            &[Contains, ContainsNot, Is, IsNot, AnyOf, NoneOf, StartsWith, Empty, NotEmpty]
        }
        Holds::Country | Holds::Member | Holds::Record(_) | Holds::Choice => {
            &[Is, IsNot, AnyOf, NoneOf, Empty, NotEmpty]
        }
        Holds::Tags | Holds::Choices => &[Is, IsNot, AnyOf, AllOf, NoneOf, Empty, NotEmpty],
        Holds::Number | Holds::Amount => &[Is, IsNot, Greater, AtLeast, Less, AtMost, Between, Empty, NotEmpty],
        Holds::Day | Holds::Moment => &[
            LastDays,
            NextDays,
            OverDaysAgo,
            OverDaysAhead,
            Within,
            Is,
            IsNot,
            Before,
            After,
            AtLeast,
            AtMost,
            Between,
            Empty,
            NotEmpty,
        ],
        Holds::Flag => &[Is],
        Holds::YesNo => &[Is, IsNot, Empty, NotEmpty],
    }
}
