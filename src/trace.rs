//! The `traceparent` of what is being done (W3C Trace Context): taken at a door, kept in the events and jobs that follow
//! from it, told in the log. Whoever sent none is not given one.

use std::future::Future;

/// The header that doors look for.
pub const HEADER: &str = "traceparent";

tokio::task_local! {
    static PARENT: Option<String>;
}

/// A header's value as it is carried on; `None` where it is none (version, 32, 16 and 2 lower hexadecimal digits).
pub fn parent(header: &str) -> Option<String> {
    let parts: Vec<&str> = header.trim().split('-').collect();
    let is_hex =
        |text: &str, length| text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let is_told = |text: &str| text.bytes().any(|b| b != b'0');
    match parts.as_slice() {
        ["00", trace, span, flags] if is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2) => {
            (is_told(trace) && is_told(span)).then(|| header.trim().to_owned())
        }
        _ => None,
    }
}

/// What everything inside belongs to.
pub async fn within<T>(parent: Option<String>, doing: impl Future<Output = T>) -> T {
    PARENT.scope(parent, doing).await
}

/// What this belongs to, as far as it was told.
pub fn current() -> Option<String> {
    PARENT.try_with(Clone::clone).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_is_one_is_carried_on() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(parent(good).as_deref(), Some(good));
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parent(bad), None, "{bad}");
        }
        assert_eq!(within(parent(good), async { current() }).await.as_deref(), Some(good));
        assert_eq!(current(), None);
    }
}
