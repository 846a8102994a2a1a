//! Names that strangers give to flights and files.

use super::FlightError;

const LONGEST_FLIGHT: usize = 200;
const LONGEST_SERIAL: usize = 64;
const LONGEST_PATH: usize = 1000;
/// What file systems take as one name, bytes.
const LONGEST_PART: usize = 255;

/// A flight's name, for people.
pub(super) fn check_flight_name(name: &str) -> Result<(), FlightError> {
    let why = if name.chars().count() > LONGEST_FLIGHT {
        "it is longer than 200 characters"
    } else if name.chars().any(char::is_control) {
        "it has control characters"
    } else {
        return Ok(());
    };
    Err(bad("flight", name, why))
}

/// A serial number, or nothing.
pub(super) fn check_serial(serial: &str) -> Result<(), FlightError> {
    let plain = serial.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain && serial.len() <= LONGEST_SERIAL {
        return Ok(());
    }
    Err(bad("aircraft", serial, "a serial number is at most 64 letters and digits"))
}

/// A file's path inside its flight. It never becomes a path on disk, but exports and zips carry
/// it, so that only what is safe there is let through.
pub(super) fn check_file_name(name: &str) -> Result<(), FlightError> {
    let parts = || name.split('/');
    let why = if name.is_empty() {
        "it is empty"
    } else if name.len() > LONGEST_PATH {
        "it is longer than 1000 bytes"
    } else if name.chars().any(char::is_control) {
        "it has control characters"
    } else if name.contains('\\') {
        "folders are separated by `/`"
    } else if parts().any(|part| matches!(part, "" | "." | "..")) {
        "it must be a path below the flight, without empty parts, `.` and `..`"
    } else if parts().any(|part| part.len() > LONGEST_PART) {
        "a part of it is longer than 255 bytes"
    } else {
        return Ok(());
    };
    Err(bad("file", name, why))
}

fn bad(of: &'static str, name: &str, why: &'static str) -> FlightError {
    FlightError::BadName { of, given: name.chars().take(80).collect(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_the_flight() {
        for good in ["DJI_0001.MP4", "100MEDIA/DJI_0001.SRT", "飞行 1/a..b.txt", "..."] {
            assert!(check_file_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "../x",
            "a/../x",
            "/etc/passwd",
            "a//b",
            "a/",
            "a\\b",
            "a\nb",
            "a\0",
            &"x".repeat(256),
            &"x/".repeat(501),
        ] {
            assert!(check_file_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn serial_numbers() {
        assert!(check_serial("").is_ok());
        assert!(check_serial("1581F5BMD228Q00A82XX").is_ok());
        for bad in ["1581F 5", "飞机", "a-1", &"9".repeat(65)] {
            assert!(check_serial(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_for_people() {
        assert!(check_flight_name("").is_ok());
        assert!(check_flight_name("早班 1").is_ok());
        assert!(check_flight_name("a\tb").is_err());
        assert!(check_flight_name(&"飞".repeat(201)).is_err());
    }
}
