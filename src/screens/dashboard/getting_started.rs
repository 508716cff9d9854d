//! `/getting-started`: the way from an empty installation to the first flash sale. Each step says how it is done with a
//! marketplace, and how it is done by hand or from a file.

use crate::{
    db::{
        self, Conn,
        promotions::running::{Begun, begun},
        stores::{self, Store},
    },
    web::{
        error::PageResult,
        page::{Layout, ok},
        visit::Visit,
    },
};
use askama::Template;

/// The most stores whose listings the page links to.
const STORES: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub title: &'static str,
    pub is_done: bool,
    /// Whether it is the first that is not done.
    pub is_next: bool,
}

/// The steps, in their order.
pub struct Steps([Step; 5]);

impl Steps {
    pub fn new(begun: Begun) -> Self {
        let Begun { has_organization, has_stores, has_listings, has_skus, has_promotions } = begun;
        let mut steps = [
            ("Name your organization", has_organization),
            ("Connect a store", has_stores),
            ("Get its listings", has_listings),
            ("Add your SKUs", has_skus),
            ("Create the first flash sale", has_promotions),
        ]
        .map(|(title, is_done)| Step { title, is_done, is_next: false });
        if let Some(first) = steps.iter_mut().find(|step| !step.is_done) {
            first.is_next = true;
        }
        Self(steps)
    }

    pub fn all(&self) -> &[Step; 5] {
        &self.0
    }

    pub fn done(&self) -> usize {
        self.0.iter().filter(|step| step.is_done).count()
    }

    pub fn next(&self) -> Option<&Step> {
        self.0.iter().find(|step| step.is_next)
    }
}

#[derive(Template)]
#[template(path = "dashboard/getting_started.html")]
struct GettingStartedPage {
    page: Layout,
    steps: Steps,
    /// The first stores.
    stores: Vec<Store>,
}

pub async fn show(visit: Visit) -> PageResult {
    let read = |conn: &mut Conn| Ok::<_, db::Error>((begun(conn)?, stores::all(conn)?));
    let (begun, stores) = visit.database().read(read).await?;
    let stores = stores.iter().take(STORES).cloned().collect();
    ok(&GettingStartedPage { page: visit.layout("dashboard"), steps: Steps::new(begun), stores })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_that_is_not_done_is_next() {
        let nothing = Begun {
            has_organization: false,
            has_stores: false,
            has_listings: false,
            has_skus: false,
            has_promotions: false,
        };
        for (begun, done, next) in [
            (nothing, 0, Some("Name your organization")),
            (Begun { has_organization: true, ..nothing }, 1, Some("Connect a store")),
            (Begun { has_stores: true, has_skus: true, ..nothing }, 2, Some("Name your organization")),
            (
                Begun { has_organization: true, has_stores: true, has_skus: true, ..nothing },
                3,
                Some("Get its listings"),
            ),
        ] {
            let steps = Steps::new(begun);
            assert_eq!((steps.done(), steps.next().map(|step| step.title)), (done, next), "{begun:?}");
            assert_eq!(steps.all().iter().filter(|step| step.is_next).count(), 1);
        }
        let all = Begun {
            has_organization: true,
            has_stores: true,
            has_listings: true,
            has_skus: true,
            has_promotions: true,
        };
        assert!(Steps::new(all).next().is_none());
    }
}
