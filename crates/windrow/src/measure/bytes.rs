//! Bytes: how the numbers of a state are written. Each number has only one form.

/// Appends a number, seven bits a byte, the lowest first.
pub(super) fn put_number(mut number: u128, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Appends a number that may be negative; small ones of both signs are short.
pub(super) fn put_signed(number: i128, to: &mut Vec<u8>) {
    put_number((number << 1 ^ number >> 127).cast_unsigned(), to);
}

/// Bytes of states that are not read yet.
#[derive(Debug)]
pub(crate) struct StateReader<'b>(pub(super) &'b [u8]);

impl<'b> StateReader<'b> {
    pub(super) fn number(&mut self) -> Option<u128> {
        let mut number = 0_u128;
        for at in 0..19 {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u128::from(byte & 0x7F);
            // The last byte has room for two bits, and a number never ends with an empty byte.
            if at == 18 && bits > 3 {
                return None;
            }
            number |= bits << (7 * at);
            if byte & 0x80 == 0 {
                return (at == 0 || bits > 0).then_some(number);
            }
        }
        None
    }

    pub(super) fn size(&mut self) -> Option<u64> {
        self.number()?.try_into().ok()
    }

    pub(super) fn signed(&mut self) -> Option<i128> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }

    pub(super) fn take(&mut self, len: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = [0, 1, -1, 63, 64, -64, -65, 1 << 40, i128::from(i64::MIN), i128::MAX, i128::MIN];
        let mut bytes = Vec::new();
        numbers.iter().for_each(|number| put_signed(*number, &mut bytes));
        let mut from = StateReader(&bytes);
        numbers.iter().for_each(|number| assert_eq!(from.signed(), Some(*number)));
        assert_eq!((from.signed(), from.0.len()), (None, 0));
        assert_eq!(StateReader(&[0x80, 0x00]).number(), None, "there is one way to write a number");
        assert_eq!(StateReader(&[0xFF; 19]).number(), None);
        let longest = |last: u8| StateReader(&[&[0x80; 18], &[last][..]].concat()).number();
        assert_eq!([1, 3, 4].map(longest), [Some(1 << 126), Some(3 << 126), None]);
    }

    #[test]
    fn sizes_and_bytes_are_read_as_far_as_they_go() {
        assert_eq!(StateReader(&[0x2A]).size(), Some(42));
        let mut too_large = Vec::new();
        put_number(1 << 64, &mut too_large);
        assert_eq!(StateReader(&too_large).size(), None);
        let mut from = StateReader(&[1, 2, 3]);
        assert_eq!((from.take(2), from.take(2), from.take(1)), (Some(&[1, 2][..]), None, Some(&[3][..])));
    }
}
