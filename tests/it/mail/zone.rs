//! A name server of one's own on loopback: TXT and A records, everything else does not exist.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// Answers until the test ends.
pub fn serve(records: Vec<(String, &'static str, String)>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("an address");
    socket.set_read_timeout(Some(Duration::from_secs(120))).expect("a patience");
    std::thread::spawn(move || {
        let mut question = [0; 1500];
        while let Ok((length, client)) = socket.recv_from(&mut question) {
            let _ = socket.send_to(&answer(&question[..length], &records), client);
        }
    });
    address
}

/// RFC 1035, 4: the question comes back with what there is.
fn answer(question: &[u8], records: &[(String, &'static str, String)]) -> Vec<u8> {
    let mut name = Vec::new();
    let mut at = 12;
    while question[at] != 0 {
        let length = usize::from(question[at]);
        name.push(String::from_utf8_lossy(&question[at + 1..=at + length]).to_lowercase());
        at += length + 1;
    }
    let (name, kind, end) = (name.join("."), u16::from_be_bytes([question[at + 1], question[at + 2]]), at + 5);
    let wanted = match kind {
        1 => "A",
        16 => "TXT",
        _ => "",
    };
    let found: Vec<Vec<u8>> = records
        .iter()
        .filter(|(of, record, _)| *of == name && *record == wanted)
        .map(|(_, record, data)| match *record {
            "A" => data.split('.').map(|part| part.parse().expect("an octet")).collect(),
            _ => data.as_bytes().chunks(255).flat_map(|part| [&[part.len() as u8], part].concat()).collect(),
        })
        .collect();
    let is_known = records.iter().any(|(of, _, _)| *of == name);
    let mut out = question[..2].to_vec();
    out.extend([0x81, if is_known { 0x80 } else { 0x83 }, 0, 1]);
    out.extend((found.len() as u16).to_be_bytes());
    out.extend([0, 0, 0, 0]);
    out.extend(&question[12..end]);
    for data in found {
        out.extend([0xC0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 60]);
        out.extend((data.len() as u16).to_be_bytes());
        out.extend(data);
    }
    out
}
