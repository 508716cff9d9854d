//! A file of SKUs.

use crate::{
    failure::{Outcome, ensure},
    names::{button, field, path},
    page::Page,
};

/// A file with one good row and one bad.
const CATALOGUE: &str = "sku,name,on_hand,stores\nBROWSER-1,From a file,5,\nBROWSER-2,Not a number,many,\n";

/// Of a file with one good row and one bad, the good one counts.
pub async fn a_catalogue(page: &Page) -> Outcome {
    upload(page).await?;
    let text = page.text().await?;
    ensure(text.contains("BROWSER-2"), || format!("the page of the import does not name the bad row: {text:?}"))?;
    page.visit(&format!("{}/BROWSER-1", path::CATALOGUE)).await?;
    let good = page.status().await?;
    ensure(good == 200, || format!("the good row's page is answered with {good}"))?;
    page.visit(&format!("{}/BROWSER-2", path::CATALOGUE)).await?;
    let bad = page.status().await?;
    ensure(bad == 404, || format!("the bad row's page is answered with {bad}"))
}

/// Sends the file; the page that comes is the import's.
pub async fn upload(page: &Page) -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("catalogue.csv");
    std::fs::write(&file, CATALOGUE)?;
    page.visit(path::IMPORTS).await?;
    page.fill(field::IMPORT_FILE, &file.to_string_lossy()).await?;
    page.press(button::IMPORT).await?;
    let path = page.path().await?;
    ensure(path.starts_with(&format!("{}/", path::IMPORTS)), || format!("the import leads to {path}"))
}
