//! What is said beside the protocol: OpenSSH's clients show what a code means and never the sentence that comes with it, but
//! they do show a channel's standard error. So a refusal is told there, with what can be done.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// So many lines of one channel: a program that repeats itself for ever need not be told for ever.
const LINES_MAX: u32 = 50;

/// The way to whoever sits in front of the client.
#[derive(Debug, Default)]
pub struct Aside {
    to: Option<UnboundedSender<String>>,
    said: u32,
}

impl Aside {
    /// A way, and where its lines come out.
    pub fn open() -> (Self, UnboundedReceiver<String>) {
        let (to, lines) = unbounded_channel();
        (Self { to: Some(to), said: 0 }, lines)
    }

    /// Whether a client shows what is said on standard error, by how it calls itself.
    pub fn is_shown_by(client: &[u8]) -> bool {
        client.starts_with(b"SSH-2.0-OpenSSH")
    }

    /// Says one line, where anybody hears it.
    pub fn say(&mut self, words: &str) {
        let Some(to) = self.to.as_ref().filter(|_| self.said < LINES_MAX) else { return };
        self.said += 1;
        let shown: String = words.chars().filter(|c| !c.is_control()).collect();
        // Nobody listens any more: the channel is over.
        let _ = to.send(format!("entrepot: {shown}\r\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_shown_as_they_are_and_end() {
        let (mut aside, mut lines) = Aside::open();
        aside.say("in/\u{1b}[2Jx: no");
        assert_eq!(lines.try_recv().unwrap(), "entrepot: in/[2Jx: no\r\n");
        (0..100).for_each(|_| aside.say("again"));
        assert_eq!(std::iter::from_fn(|| lines.try_recv().ok()).count() as u32, LINES_MAX - 1);
    }

    #[test]
    fn clients_that_show_it() {
        for (client, expected) in [
            ("SSH-2.0-OpenSSH_9.2p1 Debian-2", true),
            ("SSH-2.0-WinSCP_release_6.3", false),
            ("SSH-2.0-paramiko_5", false),
        ] {
            assert_eq!(Aside::is_shown_by(client.as_bytes()), expected, "{client}");
        }
    }
}
