//! What unpacking a gzip file takes by itself: what a benchmark of compressed logs is measured against.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};

fn main() -> io::Result<()> {
    let path = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("unpack FILE.gz"))?;
    let packed = BufReader::with_capacity(256 << 10, File::open(path)?);
    let mut content = flate2::bufread::MultiGzDecoder::new(packed);
    let (mut piece, mut bytes) = (vec![0; 256 << 10], 0);
    loop {
        match content.read(&mut piece)? {
            0 => break,
            read => bytes += read,
        }
    }
    writeln!(io::stderr(), "{bytes} bytes")
}
