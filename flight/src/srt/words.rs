//! Cuts the text of an entry into words, so that fields are found by name and not by place.
//!
//! All dialects are read alike: `name: value`, `name value` and `name (value, value, …)`, with or
//! without square brackets around. What stands in a bracket that never closes is left out: half a
//! number is worse than none.

/// What one entry says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words<'a> {
    words: Vec<Word<'a>>,
    /// A bracket was left open.
    pub(super) cut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Word<'a> {
    Text(&'a str),
    Colon,
    Open,
    Close,
}

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut read = Self { words: Vec::new(), cut: false };
        let mut square = Bracket::default();
        let mut round = Bracket::default();
        let mut rest = text;
        while let Some((word, mark, after)) = next(rest) {
            if !word.is_empty() {
                read.words.push(Word::Text(word));
            }
            match mark {
                '[' => square.open(&mut read),
                ']' => square.close(),
                '(' => {
                    round.open(&mut read);
                    read.words.push(Word::Open);
                }
                ')' => {
                    round.close();
                    read.words.push(Word::Close);
                }
                ':' => read.words.push(Word::Colon),
                _ => {}
            }
            rest = after;
        }
        square.end(&mut read);
        round.end(&mut read);
        read
    }

    /// The same without the last word, unless that carries a unit and is whole.
    pub(super) fn without_last(&self) -> Option<Self> {
        let whole = |word: &str| word.ends_with(|c: char| c.is_ascii_alphabetic());
        match self.words.split_last() {
            Some((Word::Text(word), words)) if !whole(word) => {
                Some(Self { words: words.to_vec(), cut: true })
            }
            _ => None,
        }
    }

    /// Whether `name` occurs at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.places(name).next().is_some()
    }

    /// Whether a word begins with `start`.
    pub(super) fn any_starts(&self, start: &str) -> bool {
        self.words.iter().any(|word| matches!(word, Word::Text(text) if text.starts_with(start)))
    }

    /// The number that follows the first `name`; a unit behind it is passed over.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        number(self.text(name)?)
    }

    /// What follows the first `name`, with or without a colon.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        let after = &self.words[self.places(name).next()? + 1..];
        match after {
            [Word::Colon, Word::Text(text), ..] | [Word::Text(text), ..] => Some(text),
            _ => None,
        }
    }

    /// The texts in the round brackets that follow `name`.
    pub(super) fn group(&self, name: &str) -> Option<Vec<&'a str>> {
        self.places(name).find_map(|place| match &self.words[place + 1..] {
            [Word::Open, inside @ ..] => inside
                .iter()
                .take_while(|word| **word != Word::Close)
                .map(|word| if let Word::Text(text) = word { Some(*text) } else { None })
                .collect(),
            _ => None,
        })
    }

    fn places(&self, name: &str) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().filter_map(move |(i, word)| match word {
            Word::Text(text) if text.eq_ignore_ascii_case(name) => Some(i),
            _ => None,
        })
    }
}

/// Where a bracket of one kind stands open.
#[derive(Default)]
struct Bracket(Option<usize>);

impl Bracket {
    fn open(&mut self, read: &mut Words) {
        self.end(read);
        self.0 = Some(read.words.len());
    }

    fn close(&mut self) {
        self.0 = None;
    }

    /// Takes away what stands in a bracket that is still open.
    fn end(&mut self, read: &mut Words) {
        if let Some(opened) = self.0.take() {
            read.words.truncate(opened);
            read.cut = true;
        }
    }
}

/// The text up to the next mark, the mark, and what follows it.
fn next(text: &str) -> Option<(&str, char, &str)> {
    if text.is_empty() {
        return None;
    }
    let is_mark = |c: char| c.is_whitespace() || "[]():,;<>|=\"".contains(c);
    let Some(at) = text.find(is_mark) else { return Some((text, ' ', "")) };
    let mark = text[at..].chars().next()?;
    Some((&text[..at], mark, &text[at + mark.len_utf8()..]))
}

/// The number at the beginning of `text`: `200.70m`, `-8.9°`, `+0.7`.
pub(super) fn number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    text[..end].parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name() {
        let words =
            Words::of("<font size=\"28\">A : 1, B: -2.5m/s [c: x d:+4] E n/a F.PRY (1.5°, -2)");
        assert_eq!(words.number("a"), Some(1.0));
        assert_eq!(words.number("B"), Some(-2.5));
        assert_eq!((words.text("c"), words.number("c")), (Some("x"), None));
        assert_eq!(words.number("d"), Some(4.0));
        assert_eq!(words.number("e"), None);
        assert_eq!(words.group("F.PRY"), Some(vec!["1.5°", "-2"]));
        assert_eq!(words.group("B"), None);
        assert!(!words.cut);
    }

    #[test]
    fn half_a_bracket_is_left_out() {
        for (text, name) in
            [("[a: 1] [b: 2", "b"), ("[a: 1] [b: 2 [c: 3]", "b"), ("[a: 1] b(2, 3", "2")]
        {
            let words = Words::of(text);
            assert!(words.cut && !words.has(name), "{text}: {words:?}");
            assert_eq!(words.number("a"), Some(1.0), "{text}");
        }
    }

    #[test]
    fn no_number_is_no_number() {
        for text in ["", "-", "n/a", "N/A", ".", "1.2.3", "--1", &"9".repeat(400)] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
