//! Mails, zip archives and PDF invoices as parcels: the documents inside, by name, within limits. It reads no document.

mod mail;
mod pdf;

use std::io::{Cursor, Read};

use mail_parser::MessageParser;

use super::sniff::{Looks, looks_like};

/// What a hostile parcel meets. Sizes are bytes after unpacking.
#[derive(Clone, Copy, Debug)]
pub struct ParcelLimits {
    pub parts_max: usize,
    pub part_bytes_max: u64,
    pub total_bytes_max: u64,
    /// A zip in a mail in a zip is three deep.
    pub depth_max: usize,
}

impl Default for ParcelLimits {
    fn default() -> Self {
        Self { parts_max: 1_000, part_bytes_max: 256 << 20, total_bytes_max: 1 << 30, depth_max: 4 }
    }
}

/// One document out of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The path of names that leads to it: `orders.zip/acme.edi`.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What was in a parcel, and what was left in it and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    pub parts: Vec<Part>,
    /// `orders.zip/huge.edi: larger than 268435456 bytes`
    pub refused: Vec<String>,
}

/// Unpacks a mail, a zip or a PDF with an invoice in it, parcels within included. Anything else is its own only part.
pub fn unpack(name: &str, bytes: Vec<u8>, limits: ParcelLimits) -> Unpacked {
    let mut unpacking = Unpacking { limits, bytes_left: limits.total_bytes_max, out: Unpacked::default() };
    unpacking.open(name.to_string(), bytes, 0);
    unpacking.out
}

/// The same for what is known to be a mail, whatever its first header is.
pub fn unpack_mail(bytes: &[u8], limits: ParcelLimits) -> Unpacked {
    let mut unpacking = Unpacking { limits, bytes_left: limits.total_bytes_max, out: Unpacked::default() };
    unpacking.open_mail("", bytes, 0);
    unpacking.out
}

struct Unpacking {
    limits: ParcelLimits,
    bytes_left: u64,
    out: Unpacked,
}

impl Unpacking {
    fn open(&mut self, name: String, bytes: Vec<u8>, depth: usize) {
        let looks = looks_like(&bytes);
        if matches!(looks, Looks::Zip | Looks::Mail | Looks::Pdf) && depth >= self.limits.depth_max {
            return self.refuse(&name, "parcels nested too deep");
        }
        match looks {
            Looks::Zip => self.open_zip(&name, bytes, depth),
            Looks::Mail => self.open_mail(&name, &bytes, depth),
            Looks::Pdf => match pdf::invoice(&bytes, self.limits.part_bytes_max.min(self.bytes_left)) {
                Ok((inner, xml)) => {
                    self.bytes_left -= xml.len() as u64;
                    self.open(format!("{name}/{inner}"), xml, depth + 1);
                }
                Err(why) => self.refuse(&name, &why),
            },
            Looks::Segments | Looks::Xml => {
                if self.out.parts.len() >= self.limits.parts_max {
                    return self.refuse(&name, "too many parts");
                }
                self.out.parts.push(Part { name, bytes });
            }
        }
    }

    fn open_zip(&mut self, name: &str, bytes: Vec<u8>, depth: usize) {
        let mut archive = match zip::ZipArchive::new(Cursor::new(bytes)) {
            Ok(archive) => archive,
            Err(error) => return self.refuse(name, &format!("not a readable zip ({error})")),
        };
        for index in 0..archive.len().min(self.limits.parts_max) {
            let mut file = match archive.by_index(index) {
                Ok(file) if file.is_dir() => continue,
                Ok(file) => file,
                Err(error) => {
                    self.refuse(&format!("{name}/#{index}"), &format!("cannot be unpacked ({error})"));
                    continue;
                }
            };
            let inner = match file.name() {
                Ok(inner) => format!("{name}/{inner}"),
                Err(_) => format!("{name}/#{index}"),
            };
            // The size in the header may lie: the limit is kept while reading.
            let most = self.limits.part_bytes_max.min(self.bytes_left);
            let mut content = Vec::new();
            match file.by_ref().take(most + 1).read_to_end(&mut content) {
                Err(error) => self.refuse(&inner, &format!("cannot be unpacked ({error})")),
                Ok(read) if read as u64 > most => self.refuse(&inner, &format!("larger than {most} bytes")),
                Ok(read) => {
                    self.bytes_left -= read as u64;
                    self.open(inner, content, depth + 1);
                }
            }
        }
        if archive.len() > self.limits.parts_max {
            self.refuse(name, &format!("more than {} parts", self.limits.parts_max));
        }
    }

