//! What a tree shows of good, bad and hostile documents.

use super::*;
use crate::finding::Fault;

fn read(text: &str) -> Tree<'_> {
    Tree::read(text.as_bytes(), Limits::default())
}

/// The tree as an indented outline: name, attributes, text.
fn outline(tree: &Tree<'_>) -> String {
    fn walk(node: Node<'_>, out: &mut String) {
        out.push('(');
        out.push_str(node.local_name());
        for attribute in node.attributes() {
            out.push_str(&format!(" @{}={}", attribute.local_name(), attribute.text()));
        }
        if node.has_text() {
            out.push_str(&format!(" {:?}", node.text()));
        }
        for child in node.children() {
            walk(child, out);
        }
        out.push(')');
    }
    let mut out = String::new();
    if let Some(root) = tree.root() {
        walk(root, &mut out);
    }
    out
}

#[test]
fn well_formed_documents() {
    let cases = [
        ("<a/>", "(a)"),
        ("<a>x</a>", "(a \"x\")"),
        ("<a>\n  <b c='1'>x &amp; y</b>\n  <b/>\n</a>\n", "(a(b @c=1 \"x & y\")(b))"),
        ("<p:a xmlns:p='urn:x'><p:b/></p:a>", "(a(b))"),
        ("<a><!-- c --><b>1<!-- c -->2</b></a>", "(a(b \"12\"))"),
        ("<a><![CDATA[ <x> ]]></a>", "(a \"<x>\")"),
        ("<a>before<b/>after</a>", "(a \"beforeafter\"(b))"),
        ("<a>before<b/></a>", "(a \"before\"(b))"),
        ("<?xml version='1.0'?><!-- hello --><a/><!-- bye -->", "(a)"),
        ("<a b = \"1\"\n c='2'></a >", "(a @b=1 @c=2)"),
    ];
    for (text, expected) in cases {
        let tree = read(text);
        assert_eq!(tree.findings, [], "{text}");
        assert_eq!(outline(&tree), expected, "{text}");
    }
}

#[test]
fn broken_documents_are_read_as_far_as_they_go() {
    let cases = [
        ("", "", Fault::XmlMalformed, 0),
        ("plain words", "", Fault::XmlMalformed, 0),
        ("<a><b>x</a>", "(a(b \"x\"))", Fault::XmlMalformed, 7),
        ("<a><b>x</b>", "(a(b \"x\"))", Fault::XmlMalformed, 11),
        ("<a></b></a>", "(a)", Fault::XmlMalformed, 3),
        ("<a>x<", "(a \"x\")", Fault::XmlMalformed, 4),
        ("<a>fish & chips</a>", "(a \"fish & chips\")", Fault::XmlMalformed, 8),
        ("<a b=1>x</a>", "(a \"x\")", Fault::XmlMalformed, 0),
        ("<a b='1' b='2'/>", "(a @b=1)", Fault::XmlMalformed, 9),
        ("<a/><b/>", "(a)", Fault::XmlMalformed, 4),
        ("<a/>tail", "(a)", Fault::XmlMalformed, 4),
        ("<p:a/>", "(a)", Fault::XmlMalformed, 1),
        ("<1a/>", "(1a)", Fault::XmlMalformed, 1),
        ("<a>\u{1}</a>", "(a \"\\u{1}\")", Fault::CharacterInvalid, 3),
        ("<a b='<'/>", "(a @b=<)", Fault::XmlMalformed, 6),
    ];
    for (text, expected, fault, at) in cases {
        let tree = read(text);
        let finding = tree.findings.first().unwrap_or_else(|| panic!("no finding in {text}"));
        assert_eq!((finding.fault, finding.place.bytes.start), (fault, at), "{text}: {finding:?}");
        assert_eq!(outline(&tree), expected, "{text}");
    }
}

#[test]
fn nothing_outside_is_followed_and_nothing_is_expanded() {
    let xxe = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>";
    let tree = read(xxe);
    assert_eq!(tree.findings.iter().map(|f| f.fault).collect::<Vec<_>>(), [Fault::XmlNotAllowed; 2]);
    assert_eq!(outline(&tree), "(a \"&x;\")");
    let mut laughs = String::from("<!DOCTYPE a [<!ENTITY l0 'lol'>");
    for level in 1..20 {
        laughs += &format!("<!ENTITY l{level} '{}'>", format!("&l{};", level - 1).repeat(10));
    }
    laughs += "]><a b='&l19;'>&l19;</a>";
    let tree = read(&laughs);
    assert_eq!(outline(&tree), "(a @b=&l19; \"&l19;\")");
    assert_eq!(tree.findings.len(), 3);
}

