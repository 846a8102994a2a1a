//! What may stand on a plate, by GA 36: the characters, and in which order they come.
//!
//! Covers plates of a province (blue, yellow, green), learners' (学), trailers' (挂), police (警), of Hong Kong and
//! Macau (港, 澳), consulates' (领) and embassies' (使). Plates of the armed forces, temporary ones (临, 超, 试) and those
//! of emergency services (应急) are not covered: they stay unread.

/// Every character of a plate; a character is its place in here.
pub(super) const ALPHABET: [char; 72] = [
    '京', '津', '沪', '渝', '冀', '豫', '云', '辽', '黑', '湘', '皖', '鲁', '新', '苏', '浙', '赣',
    '鄂', '桂', '甘', '晋', '蒙', '陕', '吉', '闽', '贵', '粤', '青', '藏', '川', '宁', '琼', 'A',
    'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'U', 'V',
    'W', 'X', 'Y', 'Z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '学', '警', '港', '澳',
    '领', '挂', '使',
];

/// The longest plate, characters.
pub(super) const LONGEST: usize = 8;

/// A set of characters: bit n is `ALPHABET[n]`.
type Set = u128;

const PROVINCE: Set = (1 << 31) - 1;
/// Without I and O.
const LETTER: Set = ((1 << 24) - 1) << 31;
const DIGIT: Set = ((1 << 10) - 1) << 55;
const ANY: Set = LETTER | DIGIT;
/// A to K: what drives a car of new energy.
const DRIVE: Set = ((1 << 10) - 1) << 31;
const CANTON: Set = 1 << 25;
const Z: Set = 1 << 54;
const LEARNER: Set = 1 << 65;
const POLICE: Set = 1 << 66;
const BORDER: Set = 1 << 67 | 1 << 68;
const CONSUL: Set = 1 << 69;
const TRAILER: Set = 1 << 70;
const EMBASSY: Set = 1 << 71;

/// What may stand at each place, kind by kind.
const KINDS: [&[Set]; 10] = [
    &[PROVINCE, LETTER, ANY, ANY, ANY, ANY, ANY],
    // New energy: small, then large vehicles.
    &[PROVINCE, LETTER, DRIVE, ANY, DIGIT, DIGIT, DIGIT, DIGIT],
    &[PROVINCE, LETTER, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DRIVE],
    &[PROVINCE, LETTER, ANY, ANY, ANY, ANY, LEARNER],
    &[PROVINCE, LETTER, ANY, ANY, ANY, ANY, TRAILER],
    &[PROVINCE, LETTER, ANY, ANY, ANY, ANY, POLICE],
    &[CANTON, Z, ANY, ANY, ANY, ANY, BORDER],
    &[PROVINCE, ANY, DIGIT, DIGIT, DIGIT, DIGIT, CONSUL],
    &[DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, EMBASSY],
    &[EMBASSY, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT],
];

/// The kinds that a text can still become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open {
    kinds: u16,
    length: usize,
}

impl Open {
    /// Of an empty text: all.
    pub(super) const START: Self = Self { kinds: (1 << KINDS.len()) - 1, length: 0 };

    /// With one more character; None where no plate goes on so.
    pub(super) fn then(self, character: u8) -> Option<Self> {
        let mut kinds = 0;
        for (kind, places) in KINDS.iter().enumerate() {
            let open = self.kinds >> kind & 1 == 1;
            let fits = places.get(self.length).is_some_and(|set| set >> character & 1 == 1);
            kinds |= u16::from(open && fits) << kind;
        }
        (kinds != 0).then_some(Self { kinds, length: self.length + 1 })
    }

    /// Whether it is a whole plate as it is.
    pub(super) fn is_whole(self) -> bool {
        let mut kinds = KINDS.iter().enumerate();
        kinds.any(|(kind, places)| self.kinds >> kind & 1 == 1 && places.len() == self.length)
    }
}

/// Whether the standard allows this text.
pub fn is_legal(text: &str) -> bool {
    let mut open = Open::START;
    for character in text.chars() {
        let place = ALPHABET.iter().position(|&known| known == character);
        match place.and_then(|place| u8::try_from(place).ok()).and_then(|c| open.then(c)) {
            Some(next) => open = next,
            None => return false,
        }
    }
    open.is_whole()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_the_characters_they_are_called_after() {
        let members = |set: Set| -> String {
            (0..ALPHABET.len()).filter(|c| set >> c & 1 == 1).map(|c| ALPHABET[c]).collect()
        };
        for (set, expected) in [
            (LETTER, "ABCDEFGHJKLMNPQRSTUVWXYZ"),
            (DIGIT, "0123456789"),
            (DRIVE, "ABCDEFGHJK"),
            (CANTON, "粤"),
            (Z, "Z"),
            (LEARNER, "学"),
            (POLICE, "警"),
            (BORDER, "港澳"),
            (CONSUL, "领"),
            (TRAILER, "挂"),
            (EMBASSY, "使"),
        ] {
            assert_eq!(members(set), expected);
        }
        assert_eq!(members(PROVINCE).chars().count(), 31);
        assert!(members(PROVINCE).starts_with("京津") && members(PROVINCE).ends_with("宁琼"));
    }

    #[test]
    fn what_the_standard_allows() {
        for (text, legal) in [
            ("皖A12345", true),
            ("皖AB166M", true),
            ("沪AD12345", true),
            ("沪AFX2345", true),
            ("粤B12345D", true),
            ("京A1234学", true),
            ("苏E88K2挂", true),
            ("浙A0012警", true),
            ("粤ZF023港", true),
            ("粤Z1234澳", true),
            ("沪A0023领", true),
            ("沪22478领", true),
            ("224578使", true),
            ("使014578", true),
            ("", false),
            ("皖", false),
            ("A12345", false),
            ("皖A1234", false),
            ("皖A123456", false),
            ("皖A1234567", false),
            ("皖I12345", false),
            ("皖A1O345", false),
            ("皖112345", false),
            ("皖皖12345", false),
            ("沪AL12345", false),
            ("粤B1234DD", false),
            ("京Z1234港", false),
            ("粤A1234港", false),
            ("皖A12学45", false),
            ("皖a12345", false),
            ("皖A·12345", false),
        ] {
            assert_eq!(is_legal(text), legal, "{text}");
        }
    }
}
