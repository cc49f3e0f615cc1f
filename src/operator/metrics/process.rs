//! What the kernel says of this process, from `/proc`. What cannot be read is left out.

use std::fs::read_to_string;

use super::text::Exposition;

/// `/proc` counts processor time in hundredths of a second, on every platform Linux has.
const TICKS: f64 = 100.0;
/// Numbers in `/proc/self/stat` after the name of the program, which may hold spaces, and its state.
const USER_TIME: usize = 10;
const SYSTEM_TIME: usize = 11;
const STARTED: usize = 18;

/// The families that monitoring knows by these names for every program.
pub fn describe(text: &mut Exposition) {
    let stat = read_to_string("/proc/self/stat").unwrap_or_default();
    let after_boot = stat_number(&stat, STARTED).map(|ticks| ticks / TICKS);
    let boot = read_to_string("/proc/stat").ok().and_then(|stat| field(&stat, "btime"));
    let used = stat_number(&stat, USER_TIME).zip(stat_number(&stat, SYSTEM_TIME));
    text.gauge("process_start_time_seconds", "When the process began, in seconds since 1970.")
        .value(boot.zip(after_boot).map(|(boot, after)| boot + after));
    text.counter("process_cpu_seconds_total", "Processor time used, by the program and by the kernel for it.")
        .value(used.map(|(user, system)| (user + system) / TICKS));
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes = |name: &str| field(&status, name).map(|kibibytes| kibibytes * 1024.0);
    text.gauge("process_resident_memory_bytes", "Memory in use.").value(kibibytes("VmRSS:"));
    text.gauge("process_virtual_memory_bytes", "Memory set aside, in use or not.").value(kibibytes("VmSize:"));
    text.gauge("process_threads", "Threads.").value(field(&status, "Threads:"));
    let open = std::fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as f64);
    text.gauge("process_open_fds", "Open files and connections.").value(open);
    let limits = read_to_string("/proc/self/limits").unwrap_or_default();
    text.gauge("process_max_fds", "Most files and connections at once.").value(field(&limits, "Max open files"));
}

/// The first number after a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn stat_number(stat: &str, place: usize) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().skip(1).nth(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_behind_a_name_with_spaces_and_brackets() {
        let stat = "42 (hold) (fast) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 12345 1000 200";
        assert_eq!(stat_number(stat, USER_TIME), Some(250.0));
        assert_eq!(stat_number(stat, SYSTEM_TIME), Some(50.0));
        assert_eq!(stat_number(stat, STARTED), Some(12345.0));
        assert_eq!(field("Name:\tx\nVmRSS:\t  2048 kB\n", "VmRSS:"), Some(2048.0));
        assert_eq!(
            field("Max open files            1024                 4096                 files", "Max open files"),
            Some(1024.0)
        );
        assert_eq!(field("", "VmRSS:"), None);
    }

    #[test]
    fn this_process_has_memory_and_a_beginning() {
        let mut text = Exposition::default();
        describe(&mut text);
        let text = String::from_utf8(text.into_bytes()).expect("text");
        for name in ["process_resident_memory_bytes ", "process_start_time_seconds ", "process_open_fds "] {
            let line =
                text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {text}"));
            assert!(line.parse::<f64>().expect("a number") > 0.0, "{name}{line}");
        }
    }
}
