//! A cursor over bytes that never reads past their end.

/// The bytes end before what was to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{wanted} bytes are needed, {left} are left")]
pub struct Short {
    pub wanted: usize,
    pub left: usize,
}

/// Reads from the front.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is left.
    pub(crate) const fn rest(&mut self) -> &'a [u8] {
        let rest = self.0;
        self.0 = &[];
        rest
    }

    pub(crate) fn take(&mut self, wanted: usize) -> Result<&'a [u8], Short> {
        let short = Short { wanted, left: self.0.len() };
        let (taken, rest) = self.0.split_at_checked(wanted).ok_or(short)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A big-endian number of 1 to 8 bytes.
    pub(crate) fn number(&mut self, width: u8) -> Result<u64, Short> {
        Ok(unsigned(self.take(usize::from(width))?))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Short> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Short> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Short> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let short = Short { wanted: N, left: self.0.len() };
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(short)?;
        self.0 = rest;
        Ok(*taken)
    }
}

/// The last eight of big-endian bytes.
pub(crate) fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
