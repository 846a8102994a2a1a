//! What the process has used of the processor, for `--summary`.

/// Seconds of all threads together, since the process began, in steps of 10 ms; nothing where Linux does not
/// tell.
pub(crate) fn cpu_seconds() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/self/stat").ok()?;
    of(&told)
}

/// Fields 14 and 15 of proc(5), in ticks. The name, which may hold anything, ends with the last bracket.
fn of(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = |field: Option<&str>| field?.parse::<f64>().ok();
    let mut fields = fields.split_ascii_whitespace().skip(11);
    Some((ticks(fields.next())? + ticks(fields.next())?) / TICKS_A_SECOND)
}

/// What Linux shows, whatever it counts in (`USER_HZ`).
const TICKS_A_SECOND: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_added() {
        let stat = "77 (a) b) R 1 77 77 0 -1 4194304 500 0 0 0 1234 66 5 5 20 0 9 0 4242 1000 50";
        assert_eq!(of(stat), Some(13.0));
        assert_eq!(of("77 nonsense"), None);
        assert!(cpu_seconds().is_some_and(|seconds| seconds >= 0.0));
    }
}
