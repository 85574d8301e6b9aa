//! A page of a list, as the original's framework writes it.

use serde::Serialize;

use crate::domain::{Listed, PageRequest};

/// `Page`: where it stands in the list. Its elements are written one by one into `content`, which is
/// its first member.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The elements.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    content: [(); 0],
    /// What was asked for.
    pageable: Pageable,
    /// How many pages there are.
    total_pages: i64,
    /// How many elements there are on all pages.
    total_elements: i64,
    /// Whether it is the last page, or behind it.
    last: bool,
    /// Whether the list has an order.
    sort: Sort,
    /// How many elements the page has.
    number_of_elements: usize,
    /// Whether it is the first page.
    first: bool,
    /// How many elements a page has at most.
    size: u32,
    /// The page's number, from 0.
    number: u32,
    /// Whether the page has no elements.
    empty: bool,
}

/// Every list has an order.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, Serialize)]
struct Sort {
    /// Always true.
    sorted: bool,
    /// Always false.
    unsorted: bool,
    /// Always false.
    empty: bool,
}

/// Where a page stands.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pageable {
    /// Whether the list has an order.
    sort: Sort,
    /// How many elements a page has at most.
    page_size: u32,
    /// The page's number, from 0.
    page_number: u32,
    /// How many elements stand before the page's first.
    offset: i64,
    /// Always false.
    unpaged: bool,
    /// Always true.
    paged: bool,
}

impl Page {
    /// The page `asked` of a list.
    pub fn of<E>(listed: &Listed<E>, asked: PageRequest) -> Self {
        let sort = Sort { sorted: true, unsorted: false, empty: false };
        let size = i64::from(asked.size);
        let total_pages = (listed.total + size - 1) / size;
        Self {
            content: [],
            pageable: Pageable {
                sort,
                page_size: asked.size,
                page_number: asked.number,
                offset: asked.offset(),
                unpaged: false,
                paged: true,
            },
            total_pages,
            total_elements: listed.total,
            last: i64::from(asked.number) + 1 >= total_pages,
            sort,
            number_of_elements: listed.content.len(),
            first: asked.number == 0,
            size: asked.size,
            number: asked.number,
            empty: listed.content.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_written_as_the_reference_says() {
        let listed = Listed { content: vec!["a", "b"], total: 5 };
        let page = Page::of(&listed, PageRequest { number: 1, size: 2 });
        let sort = r#"{"sorted":true,"unsorted":false,"empty":false}"#;
        let written = format!(
            r#"{{"content":[],"pageable":{{"sort":{sort},"pageSize":2,"pageNumber":1,"offset":2,"unpaged":false,"paged":true}},"totalPages":3,"totalElements":5,"last":false,"sort":{sort},"numberOfElements":2,"first":false,"size":2,"number":1,"empty":false}}"#
        );
        assert_eq!(serde_json::to_string(&page).unwrap(), written);
    }

    #[test]
    fn first_last_and_empty_are_told() {
        let told = |content: &[u8], total, number, size| {
            let listed = Listed { content: content.to_vec(), total };
            let page = Page::of(&listed, PageRequest { number, size });
            (page.total_pages, page.first, page.last, page.empty)
        };
        assert_eq!(told(&[], 0, 0, 20), (0, true, true, true));
        assert_eq!(told(&[1], 3, 2, 1), (3, false, true, false));
        assert_eq!(told(&[], 3, 9, 1), (3, false, true, true));
        assert_eq!(told(&[1, 2], 4, 0, 2), (2, true, false, false));
    }
}
