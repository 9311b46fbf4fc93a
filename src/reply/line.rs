//! One segment of a reply before it is bytes: a tag, elements, components.

/// A segment to be written. Empty elements at its end are left out by the writer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub tag: &'static str,
    /// Elements in order; each is a list of components, a simple element having one.
    pub elements: Vec<Vec<String>>,
}

impl Line {
    pub fn new(tag: &'static str) -> Self {
        Self { tag, elements: Vec::new() }
    }

    /// Adds a simple element; an empty text leaves its place free.
    #[must_use]
    pub fn and(mut self, text: impl Into<String>) -> Self {
        self.elements.push(vec![text.into()]);
        self
    }

    /// Adds a composite.
    #[must_use]
    pub fn composite<T: Into<String>>(mut self, components: impl IntoIterator<Item = T>) -> Self {
        self.elements.push(components.into_iter().map(Into::into).collect());
        self
    }
}

/// As the wire would show it with the delimiters `*` and `>`: for tests and logs.
impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = self.tag.to_owned();
        for element in &self.elements {
            text.push('*');
            text.push_str(element.join(">").trim_end_matches('>'));
        }
        f.write_str(text.trim_end_matches('*'))
    }
}
