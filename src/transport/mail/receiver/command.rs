//! What a client says, line by line (RFC 5321, 4.1), without doing it.

use crate::partner::mail::is_address;

/// A line of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Hello {
        name: String,
        is_extended: bool,
    },
    /// An empty address is the null path.
    Mail {
        sender: String,
        size: Option<u64>,
    },
    Recipient(String),
    Data,
    Reset,
    Nothing,
    StartTls,
    Quit,
    /// Known, and not done here.
    NotDone,
    /// What is wrong with the line, as an answer.
    Wrong(&'static str),
}

/// Reads a line without its end.
pub(super) fn read(line: &[u8]) -> Command {
    let Ok(line) = std::str::from_utf8(line) else { return Command::Wrong("500 5.5.2 not text") };
    let line = line.trim_end();
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    match verb.to_ascii_uppercase().as_str() {
        word @ ("EHLO" | "HELO") if is_host(rest) => {
            Command::Hello { name: rest.to_owned(), is_extended: word == "EHLO" }
        }
        "EHLO" | "HELO" => Command::Wrong("501 5.5.4 say who you are"),
        "MAIL" => mail(rest),
        "RCPT" => match path(rest, "TO:") {
            Some((address, _)) if !address.is_empty() => Command::Recipient(address),
            _ => Command::Wrong("501 5.5.4 RCPT TO:<address>"),
        },
        "DATA" if rest.is_empty() => Command::Data,
        "DATA" => Command::Wrong("501 5.5.4 DATA stands alone"),
        "RSET" => Command::Reset,
        "NOOP" => Command::Nothing,
        "STARTTLS" if rest.is_empty() => Command::StartTls,
        "QUIT" => Command::Quit,
        "VRFY" | "EXPN" | "HELP" | "AUTH" | "BDAT" => Command::NotDone,
        _ => Command::Wrong("500 5.5.1 not a command"),
    }
}

fn mail(rest: &str) -> Command {
    let Some((sender, parameters)) = path(rest, "FROM:") else {
        return Command::Wrong("501 5.5.4 MAIL FROM:<address>");
    };
    let mut size = None;
    for parameter in parameters.split_ascii_whitespace() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.to_ascii_uppercase().as_str() {
            "SIZE" => match value.parse() {
                Ok(bytes) => size = Some(bytes),
                Err(_) => return Command::Wrong("501 5.5.4 SIZE is a number"),
            },
            "BODY" | "SMTPUTF8" => {}
            _ => return Command::Wrong("555 5.5.4 a parameter that is not known"),
        }
    }
    Command::Mail { sender, size }
}

/// `FROM:<a@b> PARAMETERS`: the address in lower case, and what follows. Routes (`@a:b@c`) are ignored, as they must be.
fn path<'l>(rest: &'l str, word: &str) -> Option<(String, &'l str)> {
    let start = rest.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word))?;
    let inside = rest[start.len()..].trim_start().strip_prefix('<')?;
    let (path, parameters) = inside.split_once('>')?;
    let address = if path.starts_with('@') { path.split_once(':')?.1 } else { path };
    (address.is_empty() || is_address(address)).then(|| (address.to_ascii_lowercase(), parameters))
}

/// A name or an address literal; what it says is not believed, but it stands in headers.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let mail = |sender: &str, size| Command::Mail { sender: sender.into(), size };
        for (line, expected) in [
            ("EHLO mx.acme.example", Command::Hello { name: "mx.acme.example".into(), is_extended: true }),
            ("helo [192.0.2.1]", Command::Hello { name: "[192.0.2.1]".into(), is_extended: false }),
            ("EHLO", Command::Wrong("501 5.5.4 say who you are")),
            ("EHLO a\rb", Command::Wrong("501 5.5.4 say who you are")),
            ("MAIL FROM:<A@b.example>", mail("a@b.example", None)),
            ("mail from: <a@b.example> SIZE=12 BODY=8BITMIME", mail("a@b.example", Some(12))),
            ("MAIL FROM:<>", mail("", None)),
            ("MAIL FROM:a@b.example", Command::Wrong("501 5.5.4 MAIL FROM:<address>")),
            ("MAIL FROM:<a@b.example> X=1", Command::Wrong("555 5.5.4 a parameter that is not known")),
            ("MAIL FROM:<a@b.example> SIZE=x", Command::Wrong("501 5.5.4 SIZE is a number")),
            ("RCPT TO:<c@d.example>", Command::Recipient("c@d.example".into())),
            ("RCPT TO:<@relay.example:c@d.example>", Command::Recipient("c@d.example".into())),
            ("RCPT TO:<>", Command::Wrong("501 5.5.4 RCPT TO:<address>")),
            ("RCPT TO:<a b@c>", Command::Wrong("501 5.5.4 RCPT TO:<address>")),
            ("DATA", Command::Data),
            ("DATA now", Command::Wrong("501 5.5.4 DATA stands alone")),
            ("STARTTLS", Command::StartTls),
            ("VRFY x", Command::NotDone),
            ("GET / HTTP/1.1", Command::Wrong("500 5.5.1 not a command")),
            ("", Command::Wrong("500 5.5.1 not a command")),
        ] {
            assert_eq!(read(line.as_bytes()), expected, "{line}");
        }
        assert_eq!(read(b"\xFF"), Command::Wrong("500 5.5.2 not text"));
    }
}