    fn open_mail(&mut self, name: &str, bytes: &[u8], depth: usize) {
        let Some(mail) = MessageParser::default().parse(bytes) else {
            return self.refuse(name, "not a readable mail");
        };
        for inner in mail::documents(&mail).into_iter().take(self.limits.parts_max) {
            if inner.bytes.len() as u64 > self.limits.part_bytes_max {
                self.refuse(
                    &format!("{name}/{}", inner.name),
                    &format!("larger than {} bytes", self.limits.part_bytes_max),
                );
                continue;
            }
            self.open(format!("{name}/{}", inner.name), inner.bytes, depth + 1);
        }
    }

    fn refuse(&mut self, name: &str, why: &str) {
        // A bomb of refusals is a bomb too.
        if self.out.refused.len() < self.limits.parts_max {
            self.out.refused.push(format!("{name}: {why}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const MAIL: &[u8] = b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain\r\n\r\nhello\r\n\
        --x\r\nContent-Type: application/edi-x12\r\nContent-Disposition: attachment; filename*=UTF-8''order%20one.edi\r\n\r\nISA*00\r\n--x--\r\n";

    #[test]
    fn a_document_is_its_own_only_part() {
        check(b"ISA*00", &["f"], 0);
    }

    #[test]
    fn attachments_of_a_mail_are_parts_by_their_decoded_names() {
        check(MAIL, &["f/order one.edi"], 0);
    }

    #[test]
    fn a_body_that_is_a_document_is_a_part() {
        check(b"From: a@example.com\r\n\r\nUNB+UNOA:1+A+B'\r\n", &["f/body"], 0);
    }

    #[test]
    fn a_pdf_gives_its_invoice_or_says_why_not() {
        check(&pdf::with_file("factur-x.xml", b"<Invoice/>"), &["f/factur-x.xml"], 0);
        check(
            &zipped(&[("a.pdf", &pdf::with_file("zugferd-invoice.xml", b"<Invoice/>"))]),
            &["f/a.pdf/zugferd-invoice.xml"],
            0,
        );
        check(&pdf::with_file("terms.doc", b"..."), &[], 1);
        check(b"%PDF-1.7 and nothing", &[], 1);
    }

    #[test]
    fn files_of_a_zip_are_parts_and_so_are_those_of_a_mail_in_it() {
        check(&zipped(&[("a/x.edi", b"ISA*00"), ("m.eml", MAIL)]), &["f/a/x.edi", "f/m.eml/order one.edi"], 0);
    }

    #[test]
    fn a_bomb_is_refused_while_it_is_read() {
        let limits = ParcelLimits { part_bytes_max: 1_000, ..ParcelLimits::default() };
        let out = unpack("f", zipped(&[("bomb", &[b'0'; 100_000]), ("small", b"UNB+1")]), limits);
        assert_eq!(out.parts.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["f/small"]);
        assert_eq!(out.refused, ["f/bomb: larger than 1000 bytes"]);
    }

    #[test]
    fn nesting_has_an_end() {
        let mut parcel = zipped(&[("x.edi", b"ISA*00")]);
        for _ in 0..6 {
            parcel = zipped(&[("z", &parcel)]);
        }
        check(&parcel, &[], 1);
    }

    #[test]
    fn a_broken_zip_is_refused() {
        check(b"PK\x03\x04 and nothing", &[], 1);
    }

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a file can be started");
            writer.write_all(content).expect("memory can be written");
        }
        writer.finish().expect("the archive can be closed").into_inner()
    }

    fn check(bytes: &[u8], names: &[&str], refused: usize) {
        let out = unpack("f", bytes.to_vec(), ParcelLimits::default());
        assert_eq!(out.parts.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), names);
        assert_eq!(out.refused.len(), refused, "{:?}", out.refused);
    }
}
