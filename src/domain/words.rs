//! Enums whose values are stored and sent as words: in the database, the API, URLs and on the command line.

/// Implements an enum's conversions to and from words from one list of its values, their words and their labels. Labels
/// are optional. The generated `match` does not compile if the list lacks a value.
macro_rules! words {
    ($type:ident { $($value:ident => $word:literal, $label:literal;)+ }) => {
        $crate::domain::words::words!($type { $($value => $word;)+ });

        impl $type {
            /// The label on pages.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$value => $label,)+
                }
            }
        }
    };
    ($type:ident { $($value:ident => $word:literal;)+ }) => {
        impl $type {
            /// Every value, in the order in which forms and filters offer them.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$value),+];

            /// The word that represents the value.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }

            /// The value with the word `text`.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$value),)+
                    _ => None,
                }
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Light {
        Red,
        Green,
    }

    super::words!(Light {
        Red => "red", "Stop";
        Green => "green", "Go";
    });

    #[test]
    fn every_value_is_known_by_its_word_alone() {
        assert_eq!(Light::ALL, [Light::Red, Light::Green]);
        for light in Light::ALL {
            assert_eq!(Light::parse(light.as_str()), Some(light));
            assert_eq!(serde_json::to_value(light).expect("JSON"), light.as_str());
        }
        assert_eq!((Light::Green.as_str(), Light::Green.label()), ("green", "Go"));
        assert_eq!((Light::parse("Red"), Light::parse("")), (None, None));
    }
}
