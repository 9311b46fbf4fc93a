//! The forms in which headers and bodies are hashed (RFC 6376, 3.4).

/// How much a relay may change without breaking a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Simple,
    Relaxed,
}

/// A header field as it stands in the mail, with its folds and without its last line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'m> {
    pub name: &'m [u8],
    pub raw: &'m [u8],
}

impl<'m> Field<'m> {
    /// What stands after the colon.
    pub fn value(&self) -> &'m [u8] {
        let colon = self.raw.iter().position(|&byte| byte == b':');
        colon.map_or(&[][..], |colon| &self.raw[colon + 1..])
    }

    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The header fields from top to bottom, and the body.
pub(super) fn split(mail: &[u8]) -> (Vec<Field<'_>>, &[u8]) {
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < mail.len() {
        let end = memchr(mail, at).unwrap_or(mail.len());
        let line = mail[at..end].strip_suffix(b"\r").unwrap_or(&mail[at..end]);
        let next = (end + 1).min(mail.len());
        if line.is_empty() {
            return (fields, &mail[next..]);
        }
        let is_fold = line[0] == b' ' || line[0] == b'\t';
        let raw_end = at + line.len();
        if is_fold && let Some(last) = fields.last_mut() {
            last.raw = &mail[start..raw_end];
        } else if let Some(colon) = line.iter().position(|&byte| byte == b':') {
            start = at;
            fields.push(Field { name: line[..colon].trim_ascii_end(), raw: &mail[at..raw_end] });
        }
        at = next;
    }
    (fields, &[])
}

fn memchr(mail: &[u8], from: usize) -> Option<usize> {
    mail[from..].iter().position(|&byte| byte == b'\n').map(|at| from + at)
}

/// A field in its form, without the line end that follows it.
pub(super) fn field(form: Form, raw: &[u8], out: &mut Vec<u8>) {
    match (form, raw.iter().position(|&byte| byte == b':')) {
        (Form::Simple, _) | (_, None) => out.extend_from_slice(raw),
        (Form::Relaxed, Some(colon)) => {
            out.extend(raw[..colon].trim_ascii_end().to_ascii_lowercase());
            out.push(b':');
            let words = raw[colon + 1..].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            for (index, word) in words.enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                out.extend_from_slice(word);
            }
        }
    }
}

/// The body in its form.
pub(super) fn body(form: Form, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 2);
    let mut lines = body.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).peekable();
    while let Some(line) = lines.next() {
        // What follows the last line end is a line only where something stands there.
        if lines.peek().is_none() && line.is_empty() {
            break;
        }
        match form {
            Form::Simple => out.extend_from_slice(line),
            Form::Relaxed => relaxed_line(line, &mut out),
        }
        out.extend_from_slice(b"\r\n");
    }
    while out.ends_with(b"\r\n\r\n") {
        out.truncate(out.len() - 2);
    }
    match (form, out.as_slice()) {
        (Form::Simple, b"") => b"\r\n".to_vec(),
        (Form::Relaxed, b"\r\n") => Vec::new(),
        _ => out,
    }
}

fn relaxed_line(line: &[u8], out: &mut Vec<u8>) {
    let mut is_gap = false;
    for &byte in line {
        if byte == b' ' || byte == b'\t' {
            is_gap = true;
            continue;
        }
        if is_gap {
            out.push(b' ');
            is_gap = false;
        }
        out.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6376, 3.4.5.
    #[test]
    fn the_example_of_the_standard() {
        let mail = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (fields, rest) = split(mail);
        let head = |form| {
            let mut out = Vec::new();
            for one in &fields {
                field(form, one.raw, &mut out);
                out.extend_from_slice(b"\r\n");
            }
            out
        };
        assert_eq!(head(Form::Relaxed), b"a:X\r\nb:Y Z\r\n");
        assert_eq!(body(Form::Relaxed, rest), b" C\r\nD E\r\n");
        assert_eq!(head(Form::Simple), b"A: X\r\nB : Y\t\r\n\tZ  \r\n");
        assert_eq!(body(Form::Simple, rest), b" C \r\nD \t E\r\n");
    }

    #[test]
    fn bodies_that_are_empty_or_end_without_a_line_end() {
        for (text, simple, relaxed) in [
            (&b""[..], &b"\r\n"[..], &b""[..]),
            (b"\r\n\r\n", b"\r\n", b""),
            (b"x", b"x\r\n", b"x\r\n"),
            (b"x \r\n", b"x \r\n", b"x\r\n"),
        ] {
            assert_eq!(body(Form::Simple, text), simple);
            assert_eq!(body(Form::Relaxed, text), relaxed);
        }
    }
}
