//! Form fields: label, hint, control and error, tied together for those who cannot see them.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::error::FieldError;

use super::Plain;

/// One option of a select, a group of radio buttons or a group of check boxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// A line under the label; only radio buttons and check boxes show it.
    pub hint: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Choice {
        Choice { value: value.into(), label: label.into(), hint: String::new() }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Choice {
        self.hint = hint.into();
        self
    }
}

enum Control<'a> {
    Input,
    Password,
    Area { rows: u8 },
    Select { choices: &'a [Choice] },
    File { accept: &'a str },
}

/// A labelled control. The error shown is the one of `errors` that carries the name of the field.
#[derive(Template)]
#[template(path = "ui/field.html")]
pub struct Field<'a> {
    id: &'a str,
    name: &'a str,
    label: &'a str,
    value: &'a str,
    error: Option<&'a str>,
    control: Control<'a>,
    hint: &'a str,
    kind: &'a str,
    class: &'a str,
    autocomplete: &'a str,
    input_mode: &'a str,
    max_length: Option<u32>,
    optional: bool,
    disabled: bool,
    autofocus: bool,
    mentions: &'a str,
    suggests: &'a str,
    is_numbered: bool,
}

impl<'a> Field<'a> {
    fn new(name: &'a str, label: &'a str, value: &'a str, errors: &'a [FieldError], control: Control<'a>) -> Field<'a> {
        Field {
            id: name,
            name,
            label,
            value,
            error: error_of(errors, name),
            control,
            hint: "",
            kind: "text",
            class: "",
            autocomplete: "",
            input_mode: "",
            max_length: None,
            optional: false,
            disabled: false,
            autofocus: false,
            mentions: "",
            suggests: "",
            is_numbered: false,
        }
    }

    /// Offers members after an @, from this address.
    pub fn mentions(self, mentions: &'a str) -> Field<'a> {
        Field { mentions, ..self }
    }

    /// Offers records of this kind (`contact`, `company`) by name while somebody types.
    pub fn suggests(self, object: &'a str) -> Field<'a> {
        Field { suggests: object, ..self }
    }

    /// Offers them as `Ada Byron #12`, for fields in which a name alone may mean several.
    pub fn numbered(self) -> Field<'a> {
        Field { is_numbered: true, ..self }
    }

    /// A sentence between the label and the control.
    pub fn hint(self, hint: &'a str) -> Field<'a> {
        Field { hint, ..self }
    }

    /// Says "(optional)" at the label; every other field is required.
    pub fn optional(self) -> Field<'a> {
        Field { optional: true, ..self }
    }

    /// For fields that a workspace defines: "(optional)" unless they must be filled in.
    pub fn required_if(self, required: impl Plain<Value = bool>) -> Field<'a> {
        Field { optional: !required.plain(), ..self }
    }

    /// The `type` of the input: `email`, `url`, `tel`, `search`, `date`, `number`.
    pub fn kind(self, kind: &'a str) -> Field<'a> {
        Field { kind, ..self }
    }

    /// What password managers and browsers may fill in: `username`, `name`, `one-time-code`, `off`.
    pub fn autocomplete(self, autocomplete: &'a str) -> Field<'a> {
        Field { autocomplete, ..self }
    }

    /// The keyboard a phone shows: `numeric`, `email`.
    pub fn input_mode(self, input_mode: &'a str) -> Field<'a> {
        Field { input_mode, ..self }
    }

    /// A large, spaced-out input for six digits from an app.
    pub fn code(self) -> Field<'a> {
        Field { class: "code", input_mode: "numeric", autocomplete: "one-time-code", ..self }
    }

    /// The most characters the browser lets in. The server must check the length all the same.
    pub fn max(self, max_length: u32) -> Field<'a> {
        Field { max_length: Some(max_length), ..self }
    }

    /// How many lines an area shows at first; it grows with its text.
    pub fn rows(self, rows: u8) -> Field<'a> {
        let control = if matches!(self.control, Control::Area { .. }) { Control::Area { rows } } else { self.control };
        Field { control, ..self }
    }

    /// Sets the id apart from the name, where two forms of a page have fields of one name.
    ///
    /// Links of the error summary lead to the name, so such forms keep the id of one of the two.
    pub fn id(self, id: &'a str) -> Field<'a> {
        Field { id, ..self }
    }

    /// Shows the value but lets nobody change it; a disabled control is not sent.
    pub fn disabled(self) -> Field<'a> {
        Field { disabled: true, ..self }
    }

    /// Takes the focus when the page opens. One field of a page at most.
    pub fn autofocus(self) -> Field<'a> {
        Field { autofocus: true, ..self }
    }

    /// The ids that describe the control, in the order they are read out.
    fn described_by(&self) -> String {
        described_by(self.id, !self.hint.is_empty(), self.error.is_some())
    }
}

impl HtmlSafe for Field<'_> {}

/// A line of text.
pub fn text<'a>(name: &'a str, label: &'a str, value: &'a str, errors: &'a [FieldError]) -> Field<'a> {
    Field::new(name, label, value, errors, Control::Input)
}

