//! When two names are close enough to ask whether they are one.

/// True for the same words in any order, and for one slip in four letters of names that begin alike, two at
/// most. The slips of a word are counted by its own letters: a family name of one sign is another name when that
/// sign differs, and so is a short given name that differs in two. Both are folded.
pub fn are_close(one: &str, other: &str) -> bool {
    if sorted(one) == sorted(other) {
        return true;
    }
    let letters = |text: &str| text.chars().collect::<Vec<char>>();
    if !is_a_slip_apart(&letters(one), &letters(other)) || one.chars().next() != other.chars().next() {
        return false;
    }
    let (one, other): (Vec<&str>, Vec<&str>) = (one.split(' ').collect(), other.split(' ').collect());
    // A space more or less is a slip like any other.
    one.len() != other.len()
        || one.iter().zip(&other).all(|(one, other)| is_a_slip_apart(&letters(one), &letters(other)))
}

fn is_a_slip_apart(one: &[char], other: &[char]) -> bool {
    let slips = (one.len().min(other.len()) / 4).min(2);
    one.len().abs_diff(other.len()) <= slips && distance(one, other) <= slips
}

/// Which letters a name has, one bit each: what can be asked of two names without reading them.
pub fn letters(name: &str) -> i64 {
    name.chars().fold(0, |letters, letter| letters | 1 << (letter as u32 % 64))
}

/// False when names with these [`letters`] cannot be close: a slip gives one letter for another at most, and there
/// are two slips at most.
pub fn may_be_close(one: i64, other: i64) -> bool {
    (one ^ other).count_ones() <= 4
}

/// The words of a name, in alphabetical order.
pub fn sorted(name: &str) -> Vec<&str> {
    let mut words: Vec<&str> = name.split(' ').filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}

/// What a word sounds like, roughly: its first letter and the classes of the consonants after it (Soundex, as
/// the US National Archives describe it, without the limit of four). Names a slip apart mostly share it.
pub fn sound(word: &str) -> String {
    let mut sound = String::new();
    let mut last = '0';
    for letter in word.chars() {
        let class = match letter {
            'b' | 'f' | 'p' | 'v' => '1',
            'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => '2',
            'd' | 't' => '3',
            'l' => '4',
            'm' | 'n' => '5',
            'r' => '6',
            'h' | 'w' => last,
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' => '0',
            // Scripts other than Latin have no such classes: each letter is its own.
            other => other,
        };
        if sound.is_empty() {
            sound.push(letter);
        } else if class != '0' && class != last {
            sound.push(class);
        }
        last = class;
    }
    sound
}

/// What kinds of company there are in law: two names that differ only in these are one.
const FORMS: &[&str] = &[
    "ab",
    "ag",
    "as",
    "asa",
    "bv",
    "co",
    "corp",
    "corporation",
    "eg",
    "ev",
    "gmbh",
    "gbr",
    "inc",
    "incorporated",
    "kft",
    "kg",
    "lda",
    "limited",
    "llc",
    "llp",
    "ltd",
    "ltda",
    "nv",
    "ohg",
    "oy",
    "oyj",
    "plc",
    "pty",
    "sa",
    "sarl",
    "sas",
    "sl",
    "spa",
    "srl",
    "sro",
    "ug",
    "und",
    "and",
    "the",
];

/// The folded name of a company without its legal form and marks: "Skelwick & Co. KG" is "skelwick".
pub fn bare_company(name: &str) -> String {
    let name = name.replace(['.', '\''], "");
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let kept: Vec<&str> = words.filter(|word| !FORMS.contains(word)).collect();
    if kept.is_empty() { name } else { kept.join(" ") }
}

/// Letters to change, add or leave out to make one word of the other (Levenshtein).
fn distance(one: &[char], other: &[char]) -> usize {
    distances(one, other)[other.len()]
}

/// The same for one word and each beginning of the other, from the empty one to the whole.
pub fn distances(one: &[char], other: &[char]) -> Vec<usize> {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_close_in_any_order_and_with_a_slip() {
        for (one, other) in [
            ("freya castellan", "castellan freya"),
            ("freya castellan", "freja castellan"),
            ("noor estevane", "noor estevan"),
            ("anna maria lind", "annamaria lind"),
        ] {
            assert!(are_close(one, other), "{one} / {other}");
            assert!(may_be_close(letters(one), letters(other)), "{one} / {other}");
        }
        for (one, other) in [
            ("freya castellan", "tobi ekwall"),
            ("ana", "ina"),
            ("ana lind", "bna lind"),
            ("bo", "bea"),
            ("sonke deichmann", "silke deichmann"),
            ("海涛 洪", "海涛 汪"),
        ] {
            assert!(!are_close(one, other), "{one} / {other}");
        }
    }

    #[test]
    fn names_of_other_letters_are_not_compared() {
        assert!(!may_be_close(letters("freya castellan"), letters("tobi ekwall")));
    }

    #[test]
    fn names_that_sound_alike_share_their_sound() {
        for (one, other) in [("meier", "mayer"), ("freya", "freja"), ("smith", "smyth"), ("castellan", "castelan")] {
            let differ = sound(one) != sound(other);
            // A j is a consonant in this code; the other half of the name finds such people.
            assert_eq!(differ, one == "freya", "{one} / {other}");
        }
        assert_ne!(sound("иванов"), sound("петров"));
    }

    #[test]
    fn legal_forms_do_not_make_a_company() {
        for name in ["skelwick gmbh", "skelwick gmbh & co. kg", "the skelwick ltd.", "skelwick s.a."] {
            assert_eq!(bare_company(name), "skelwick", "{name}");
        }
        assert_eq!(bare_company("ag"), "ag");
    }
}
