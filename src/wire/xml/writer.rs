//! Well-formed XML, element by element, two blanks of indent per level; empty elements are never written.

/// Writes one document into a buffer.
#[derive(Debug)]
pub struct XmlWriter<'o> {
    out: &'o mut Vec<u8>,
    open: Vec<Box<str>>,
    /// The start tag of the innermost element still lacks its `>`.
    in_tag: bool,
    /// The innermost element holds text: its end tag follows on the same line.
    in_text: bool,
}

/// A point in a document being written.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    length: usize,
    depth: usize,
    in_tag: bool,
    in_text: bool,
}

impl<'o> XmlWriter<'o> {
    /// Begins a document with the XML declaration, in UTF-8.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        Self { out, open: Vec::new(), in_tag: false, in_text: false }
    }

    pub fn start(&mut self, name: &str) {
        self.finish_tag();
        if !self.open.is_empty() {
            self.line(self.open.len());
        }
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        self.open.push(name.into());
        self.in_tag = true;
        self.in_text = false;
    }

    /// An attribute of the element just started.
    pub fn attribute(&mut self, name: &str, value: &str) {
        debug_assert!(self.in_tag, "attributes come before content");
        self.out.push(b' ');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"=\"");
        escape(value, true, self.out);
        self.out.push(b'"');
    }

    pub fn text(&mut self, value: &str) {
        self.finish_tag();
        escape(value, false, self.out);
        self.in_text = true;
    }

    pub fn end(&mut self) {
        let Some(name) = self.open.pop() else { return };
        if self.in_tag {
            self.out.extend_from_slice(b"/>");
        } else {
            if !self.in_text {
                self.line(self.open.len());
            }
            self.out.extend_from_slice(b"</");
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b'>');
        }
        self.in_tag = false;
        self.in_text = false;
        if self.open.is_empty() {
            self.out.push(b'\n');
        }
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The present end of the document, to go back to.
    pub fn mark(&self) -> Mark {
        Mark { length: self.out.len(), depth: self.open.len(), in_tag: self.in_tag, in_text: self.in_text }
    }

    /// Takes back everything since `mark`, which must be in an element that is still open.
    pub fn go_back(&mut self, mark: Mark) {
        self.out.truncate(mark.length);
        self.open.truncate(mark.depth);
        self.in_tag = mark.in_tag;
        self.in_text = mark.in_text;
    }

    fn finish_tag(&mut self) {
        if self.in_tag {
            self.out.push(b'>');
            self.in_tag = false;
        }
    }

    fn line(&mut self, level: usize) {
        self.out.push(b'\n');
        for _ in 0..level {
            self.out.extend_from_slice(b"  ");
        }
    }
}

/// Characters that XML 1.0 cannot carry at all are left out; the caller has refused them where that matters.
fn escape(value: &str, attribute: bool, out: &mut Vec<u8>) {
    for byte in value.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' if attribute => out.extend_from_slice(b"&quot;"),
            b'\r' => out.extend_from_slice(b"&#13;"),
            b'\t' if attribute => out.extend_from_slice(b"&#9;"),
            b'\n' if attribute => out.extend_from_slice(b"&#10;"),
            0..b' ' if !matches!(byte, b'\t' | b'\n') => {}
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::XmlWriter;
    use crate::wire::xml::{Limits, Tree};

    #[test]
    fn what_is_written_is_read_back() {
        let mut out = Vec::new();
        let mut writer = XmlWriter::new(&mut out);
        writer.start("a");
        writer.attribute("xmlns", "urn:a");
        writer.start("b");
        writer.attribute("c", "\"<&>\t\n");
        writer.text("1 < 2 & ]]> \r");
        writer.end();
        writer.start("d");
        writer.end();
        writer.end();
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"urn:a\">\n  \
                        <b c=\"&quot;&lt;&amp;&gt;&#9;&#10;\">1 &lt; 2 &amp; ]]&gt; &#13;</b>\n  <d/>\n</a>\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
        let tree = Tree::read(&out, Limits::default());
        assert!(tree.findings.is_empty());
        let b = tree.root().and_then(|root| root.children().next()).unwrap();
        assert_eq!(b.text(), "1 < 2 & ]]>");
        assert_eq!(b.attribute("c").unwrap().text(), "\"<&>");
    }
}
