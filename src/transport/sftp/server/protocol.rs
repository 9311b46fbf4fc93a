//! Packets of one SFTP channel: framed, answered in batches, with bounded memory. It knows no folders.

use std::io;
use std::pin::pin;
use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use russh_sftp::protocol::{Packet, Status, StatusCode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::pace::Pace;
use super::requests::{DATA_BYTES_MAX, Requests};

/// A longer packet is a lie or an attack: the stream cannot be trusted after it.
const PACKET_BYTES_MAX: usize = DATA_BYTES_MAX + 4096;
/// Requests and answers of one batch stay about below this.
const BATCH_BYTES: usize = 1 << 20;

/// Serves one channel to its end.
///
/// # Errors
/// When the stream breaks or the client breaks the protocol; what was open is left to be resumed.
pub async fn serve<S>(stream: S, mut requests: Requests, mut pace: Pace) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut buffer = BytesMut::with_capacity(BATCH_BYTES);
    let ended = loop {
        let batch = match batch(&mut buffer) {
            Ok(batch) => batch,
            Err(error) => break Err(error),
        };
        if batch.is_empty() {
            match fill(&mut reader, &mut buffer).await {
                Ok(0) if buffer.is_empty() => break Ok(()),
                Ok(0) => break Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => continue,
                Err(error) => break Err(error),
            }
        }
        let came: usize = batch.iter().map(Bytes::len).sum();
        let answered = tokio::task::spawn_blocking(move || {
            let answers = answer(&mut requests, batch);
            (requests, answers)
        });
        let answers;
        (requests, answers) = answered.await?;
        let wait = pace.wait((came + answers.len()) as u64, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        if let Err(error) = send(&mut writer, &answers, &mut reader, &mut buffer).await {
            break Err(error);
        }
    };
    tokio::task::spawn_blocking(move || requests.end()).await?;
    ended
}

/// Writes answers, and takes what comes meanwhile: a client that has many requests under way opens its window beside
/// them, and a connection whose requests nobody takes does not get to the windows behind them.
async fn send<R, W>(writer: &mut W, answers: &[u8], reader: &mut R, buffer: &mut BytesMut) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut written = pin!(writer.write_all(answers));
    let mut is_open = true;
    loop {
        tokio::select! {
            biased;
            done = &mut written => return done,
            // An end or an error shows again when the next batch is waited for.
            came = fill(reader, buffer), if is_open && buffer.len() < BATCH_BYTES => {
                is_open = came.is_ok_and(|bytes| bytes > 0);
            }
        }
    }
}

/// Waits for bytes, then takes what else is there without waiting.
async fn fill<R: AsyncRead + Unpin>(reader: &mut R, buffer: &mut BytesMut) -> io::Result<usize> {
    buffer.reserve(64 << 10);
    let mut filled = reader.read_buf(buffer).await?;
    while filled > 0 && buffer.len() < BATCH_BYTES {
        buffer.reserve(64 << 10);
        tokio::select! {
            biased;
            more = reader.read_buf(buffer) => match more? {
                0 => break,
                more => filled += more,
            },
            () = std::future::ready(()) => break,
        }
    }
    Ok(filled)
}

/// Takes whole packets out of the buffer, without their lengths, until answering them would cost too much.
fn batch(buffer: &mut BytesMut) -> io::Result<Vec<Bytes>> {
    const READ: u8 = 5;
    let mut packets = Vec::new();
    let mut cost = 0;
    while cost < BATCH_BYTES {
        let Some(length) = buffer.first_chunk::<4>() else { break };
        let length = u32::from_be_bytes(*length) as usize;
        if length == 0 || length > PACKET_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a packet of {length} bytes")));
        }
        if buffer.len() < 4 + length {
            break;
        }
        buffer.advance(4);
        let packet = buffer.split_to(length).freeze();
        // The length that a READ asks for is its last field.
        let asked = packet.last_chunk::<4>().filter(|_| packet[0] == READ);
        cost += length + asked.map_or(256, |asked| (u32::from_be_bytes(*asked) as usize).min(DATA_BYTES_MAX));
        packets.push(packet);
    }
    Ok(packets)
}

fn answer(requests: &mut Requests, batch: Vec<Bytes>) -> Vec<u8> {
    let mut answers = Vec::new();
    for mut packet in batch {
        // Every request but INIT has its number behind its kind; a broken one is answered by it.
        let id = packet.get(1..5).and_then(|id| id.try_into().ok()).map_or(0, u32::from_be_bytes);
        let reply = match Packet::try_from(&mut packet) {
            Ok(request) => requests.answer(request),
            Err(_) => bad_message(id),
        };
        match Bytes::try_from(reply) {
            Ok(bytes) => answers.extend_from_slice(&bytes),
            Err(error) => tracing::error!(%error, "an answer cannot be written"),
        }
    }
    answers
}

fn bad_message(id: u32) -> Packet {
    let words = "the request cannot be read: names are UTF-8, lengths must fit".to_owned();
    Status { id, status_code: StatusCode::BadMessage, error_message: words, language_tag: "en".into() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_cut_and_lies_refused() {
        let mut buffer = BytesMut::from(&[0, 0, 0, 2, 9, 9, 0, 0, 0, 1, 7, 0, 0][..]);
        let lengths: Vec<usize> = batch(&mut buffer).unwrap().iter().map(Bytes::len).collect();
        assert_eq!((lengths, buffer.len()), (vec![2, 1], 2));
        for lie in [0u32, u32::MAX, 1 << 20] {
            let mut buffer = BytesMut::from(&lie.to_be_bytes()[..]);
            assert!(batch(&mut buffer).is_err(), "{lie}");
        }
    }

    #[test]
    fn a_batch_of_reads_is_bounded() {
        let mut buffer = BytesMut::new();
        for _ in 0..100 {
            buffer.extend_from_slice(&[0, 0, 0, 5, 5]);
            buffer.extend_from_slice(&u32::MAX.to_be_bytes());
        }
        assert_eq!(batch(&mut buffer).unwrap().len(), BATCH_BYTES.div_ceil(DATA_BYTES_MAX + 5));
    }
}
