//! The chart of the sales over time: a bar of units for each bucket, stacked by their source, and a line of what was
//! left in the hold.
//!
//! The SVG is part of the page, so that it shows the same moment as the numbers next to it. It is drawn in the colours
//! of the light theme; `static/css/app.css` selects them by their values and replaces them by those of the current
//! theme. It has no style, which the content-security policy would refuse, and no text that a person typed.

use super::sold::SoldRow;
use charts_rs::{BarChart, Box as Edges, Color, FontConfig, Series, SeriesCategory, Symbol, YAxisConfig};

const FROM_HOLD: &str = "#3B4CC0";
const FROM_SHARED: &str = "#8FA0E8";
const OVERSOLD: &str = "#A31720";
const LEFT: &str = "#14633C";
const TEXT: &str = "#545D70";
const LINES: &str = "#DADEE7";

/// Steps of an axis.
const STEPS: usize = 5;

pub(super) enum Size {
    /// For a phone.
    Narrow,
    Wide,
}

pub(super) fn draw(rows: &[SoldRow], size: Size) -> Result<String, String> {
    // Both are shown at half of this width or more: bars have a fixed distance, so a narrower chart would have bars
    // that are too thin.
    let (width, height, font_size) = match size {
        Size::Narrow => (680.0, 460.0, 24.0),
        Size::Wide => (1_400.0, 440.0, 20.0),
    };
    let stacks: [fn(&SoldRow) -> i64; 3] =
        [|row| row.sales.from_hold, |row| row.sales.from_shared, |row| row.sales.oversold];
    let mut all_series = Vec::new();
    for units in stacks {
        all_series.push(Series { stack: Some("sold".to_owned()), ..series(rows, units) });
    }
    all_series.push(Series {
        category: Some(SeriesCategory::Line),
        y_axis_index: 1,
        symbol: Some(Symbol::Circle(font_size / 5.0, Some(Color::from(LEFT)))),
        ..series(rows, |row| row.left)
    });
    let mut chart = BarChart::new(all_series, rows.iter().map(|row| row.label.clone()).collect());
    chart.width = width;
    chart.height = height;
    chart.margin = Edges::from(font_size / 2.0);
    chart.background_color = Color::transparent();
    chart.legend.show = Some(false);
    chart.series.colors = [FROM_HOLD, FROM_SHARED, OVERSOLD, LEFT].map(Color::from).to_vec();
    chart.series.stroke_width = font_size / 8.0;
    chart.grid.stroke_color = Color::from(LINES);
    chart.x_axis.stroke_color = Color::from(LINES);
    chart.x_axis.font.size = font_size;
    chart.x_axis.font.color = Color::from(TEXT);
    chart.x_axis.height = font_size * 2.0;
    let axis = |most: i64| YAxisConfig {
        font: FontConfig { size: font_size, color: Color::from(TEXT), weight: None },
        split_number: STEPS,
        min: Some(0.0),
        max: Some(height_of(round(most))),
        ..chart.y_axis_configs[0].clone()
    };
    let most_sold = rows.iter().map(|row| row.sales.units()).max().unwrap_or(0);
    let most_left = rows.iter().map(|row| row.left).max().unwrap_or(0);
    chart.y_axis_configs = vec![axis(most_sold), axis(most_left)];
    chart.svg().map_err(|error| error.to_string())
}

fn series(rows: &[SoldRow], units: impl Fn(&SoldRow) -> i64) -> Series {
    Series::new(String::new(), rows.iter().map(|row| height_of(units(row))).collect())
}

#[expect(clippy::cast_precision_loss, reason = "the height of a bar may be rounded")]
fn height_of(units: i64) -> f32 {
    units as f32
}

/// The end of an axis that shows `most`: the labels of its steps are whole numbers.
fn round(most: i64) -> i64 {
    let steps = i64::try_from(STEPS).expect("few");
    (most.max(1) + steps - 1) / steps * steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::promotions::sales::Sales;

    fn row(from_hold: i64, left: i64) -> SoldRow {
        let sales = Sales { from_hold, ..Sales::default() };
        SoldRow { label: "12:00".to_owned(), from: String::new(), sales, left }
    }

    #[test]
    fn axes_end_at_whole_numbers() {
        assert_eq!([0, 1, 5, 6, 22, 480, 481].map(round), [5, 5, 5, 10, 25, 480, 485]);
    }

    #[test]
    fn a_picture_has_no_style_and_only_colours_that_the_style_sheet_knows() {
        let sheet = include_str!("../../../../static/css/app.css");
        for size in [Size::Narrow, Size::Wide] {
            let svg = draw(&[row(0, 60), row(10, 50)], size).expect("a picture");
            assert!(svg.starts_with("<svg ") && !svg.contains("style") && !svg.contains("class="), "{svg}");
            for colour in svg.split(['"']).filter(|value| value.starts_with('#')) {
                assert!(sheet.contains(&format!("=\"{colour}\"]")), "{colour}");
            }
        }
    }
}
