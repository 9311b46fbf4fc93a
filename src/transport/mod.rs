//! How bytes arrive and leave: folders now, SFTP, AS2 and email later.
