//! The words of the page, for what is told elsewhere: one dictionary for both.

/// A language that the page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    Zh,
    En,
}

const ZH: &str = include_str!("../dashboard/ui/src/i18n/zh.ts");
const EN: &str = include_str!("../dashboard/ui/src/i18n/en.ts");

impl Language {
    /// The word for a value of a group, as `class.car`; the value itself where there is none.
    pub(crate) fn word<'a>(self, group: &str, value: &'a str) -> &'a str
    where
        Self: 'a,
    {
        self.find(&format!("{group}.{value}")).unwrap_or(value)
    }

    /// A sentence with its holes filled.
    pub(crate) fn say(self, key: &str, holes: &[(&str, &str)]) -> String {
        let mut sentence = self.find(key).unwrap_or(key).to_owned();
        for (hole, value) in holes {
            sentence = sentence.replace(&format!("{{{hole}}}"), value);
        }
        sentence
    }

    fn find(self, key: &str) -> Option<&'static str> {
        let text = match self {
            Self::Zh => ZH,
            Self::En => EN,
        };
        text.lines().find_map(|line| {
            let rest = line.trim_start().strip_prefix('"')?.strip_prefix(key)?;
            rest.strip_prefix("\": \"")?.strip_suffix("\",")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_page() {
        assert_eq!(Language::Zh.word("class", "car"), "小汽车");
        assert_eq!(Language::En.word("class", "car"), "Car");
        assert_eq!(Language::En.word("class", "spaceship"), "spaceship");
        let told = Language::En.say("why.had_been_less", &[("fact", "time"), ("limit", "10 s")]);
        assert_eq!(told, "time been less than 10 s");
    }
}
