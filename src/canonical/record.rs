//! How a struct of this folder becomes a record: its JSON form, its [`Shape`](super::Shape) and its published schema from one text.
//!
//! The struct is the single truth. A derive would hide what it makes in another package; this is thirty lines to read.

use jiff::civil;
use rust_decimal::Decimal;

use super::Leaf;

/// A shape before its names are numbered, with the comments that the published schema shows.
pub(super) enum Draft {
    Leaf(Leaf),
    List(Box<Draft>),
    Record(Vec<Field>),
}

pub(super) struct Field {
    pub name: &'static str,
    pub comment: String,
    pub draft: Draft,
}

/// What has a shape.
pub(super) trait Shaped {
    fn draft() -> Draft;
    /// Nothing to say: the member is left out of JSON.
    fn is_absent(&self) -> bool {
        false
    }
}

macro_rules! leaves {
    ($($type:ty => $leaf:ident),* $(,)?) => {$(
        impl Shaped for $type {
            fn draft() -> Draft {
                Draft::Leaf(Leaf::$leaf)
            }
        }
    )*};
}
leaves! { String => Text, Decimal => Decimal, civil::Date => Date, civil::Time => Time, i64 => Integer, bool => Flag }

impl<T: Shaped> Shaped for Option<T> {
    fn draft() -> Draft {
        T::draft()
    }
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Shaped> Shaped for Vec<T> {
    fn draft() -> Draft {
        Draft::List(Box::new(T::draft()))
    }
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

pub(super) fn is_absent<T: Shaped>(value: &T) -> bool {
    value.is_absent()
}

/// The fields of a record.
pub(super) fn fields_of<T: Shaped>() -> Vec<Field> {
    match T::draft() {
        Draft::Record(fields) => fields,
        Draft::Leaf(_) | Draft::List(_) => Vec::new(),
    }
}

/// Declares records. `..head: Head` takes the fields of another record in at its place, as serde's `flatten` does.
macro_rules! records {
    ($(
        $(#[$meta:meta])*
        $name:ident {
            $(..$base:ident: $base_type:ty,)?
            $( $(#[doc = $comment:literal])* $field:ident: $type:ty, )*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $( #[serde(flatten)] pub $base: $base_type, )?
            $(
                $(#[doc = $comment])*
                #[serde(skip_serializing_if = "crate::canonical::record::is_absent")]
                pub $field: $type,
            )*
        }
        impl $crate::canonical::record::Shaped for $name {
            fn draft() -> $crate::canonical::record::Draft {
                let own = [$( $crate::canonical::record::Field {
                    name: stringify!($field).trim_start_matches("r#"),
                    comment: concat!($($comment),*).trim().to_owned(),
                    draft: <$type as $crate::canonical::record::Shaped>::draft(),
                } ),*];
                let inherited: Vec<Vec<$crate::canonical::record::Field>> = vec![$( $crate::canonical::record::fields_of::<$base_type>() )?];
                $crate::canonical::record::Draft::Record(inherited.into_iter().flatten().chain(own).collect())
            }
        }
    )*};
}
pub(super) use records;