/// A password with a button that shows it. It never carries a value: a password is not printed back.
pub fn password<'a>(name: &'a str, label: &'a str, errors: &'a [FieldError]) -> Field<'a> {
    Field { autocomplete: "current-password", ..Field::new(name, label, "", errors, Control::Password) }
}

/// Several lines of text.
pub fn area<'a>(name: &'a str, label: &'a str, value: &'a str, errors: &'a [FieldError]) -> Field<'a> {
    Field::new(name, label, value, errors, Control::Area { rows: 4 })
}

/// One of a list that is too long for radio buttons.
pub fn select<'a>(
    name: &'a str,
    label: &'a str,
    value: &'a str,
    choices: &'a [Choice],
    errors: &'a [FieldError],
) -> Field<'a> {
    Field::new(name, label, value, errors, Control::Select { choices })
}

/// A file from the reader's machine; `accept` as in HTML (`.csv,text/csv`). The form needs
/// `enctype="multipart/form-data"`.
pub fn file<'a>(name: &'a str, label: &'a str, accept: &'a str, errors: &'a [FieldError]) -> Field<'a> {
    Field::new(name, label, "", errors, Control::File { accept })
}

/// One check box or switch.
#[derive(Template)]
#[template(path = "ui/check.html")]
pub struct Check<'a> {
    id: &'a str,
    name: &'a str,
    value: &'a str,
    label: &'a str,
    hint: &'a str,
    checked: bool,
    switch: bool,
    disabled: bool,
}

impl<'a> Check<'a> {
    /// A line under the label.
    pub fn hint(self, hint: &'a str) -> Check<'a> {
        Check { hint, ..self }
    }

    /// What is sent when it is ticked; `on` unless said otherwise.
    pub fn value(self, value: &'a str) -> Check<'a> {
        Check { value, ..self }
    }

    /// Sets the id apart from the name.
    pub fn id(self, id: &'a str) -> Check<'a> {
        Check { id, ..self }
    }

    pub fn disabled(self) -> Check<'a> {
        Check { disabled: true, ..self }
    }
}

impl HtmlSafe for Check<'_> {}

/// A box to tick. An unticked box sends nothing.
pub fn check<'a>(name: &'a str, label: &'a str, checked: impl Plain<Value = bool>) -> Check<'a> {
    let checked = checked.plain();
    Check { id: name, name, value: "on", label, hint: "", checked, switch: false, disabled: false }
}

/// A check box drawn as a switch, for what acts at once.
pub fn switch<'a>(name: &'a str, label: &'a str, checked: impl Plain<Value = bool>) -> Check<'a> {
    Check { switch: true, ..check(name, label, checked) }
}

/// A group of radio buttons or check boxes under one question.
#[derive(Template)]
#[template(path = "ui/choices.html")]
pub struct Choices<'a> {
    name: &'a str,
    legend: &'a str,
    hint: &'a str,
    choices: &'a [Choice],
    chosen: Vec<&'a str>,
    error: Option<&'a str>,
    many: bool,
    boxed: bool,
    optional: bool,
}

impl<'a> Choices<'a> {
    /// A sentence under the question.
    pub fn hint(self, hint: &'a str) -> Choices<'a> {
        Choices { hint, ..self }
    }

    pub fn optional(self) -> Choices<'a> {
        Choices { optional: true, ..self }
    }

    /// Draws each choice as a box: for two to four choices with hints.
    pub fn boxed(self) -> Choices<'a> {
        Choices { boxed: true, ..self }
    }

    fn is_chosen(&self, value: &str) -> bool {
        self.chosen.contains(&value)
    }

    /// The first input carries the name as its id, so that the error summary leads to it.
    fn id(&self, index: &usize) -> String {
        if *index == 0 { self.name.to_owned() } else { format!("{}-{}", self.name, index + 1) }
    }

    fn described_by(&self) -> String {
        described_by(self.name, !self.hint.is_empty(), self.error.is_some())
    }
}

impl HtmlSafe for Choices<'_> {}

/// One of a few.
pub fn radios<'a>(
    name: &'a str,
    legend: &'a str,
    value: &'a str,
    choices: &'a [Choice],
    errors: &'a [FieldError],
) -> Choices<'a> {
    let error = error_of(errors, name);
    Choices { name, legend, hint: "", choices, chosen: vec![value], error, many: false, boxed: false, optional: false }
}

/// Any of a few; each ticked one sends `name` with its value.
pub fn checks<'a>(
    name: &'a str,
    legend: &'a str,
    chosen: &'a [String],
    choices: &'a [Choice],
    errors: &'a [FieldError],
) -> Choices<'a> {
    let chosen = chosen.iter().map(String::as_str).collect();
    let error = error_of(errors, name);
    Choices { name, legend, hint: "", choices, chosen, error, many: true, boxed: false, optional: false }
}

fn error_of<'a>(errors: &'a [FieldError], name: &str) -> Option<&'a str> {
    errors.iter().find(|error| error.field == name).map(|error| error.message.as_str())
}

fn described_by(id: &str, hint: bool, error: bool) -> String {
    match (hint, error) {
        (true, true) => format!("{id}-hint {id}-error"),
        (true, false) => format!("{id}-hint"),
        (false, true) => format!("{id}-error"),
        (false, false) => String::new(),
    }
}