#[test]
fn limits_become_findings() {
    let deep = "<a>".repeat(100_000);
    check_limit(&deep, 64);
    let wide = format!("<a>{}</a>", "<b/>".repeat(2_000));
    let tree = Tree::read(wide.as_bytes(), Limits { nodes_max: 1_000, ..Limits::default() });
    assert_eq!(tree.findings[0].fault, Fault::LimitExceeded);
    assert_eq!(tree.len(), 1_000);
    let attributes: String = (0..100_000).map(|n| format!(" a{n}='1'")).collect();
    check_limit(&format!("<a{attributes}/>"), 1);
    let namespaces: String = (0..1_000).map(|n| format!(" xmlns:a{n}='{n}'")).collect();
    check_limit(&format!("<a{namespaces}/>"), 1);
    let ends = "</a>".repeat(100_000);
    assert_eq!(read(&ends).findings.len(), Limits::default().findings_max);
    let long = format!("<a>{}</a>", "x".repeat(2_000));
    let tree = Tree::read(long.as_bytes(), Limits { text_bytes_max: 1_000, ..Limits::default() });
    assert_eq!(tree.findings[0].fault, Fault::LimitExceeded);
    let tree = Tree::read(long.as_bytes(), Limits { document_bytes_max: 1_000, ..Limits::default() });
    assert!(tree.findings.iter().any(|f| f.fault == Fault::LimitExceeded));
}

#[test]
fn every_cut_of_a_document_is_read() {
    let text = "\u{FEFF}<?xml version='1.0' encoding='UTF-8'?><!-- é --><n:a xmlns:n='urn:n'><b c=\"é&amp;\">x&#65;</b>\
                <![CDATA[<>]]><d><e/>ü</d></n:a>";
    for end in 0..text.len() {
        let tree = Tree::read(&text.as_bytes()[..end], Limits::default());
        assert!(!tree.findings.is_empty(), "cut at {end}");
        outline(&tree);
    }
    for at in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        for byte in [0, b'<', b'>', b'&', b'"', 0xFF] {
            bytes[at] = byte;
            outline(&Tree::read(&bytes, Limits::default()));
        }
    }
}

#[test]
fn places_lead_to_the_stored_bytes() {
    let text = "<a>\n <b k='ö'> x </b>\n <b>ü&amp;</b>\n</a>";
    let utf16: Vec<u8> = [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    for (bytes, factor, mark) in [(text.as_bytes(), 1, 0), (utf16.as_slice(), 2, 2)] {
        let tree = Tree::read(bytes, Limits::default());
        let [first, second] = tree.root().unwrap().children().collect::<Vec<_>>()[..] else { panic!("two children") };
        let place = first.place();
        assert_eq!(&*place.tag, "a/b[1]");
        let of = |needle: &str| {
            let at = text.find(needle).unwrap();
            let units = if factor == 2 { text[..at].encode_utf16().count() } else { at };
            (units * factor + mark) as u64
        };
        assert_eq!(place.bytes, Span::new(of("x <"), of("x <") + factor as u64));
        assert_eq!(second.place().bytes.start, of("ü"));
        let attribute = first.attribute("k").unwrap();
        assert_eq!(&*attribute.place(first).tag, "a/b[1]/@k");
        assert_eq!(attribute.span().start, of("ö"));
        assert_eq!(tree.repairs.len(), mark.min(1) * 2);
    }
}

#[test]
fn namespaces_follow_their_scopes() {
    let tree = read("<a xmlns='urn:1'><b xmlns='urn:2' xmlns:p='urn:3'><c p:d='' d=''/></b><c/></a>");
    let seen: Vec<_> = tree.nodes.iter().map(|row| tree.name(row.name)).collect();
    assert_eq!(seen, [("urn:1", "a"), ("urn:2", "b"), ("urn:2", "c"), ("urn:1", "c")]);
    let attributes: Vec<_> = tree.attributes.iter().map(|row| tree.name(row.name)).collect();
    assert_eq!(attributes, [("urn:3", "d"), ("", "d")]);
    assert_eq!(tree.names().len(), 6);
}

fn check_limit(text: &str, nodes: usize) {
    let tree = read(text);
    assert!(tree.findings.iter().any(|f| f.fault == Fault::LimitExceeded), "{:?}", tree.findings.first());
    assert_eq!(tree.len(), nodes);
}
