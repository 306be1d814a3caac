//! Enums whose variants have names: each is listed once.

/// Declares an enum. `ALL` has its variants, in their order, and `name` gives the name of one.
macro_rules! named {
    ($(#[$of_enum:meta])* pub enum $type:ident { $($(#[$of_variant:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$of_enum])*
        pub enum $type { $($(#[$of_variant])* $variant,)+ }

        impl $type {
            /// All of them, in the order in which they are listed.
            pub const ALL: [$type; [$($name),+].len()] = [$($type::$variant),+];

            /// Its name, for tables, files and arguments.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)+ }
            }
        }
    };
}

pub(crate) use named;
