//! Bytes in pieces, as a network brings them. To join them would copy each byte once more, to memory that is new each time.

use std::sync::Arc;

use bytes::Bytes;

/// Bytes of a file, one piece after the other.
#[derive(Clone, Debug)]
pub struct BytePieces(Arc<[Bytes]>);

impl BytePieces {
    /// How many bytes there are.
    pub fn bytes_total(&self) -> u64 {
        self.0.iter().map(|piece| piece.len() as u64).sum()
    }

    /// Copies the bytes from `at` on, as far as they go: how many.
    pub(super) fn copy_to(&self, mut at: usize, into: &mut [u8]) -> usize {
        let mut copied = 0;
        for piece in self.0.iter() {
            let Some(rest) = piece.get(at..) else {
                at -= piece.len();
                continue;
            };
            let len = rest.len().min(into.len() - copied);
            into[copied..copied + len].copy_from_slice(&rest[..len]);
            (copied, at) = (copied + len, 0);
            if copied == into.len() {
                break;
            }
        }
        copied
    }
}

impl From<Vec<Bytes>> for BytePieces {
    fn from(pieces: Vec<Bytes>) -> Self {
        BytePieces(pieces.into())
    }
}

impl From<Bytes> for BytePieces {
    fn from(bytes: Bytes) -> Self {
        BytePieces([bytes].into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_are_those_of_all_pieces_in_order() {
        let whole: Vec<u8> = (0..=40).collect();
        for cuts in [vec![], vec![0], vec![7, 7, 20], vec![1, 2, 3, 40, 41]] {
            let ends = [0].into_iter().chain(cuts.clone()).zip(cuts.iter().copied().chain([whole.len()]));
            let cut: Vec<Bytes> = ends.map(|(from, to)| Bytes::copy_from_slice(&whole[from..to])).collect();
            let pieces = BytePieces::from(cut);
            assert_eq!(pieces.bytes_total(), 41);
            for (from, to) in (0..=45).flat_map(|from| (from..=45).map(move |to| (from, to))) {
                let mut into = vec![255; to - from];
                let copied = pieces.copy_to(from, &mut into);
                let there = &whole[from.min(41)..to.min(41)];
                assert_eq!((copied, &into[..copied]), (there.len(), there), "{cuts:?} {from}..{to}");
            }
        }
    }
}
