//! The old `scp` protocol, as commands of before OpenSSH 9 and WinSCP's SCP mode speak it: `scp -t` puts, `scp -f` gets.
//!
//! It asks the same requests as SFTP, so that folders, limits and the rule of when a file is whole are one.

use std::io;
use std::time::Instant;

use russh_sftp::protocol::{
    Close, FileAttributes, Fstat, Open, OpenDir, OpenFlags, Packet, Read, ReadDir, Stat, StatusCode, Write,
};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::pace::Pace;
use super::requests::Requests;
use super::root::canonical;
use crate::transport::sftp::pattern::fits;

/// Bytes of one step.
const CHUNK: usize = 128 << 10;
/// A longer line is no header.
const LINE_BYTES_MAX: u64 = 4096;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Transfer {
    /// The client sends into this folder, or under this name.
    Put(String),
    /// The client wants these files; the name may be a pattern, and with `-r` a folder's.
    Get { path: String, with_folders: bool },
}

impl Transfer {
    /// Reads a command line; `None` where it is anything but `scp` in its server's role.
    pub fn read(command: &str) -> Option<Self> {
        let mut words = command.split_ascii_whitespace();
        if words.next()?.rsplit('/').next() != Some("scp") {
            return None;
        }
        let (mut puts, mut gets, mut with_folders, mut path) = (false, false, false, String::new());
        for word in words {
            match word.strip_prefix('-').filter(|_| path.is_empty()) {
                Some(flags) => {
                    puts |= flags.contains('t');
                    gets |= flags.contains('f');
                    with_folders |= flags.contains('r');
                }
                None => path = [path.as_str(), word].join(" ").trim_start().to_owned(),
            }
        }
        let path = path.replace(['\'', '"', '\\'], "");
        match (puts, gets) {
            (true, false) => Some(Self::Put(path)),
            (false, true) => Some(Self::Get { path, with_folders }),
            _ => None,
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// When the stream breaks, or the client breaks the protocol; what was open is left to be resumed.
    pub async fn run<S>(self, stream: S, requests: Requests, pace: Pace) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut dialogue =
            Dialogue { stream: BufReader::new(stream), requests: Some(requests), pace, has_refused: false };
        let outcome = match &self {
            Self::Put(path) => dialogue.put(path).await,
            Self::Get { path, with_folders } => dialogue.get(path, *with_folders).await,
        };
        if let Some(mut requests) = dialogue.requests.take() {
            tokio::task::spawn_blocking(move || requests.end()).await?;
        }
        match outcome {
            Ok(()) if dialogue.has_refused => Err(io::Error::other("not everything was done")),
            outcome => outcome,
        }
    }
}

struct Dialogue<S> {
    stream: BufReader<S>,
    /// Away while a thread of its own answers.
    requests: Option<Requests>,
    pace: Pace,
    has_refused: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<S> {
    async fn put(&mut self, path: &str) -> io::Result<()> {
        self.well().await?;
        while let Some(line) = line(&mut self.stream).await? {
            match line.as_bytes().first() {
                // Times are not kept; the end of a folder ends nothing here.
                Some(b'T' | b'E') => self.well().await?,
                Some(b'C') => match header(&line) {
                    Some((bytes, name)) => self.put_one(path, name, bytes).await?,
                    None => return Err(broken("a header that cannot be read")),
                },
                Some(b'D') => {
                    let name = line.splitn(3, ' ').last().unwrap_or_default();
                    let words = "the folders are as agreed: send the files of";
                    self.refuse(&format!("{words} {name} into {path} itself, without their folder")).await?;
                }
                _ => return Err(broken("neither a file nor its end")),
            }
        }
        Ok(())
    }

    async fn put_one(&mut self, path: &str, name: &str, bytes: u64) -> io::Result<()> {
        // `in/` and `in` are folders; what has more parts names the file itself.
        let parts = path.split('/').filter(|part| !matches!(*part, "" | ".")).count();
        let filename = if parts > 1 { path.to_owned() } else { format!("{path}/{name}") };
        let pflags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let open = Open { id: 0, filename, pflags, attrs: FileAttributes::empty() };
        let handle = match self.ask(open.into()).await? {
            Packet::Handle(opened) => opened.handle,
            refusal => return self.refuse(&words(&refusal)).await,
        };
        self.well().await?;
        let mut buffer = vec![0; CHUNK];
        let (mut offset, mut refusal) = (0, None);
        while offset < bytes {
            let most = usize::try_from(bytes - offset).unwrap_or(CHUNK).min(CHUNK);
            let count = self.stream.read(&mut buffer[..most]).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if refusal.is_none() {
                let write = Write { id: 0, handle: handle.clone(), offset, data: buffer[..count].to_vec() };
                refusal = Some(self.ask(write.into()).await?).filter(|answer| !is_ok(answer));
            }
            offset += count as u64;
            self.pause(count).await;
        }
        let mut end = [0];
        self.stream.read_exact(&mut end).await?;
        if end != [0] {
            return Err(broken("the client gave up"));
        }
        let closed = self.ask(Close { id: 0, handle }.into()).await?;
        match refusal.or(Some(closed)).filter(|answer| !is_ok(answer)) {
            Some(refusal) => self.refuse(&words(&refusal)).await,
            None => self.well().await,
        }
    }

    async fn get(&mut self, path: &str, with_folders: bool) -> io::Result<()> {
        self.expect_well().await?;
        let stat = Stat { id: 0, path: path.to_owned() };
        if let Packet::Attrs(found) = self.ask(stat.into()).await?
            && found.attrs.is_dir()
        {
            return self.get_folder(path, with_folders).await;
        }
        let (folder, pattern) = path.rsplit_once('/').unwrap_or((".", path));
        let names = self.names(folder, pattern).await?;
        if names.is_empty() {
            return self.refuse(&format!("there is no {path}")).await;
        }
        for name in names {
            self.get_one(folder, &name).await?;
        }
        Ok(())
    }

    /// The files of one folder, which has no others below it.
    async fn get_folder(&mut self, path: &str, with_folders: bool) -> io::Result<()> {
        let folder = canonical(path);
        let name = folder.trim_start_matches('/');
        if !with_folders || name.is_empty() {
            return self.refuse(&format!("{folder} is a folder: name its files, or one folder with -r")).await;
        }
        self.stream.write_all(format!("D0755 0 {name}\n").as_bytes()).await?;
        self.expect_well().await?;
        for file in self.names(&folder, "*").await? {
            self.get_one(&folder, &file).await?;
        }
        self.stream.write_all(b"E\n").await?;
        self.expect_well().await
    }

    async fn get_one(&mut self, folder: &str, name: &str) -> io::Result<()> {
        let filename = format!("{folder}/{name}");
        let open = Open { id: 0, filename, pflags: OpenFlags::READ, attrs: FileAttributes::empty() };
        let handle = match self.ask(open.into()).await? {
            Packet::Handle(opened) => opened.handle,
            refusal => return self.refuse(&words(&refusal)).await,
        };
        let bytes = match self.ask(Fstat { id: 0, handle: handle.clone() }.into()).await? {
            Packet::Attrs(attrs) => attrs.attrs.size.unwrap_or(0),
            refusal => return self.refuse(&words(&refusal)).await,
        };
        self.stream.write_all(format!("C0644 {bytes} {name}\n").as_bytes()).await?;
        self.expect_well().await?;
        let mut offset = 0;
        while offset < bytes {
            let len = u32::try_from(bytes - offset).unwrap_or(u32::MAX).min(CHUNK as u32);
            let Packet::Data(data) = self.ask(Read { id: 0, handle: handle.clone(), offset, len }.into()).await? else {
                return Err(broken("the file became shorter"));
            };
            self.stream.write_all(&data.data).await?;
            offset += data.data.len() as u64;
            self.pause(data.data.len()).await;
        }
        self.well().await?;
        self.expect_well().await?;
        self.ask(Close { id: 0, handle }.into()).await.map(drop)
    }

    /// Files of a folder whose names fit.
    async fn names(&mut self, folder: &str, pattern: &str) -> io::Result<Vec<String>> {
        let Packet::Handle(opened) = self.ask(OpenDir { id: 0, path: folder.to_owned() }.into()).await? else {
            return Ok(Vec::new());
        };
        let mut names = Vec::new();
        while let Packet::Name(listed) = self.ask(ReadDir { id: 0, handle: opened.handle.clone() }.into()).await? {
            let files = listed.files.into_iter().filter(|file| !file.attrs.is_dir());
            names.extend(files.map(|file| file.filename).filter(|name| fits(pattern, name)));
        }
        self.ask(Close { id: 0, handle: opened.handle }.into()).await?;
        Ok(names)
    }

    /// Answers a request on a thread that may wait for the disk.
    async fn ask(&mut self, request: Packet) -> io::Result<Packet> {
        let Some(mut requests) = self.requests.take() else { return Err(broken("an earlier request was lost")) };
        let (requests, answer) = tokio::task::spawn_blocking(move || {
            let answer = requests.answer(request);
            (requests, answer)
        })
        .await?;
        self.requests = Some(requests);
        Ok(answer)
    }

    async fn pause(&mut self, bytes: usize) {
        let wait = self.pace.wait(bytes as u64, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    async fn well(&mut self) -> io::Result<()> {
        self.stream.write_all(&[0]).await?;
        self.stream.flush().await
    }

    async fn refuse(&mut self, words: &str) -> io::Result<()> {
        self.has_refused = true;
        self.stream.write_all(format!("\u{1}scp: {words}\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn expect_well(&mut self) -> io::Result<()> {
        let mut answer = [0];
        self.stream.read_exact(&mut answer).await?;
        if answer == [0] { Ok(()) } else { Err(broken("the client does not go on")) }
    }
}

/// One line; `None` at the end of the stream.
async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    stream.take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes).await?;
    match bytes.pop() {
        None => Ok(None),
        Some(b'\n') => String::from_utf8(bytes).map(Some).map_err(|_| broken("a name that is not UTF-8")),
        Some(_) => Err(broken("a line without an end")),
    }
}

/// `C0644 1234 order.edi`: bytes and name.
fn header(line: &str) -> Option<(u64, &str)> {
    let (mode, rest) = line.split_once(' ')?;
    let (bytes, name) = rest.split_once(' ')?;
    let is_name = !name.is_empty() && !name.contains('/') && name != "..";
    let is_mode = mode.len() > 1 && mode[1..].bytes().all(|byte| byte.is_ascii_digit());
    if is_mode && is_name { Some((bytes.parse().ok()?, name)) } else { None }
}

fn is_ok(answer: &Packet) -> bool {
    matches!(answer, Packet::Status(status) if status.status_code == StatusCode::Ok)
}

fn words(answer: &Packet) -> String {
    match answer {
        Packet::Status(status) => status.error_message.clone(),
        _ => "not done".into(),
    }
}

fn broken(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let put = |path: &str| Some(Transfer::Put(path.into()));
        let get = |path: &str, with_folders| Some(Transfer::Get { path: path.into(), with_folders });
        for (command, expected) in [
            ("scp -t in/", put("in/")),
            ("scp -v -p -t -- in/order.edi", put("in/order.edi")),
            ("scp -p -d -t in", put("in")),
            ("/usr/bin/scp -f 'out/*'", get("out/*", false)),
            ("scp -r -f out", get("out", true)),
            ("scp -rpf out", get("out", true)),
            ("scp -t in/my order.edi", put("in/my order.edi")),
            ("scp in/a in/b", None),
            ("scpx -t in", None),
            ("id; scp -t in", None),
            ("", None),
        ] {
            assert_eq!(Transfer::read(command), expected, "{command}");
        }
    }

    #[test]
    fn headers() {
        for (line, expected) in [
            ("C0644 12 a.edi", Some((12, "a.edi"))),
            ("C0644 12 my order.edi", Some((12, "my order.edi"))),
            ("C0644 12 ../a", None),
            ("C0644 -1 a", None),
            ("C0644 99999999999999999999 a", None),
            ("C 12 a", None),
            ("C0644 12 ", None),
        ] {
            assert_eq!(header(line), expected, "{line}");
        }
    }
}
