//! A page of a list.

/// The greatest page number. The original counts in 32 bits.
pub const PAGE_NUMBER_MAX: u32 = i32::MAX as u32;
/// The most elements of a page.
pub const PAGE_SIZE_MAX: u32 = 1000;

/// Which page of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Which one, from 0 to [`PAGE_NUMBER_MAX`].
    pub number: u32,
    /// How many elements a page has, 1 to [`PAGE_SIZE_MAX`].
    pub size: u32,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { number: 0, size: 20 }
    }
}

impl PageRequest {
    /// How many elements come before it.
    pub fn offset(&self) -> i64 {
        i64::from(self.number) * i64::from(self.size)
    }
}

/// A page, and how long the whole list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The elements of the page.
    pub content: Vec<T>,
    /// How many elements the list has.
    pub total: i64,
}
