//! The pictures of the help, in `static/help/`. `cargo run -p browser -- --pictures` makes them anew, and a test says
//! what to change here then.

/// A picture of a page.
pub(super) struct Picture {
    /// Its file's name.
    pub file: &'static str,
    /// Its width, in pixels.
    pub width: u32,
    /// Its height, in pixels.
    pub height: u32,
    /// What it shows, in words.
    pub alt: &'static str,
}

/// One for each step, and what their addresses carry.
pub(super) struct Pictures {
    /// Changes when a file does, so that browsers may keep them for good: the beginning of the SHA-256 of all of them.
    pub version: &'static str,
    pub promotions: Picture,
    pub promotion_type: Picture,
    pub details: Picture,
    pub products: Picture,
    pub review: Picture,
    pub confirmation: Picture,
    pub catalogue: Picture,
    pub sku: Picture,
}

pub(super) static PICTURES: Pictures = Pictures {
    version: "c2f328ef39e6",
    promotions: Picture {
        file: "1-promotions.png",
        width: 1000,
        height: 560,
        alt: "The list of promotions, with the button Create Promotion at the top right.",
    },
    promotion_type: Picture {
        file: "2-type.png",
        width: 1000,
        height: 400,
        alt: "The choice of the promotion type, with the button Flashsale.",
    },
    details: Picture {
        file: "3-details.png",
        width: 1000,
        height: 1200,
        alt: "The details: the name 11.11 Lazada, Stock Allocation chosen, the store Lazada SG, the start and the end.",
    },
    products: Picture {
        file: "4-products.png",
        width: 1000,
        height: 990,
        alt: "The products: Product1 is added with a quantity of 60. This store will show 60, other stores 40.",
    },
    review: Picture {
        file: "5-review.png",
        width: 1000,
        height: 900,
        alt: "The review: Lazada SG goes from 100 to 60, Shopee SG and Zalora SG from 100 to 40.",
    },
    confirmation: Picture {
        file: "6-confirmation.png",
        width: 1000,
        height: 601,
        alt: "The confirmation: the promotion is successfully created, with links to it and to the catalogue.",
    },
    catalogue: Picture {
        file: "7-catalogue.png",
        width: 1440,
        height: 640,
        alt: "The catalogue, filtered by running flash sales. Product1 shows 60 on Lazada SG, 40 on Shopee SG and 40 on \
              Zalora SG.",
    },
    sku: Picture {
        file: "8-sku.png",
        width: 1000,
        height: 740,
        alt: "The page of Product1: each store with its quantity, and the sum behind it in words.",
    },
};
