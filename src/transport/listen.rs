//! Listening for partners: a crowd that knocks at once waits in the system's queue and is not turned away by it.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// Connections that may wait until they are accepted; the system may allow fewer. A queue that runs over resets
/// connections whose clients believe them to be open.
const WAITING_MAX: u32 = 4096;

/// Listens on an address; port 0 takes a free one.
///
/// # Errors
/// When the address cannot be had.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart takes the port again at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}
