//! The invoice inside a PDF: Factur-X, ZUGFeRD, XRechnung and Order-X embed XML as an associated file (PDF/A-3, ISO 19005-3).

use lopdf::{Dictionary, Document, LoadOptions, Object, Stream};

/// Names that the standards prescribe; one of them is taken before any other XML.
const STANDARD: [&str; 5] = ["factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "order-x.xml", "facturx.xml"];

/// What streams that the file is made of may unfold to while it is read.
const STRUCTURE_BYTES_MAX: usize = 32 << 20;

/// The embedded XML with its name, or in words why there is none.
pub(super) fn invoice(bytes: &[u8], bytes_max: u64) -> Result<(String, Vec<u8>), String> {
    let options = LoadOptions { max_decompressed_size: Some(STRUCTURE_BYTES_MAX), ..LoadOptions::default() };
    let pdf =
        Document::load_mem_with_options(bytes, options).map_err(|error| format!("not a readable PDF ({error})"))?;
    if pdf.is_encrypted() {
        return Err("an encrypted PDF: send it without a password".into());
    }
    let mut files: Vec<(String, &Stream)> = Vec::new();
    for object in pdf.objects.values() {
        if let Ok(dictionary) = object.as_dict()
            && let Some((name, stream)) = embedded(&pdf, dictionary)
            && name.to_ascii_lowercase().ends_with(".xml")
        {
            files.push((name, stream));
        }
    }
    let standard = files.iter().position(|(name, _)| STANDARD.contains(&name.to_ascii_lowercase().as_str()));
    let (name, stream) = match (standard, files.len()) {
        (Some(at), _) => files.swap_remove(at),
        (None, 1) => files.swap_remove(0),
        (None, 0) => return Err("a PDF without an invoice in it (Factur-X, ZUGFeRD): send the XML".into()),
        (None, _) => return Err("a PDF with several XML files, none of them under a standard's name".into()),
    };
    let most = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let xml = stream
        .get_plain_content_with_limit(most)
        .map_err(|error| format!("the file {name} in the PDF cannot be unpacked ({error})"))?;
    // What is not compressed has no limit of its own.
    if xml.len() > most {
        return Err(format!("the file {name} in the PDF is larger than {bytes_max} bytes"));
    }
    Ok((name, xml))
}

/// The name and the bytes of a file specification (ISO 32000-1, 7.11.3).
fn embedded<'p>(pdf: &'p Document, dictionary: &'p Dictionary) -> Option<(String, &'p Stream)> {
    let files = dictionary.get_deref(b"EF", pdf).and_then(Object::as_dict).ok()?;
    let stream =
        [b"UF".as_slice(), b"F"].iter().find_map(|key| files.get_deref(key, pdf).and_then(Object::as_stream).ok())?;
    let name = [b"UF".as_slice(), b"F"].iter().find_map(|key| dictionary.get_deref(key, pdf).ok())?;
    let name = lopdf::decode_text_string(name).ok()?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    Some((name, stream))
}

/// A PDF with one embedded file, for tests.
#[cfg(test)]
pub(super) fn with_file(name: &str, content: &[u8]) -> Vec<u8> {
    use lopdf::dictionary;
    let mut pdf = Document::with_version("1.7");
    let mut stream = Stream::new(dictionary! { "Type" => "EmbeddedFile" }, content.to_vec());
    stream.compress().expect("it can be compressed");
    let stream = pdf.add_object(stream);
    let file = pdf.add_object(dictionary! {
        "Type" => "Filespec",
        "F" => Object::string_literal(name),
        "EF" => dictionary! { "F" => stream },
    });
    let pages = pdf.add_object(dictionary! { "Type" => "Pages", "Kids" => Vec::<Object>::new(), "Count" => 0 });
    let root = pdf.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages, "AF" => vec![file.into()] });
    pdf.trailer.set("Root", root);
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).expect("memory can be written");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_under_a_standards_name_is_the_invoice() {
        let pdf = with_file("factur-x.xml", b"<Invoice/>");
        assert_eq!(invoice(&pdf, 1_000), Ok(("factur-x.xml".into(), b"<Invoice/>".to_vec())));
        let own = with_file("rechnung 7.XML", b"<Invoice/>");
        assert_eq!(invoice(&own, 1_000).map(|(name, _)| name), Ok("rechnung 7.XML".into()));
    }

    #[test]
    fn refusals() {
        let bomb = with_file("factur-x.xml", &[b' '; 100_000]);
        check(&bomb, "the file factur-x.xml in the PDF cannot be unpacked");
        check(&with_file("terms.doc", b"..."), "a PDF without an invoice in it");
        check(b"%PDF-1.7", "not a readable PDF");
    }

    fn check(pdf: &[u8], why: &str) {
        let refused = invoice(pdf, 1_000).expect_err("refused");
        assert!(refused.starts_with(why), "{refused}");
    }
}
