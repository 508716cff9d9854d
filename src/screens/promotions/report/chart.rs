//! The picture of what a flash sale sold over time: a bar of units for each bucket, stacked by where they came from, and
//! a line of what was left in the hold.
//!
//! It stands in the page itself, so that it is of the same moment as the numbers beside it. It is drawn in the colours
//! of the light theme, which `static/css/app.css` knows by their values and replaces by those of the theme that is in
//! use. There is no style in it, which the content-security policy would refuse, and no text that anybody typed.

use crate::domain::promotions::sales::Sales;
use charts_rs::{BarChart, Box as Edges, Color, FontConfig, Series, SeriesCategory, Symbol, YAxisConfig};

/// What was sold in one bucket, and what was left in the hold at its end. Heights in a picture are no stock: they may be
/// rounded.
pub(super) struct Point {
    /// What stands under it.
    pub label: String,
    /// Units that were sold.
    pub sales: Sales,
    /// Units left in the hold.
    pub left: i64,
}

const FROM_HOLD: &str = "#3B4CC0";
const FROM_SHARED: &str = "#8FA0E8";
const OVERSOLD: &str = "#A31720";
const LEFT: &str = "#14633C";
const TEXT: &str = "#545D70";
const LINES: &str = "#DADEE7";

/// Steps of an axis.
const STEPS: usize = 5;

/// For which screens a picture is: its width and height, and how large its letters are. Both are shown at about half
/// their width and more, so that bars, which keep their distance, stay wide enough.
#[derive(Debug, Clone, Copy)]
pub(super) enum Size {
    /// A phone.
    Narrow,
    /// Anything wider.
    Wide,
}

impl Size {
    fn numbers(self) -> (f32, f32, f32) {
        match self {
            Self::Narrow => (680.0, 460.0, 24.0),
            Self::Wide => (1_400.0, 440.0, 20.0),
        }
    }
}

/// Draws the points as SVG.
///
/// # Errors
/// What the library says.
pub(super) fn draw(points: &[Point], size: Size) -> Result<String, String> {
    let (width, height, font_size) = size.numbers();
    let stacks: [fn(&Point) -> i64; 3] =
        [|point| point.sales.from_hold, |point| point.sales.from_shared, |point| point.sales.oversold];
    let line = Series {
        category: Some(SeriesCategory::Line),
        y_axis_index: 1,
        symbol: Some(Symbol::Circle(font_size / 5.0, Some(Color::from(LEFT)))),
        ..series(points, |point| point.left)
    };
    let bars = stacks.iter().map(|units| Series { stack: Some("sold".to_owned()), ..series(points, *units) });
    let labels = points.iter().map(|point| point.label.clone()).collect();
    let mut chart = BarChart::new(bars.chain([line]).collect(), labels);
    (chart.width, chart.height) = (width, height);
    chart.margin = Edges::from(font_size / 2.0);
    chart.background_color = Color::transparent();
    chart.legend.show = Some(false);
    chart.series.colors = [FROM_HOLD, FROM_SHARED, OVERSOLD, LEFT].map(Color::from).to_vec();
    chart.series.stroke_width = font_size / 8.0;
    chart.grid.stroke_color = Color::from(LINES);
    chart.x_axis.stroke_color = Color::from(LINES);
    (chart.x_axis.font.size, chart.x_axis.font.color) = (font_size, Color::from(TEXT));
    chart.x_axis.height = font_size * 2.0;
    let axis = |most: i64| YAxisConfig {
        font: FontConfig { size: font_size, color: Color::from(TEXT), weight: None },
        split_number: STEPS,
        min: Some(0.0),
        max: Some(height_of(round(most))),
        ..chart.y_axis_configs[0].clone()
    };
    let most = |units: fn(&Point) -> i64| axis(points.iter().map(units).max().unwrap_or(0));
    chart.y_axis_configs = vec![most(|point| point.sales.units()), most(|point| point.left)];
    chart.svg().map_err(|error| error.to_string())
}

fn series(points: &[Point], units: impl Fn(&Point) -> i64) -> Series {
    Series::new(String::new(), points.iter().map(|point| height_of(units(point))).collect())
}

#[expect(clippy::cast_precision_loss, reason = "the height of a bar")]
fn height_of(units: i64) -> f32 {
    units as f32
}

/// The end of an axis that shows `most`: what stands at its steps is a whole number of units.
fn round(most: i64) -> i64 {
    let steps = i64::try_from(STEPS).expect("few");
    (most.max(1) + steps - 1) / steps * steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(from_hold: i64, left: i64) -> Point {
        Point { label: "12:00".to_owned(), sales: Sales { from_hold, ..Sales::default() }, left }
    }

    #[test]
    fn axes_end_at_whole_numbers() {
        assert_eq!([0, 1, 5, 6, 22, 480, 481].map(round), [5, 5, 5, 10, 25, 480, 485]);
    }

    #[test]
    fn a_picture_has_no_style_and_only_colours_that_the_style_sheet_knows() {
        let sheet = include_str!("../../../../static/css/app.css");
        for size in [Size::Narrow, Size::Wide] {
            let svg = draw(&[point(0, 60), point(10, 50)], size).expect("a picture");
            assert!(svg.starts_with("<svg ") && !svg.contains("style") && !svg.contains("class="), "{svg}");
            for colour in svg.split(['"']).filter(|value| value.starts_with('#')) {
                assert!(sheet.contains(&format!("=\"{colour}\"]")), "{colour}");
            }
        }
    }
}
