//! Paths: from the name of a column, or the path to a value within structs and lists, to the stored column.

use std::collections::HashMap;

use parquet::basic::{ConvertedType, LogicalType, Repetition};
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor, Type, TypePtr};
use windrow_scan::json::{path_of_member, steps};

use super::kind::ColumnKind;
use crate::delta::{FileStep, TableColumns};
use crate::error::{Code, Error, Help, Result};
use crate::text::escape::{names, quoted};
use crate::text::suggest::nearest;

/// A stored column whose values a job names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::format) struct Leaf {
    /// The name in the job.
    pub(in crate::format) name: String,
    /// Its number in the file.
    pub(in crate::format) column: usize,
    /// The index of the element in each list around it.
    pub(in crate::format) elements: Vec<u64>,
    pub(in crate::format) kind: ColumnKind,
}

/// What a path leads to.
pub(in crate::format) enum PathTarget<T> {
    Column(T),
    /// Nothing of this name.
    Missing,
    /// Several of this name.
    Repeated,
    /// Something that is not one value.
    Whole(&'static str),
}

impl<T> PathTarget<T> {
    /// The column that `name` leads to, in a table with the columns `all`.
    ///
    /// # Errors
    /// Usage: there is none, or it has no single values.
    pub(in crate::format) fn column(self, name: &str, all: impl FnOnce() -> Vec<String>) -> Result<T> {
        let named = quoted(name);
        match self {
            PathTarget::Column(column) => Ok(column),
            PathTarget::Missing => {
                let all = all();
                let error = Error::usage(format!("no column {named}")).with_code(Code::MissingColumn);
                let columns = names(&all);
                Err(error.with_help(match nearest(name, all.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean {}? The columns are {columns}", quoted(near)),
                    None => format!("the columns are {columns}"),
                }))
            }
            PathTarget::Repeated => Err(Error::usage(format!("column {named} appears more than once"))
                .with_code(Code::RepeatedColumn)
                .with_help("give each column a name of its own")),
            PathTarget::Whole(what) => {
                Err(Error::invalid(format!("column {named} is a {what}, not one value"))
                    .with_help(Help::from("name a value in it, such as payload.action or tags[0]")))
            }
        }
    }
}

/// What was found; `None`: nothing has the name.
///
/// # Errors
/// Those of a column that is there.
pub(in crate::format) fn if_there<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(error) if error.code() == Code::MissingColumn => Ok(None),
        found => found.map(Some),
    }
}

/// The error for the column `name`, whose values are not read.
pub(in crate::format) fn unread(name: &str, what: &str) -> Error {
    Error::not_built(format!("column {} has {what}, which are not read", quoted(name)))
        .with_help("write the column as text")
}

/// The columns of a file, by the names that a job has for them.
#[derive(Clone, Copy)]
pub(super) struct ColumnNames<'a> {
    schema: &'a SchemaDescriptor,
    /// What the file calls them, if it is of a table that maps them.
    mapped: Option<&'a TableColumns>,
}

impl<'a> ColumnNames<'a> {
    /// Those of a file with this schema.
    ///
    /// # Errors
    /// Data: its table finds columns by field ids, and it has none.
    pub(super) fn new(schema: &'a SchemaDescriptor, mapped: Option<&'a TableColumns>) -> Result<Self> {
        let has_id = |field: &TypePtr| field.get_basic_info().has_id();
        if mapped.is_some_and(TableColumns::is_by_id) && !schema.root_schema().get_fields().iter().any(has_id)
        {
            let message = "its columns have no field ids, and its table has the column mapping mode \"id\"";
            return Err(Error::data(message).with_code(Code::TableDamaged).with_help(
                "rewrite the table: the program that wrote this file does not support this mode",
            ));
        }
        Ok(ColumnNames { schema, mapped })
    }

    /// The column that `name` means: the one with exactly this name, or else the one that the path leads to.
    ///
    /// # Errors
    /// Usage: there is none, or it has no single values.
    pub(super) fn find(self, name: &str) -> Result<Leaf> {
        let path = match self.mapped {
            Some(columns) => columns.steps(name),
            None => self.steps(name),
        };
        let mut walk = SchemaWalk::default();
        let found = match path {
            Some(path) if !path.is_empty() => walk.within(self.schema.root_schema(), &path),
            _ => PathTarget::Missing,
        };
        let all = || self.all().into_iter().map(|(path, _)| path).collect();
        let column = found.column(name, all)?;
        let descriptor = self.schema.column(column);
        let kind = ColumnKind::of(&descriptor).map_err(|what| unread(name, &what))?;
        if walk.elements.len() != usize::from(descriptor.max_rep_level().unsigned_abs()) {
            return Err(unread(name, "lists of an unusual layout"));
        }
        Ok(Leaf { name: name.to_owned(), column, elements: walk.elements, kind })
    }

    fn steps(self, name: &str) -> Option<Vec<FileStep>> {
        let mut fields = self.schema.root_schema().get_fields().iter();
        match fields.any(|field| field.name() == name) {
            true => Some(vec![FileStep::Named(name.as_bytes().into())]),
            false => Some(steps(name).ok()?.iter().map(FileStep::from).collect()),
        }
    }

    /// The columns outside lists and maps, by their paths.
    pub(super) fn all(self) -> Vec<(String, usize)> {
        if let Some(columns) = self.mapped {
            let place =
                |path: &[FileStep]| match SchemaWalk::default().within(self.schema.root_schema(), path) {
                    PathTarget::Column(column) => Some(column),
                    _ => None,
                };
            let there = |(name, path): (String, Vec<FileStep>)| Some((name, place(&path)?));
            return columns.values().into_iter().filter_map(there).collect();
        }
        let columns = self.schema.columns().iter().enumerate();
        let single = columns.filter(|(_, column)| column.max_rep_level() == 0);
        let path = |(at, column): (usize, &ColumnDescPtr)| match column.path().parts() {
            // A top-level name is used as it is, without quotes.
            [name] => (name.clone(), at),
            parts => (parts.iter().fold(String::new(), |within, name| path_of_member(&within, name)), at),
        };
        single.map(path).collect()
    }
}

/// The names of a table's columns outside lists and maps, by their names in a file with this schema; fields of structs behind a dot.
///
/// # Errors
/// As [`ColumnNames::new`].
pub(crate) fn names_in_file(
    schema: &SchemaDescriptor,
    columns: &TableColumns,
) -> Result<HashMap<String, String>> {
    let in_file = |column: usize| schema.column(column).path().parts().join(".");
    let all = ColumnNames::new(schema, Some(columns))?.all();
    Ok(all.into_iter().map(|(name, column)| (in_file(column), name)).collect())
}

/// A way through a schema.
#[derive(Default)]
struct SchemaWalk {
    leaves_before: usize,
    elements: Vec<u64>,
}

impl SchemaWalk {
    /// Where `path` leads from `group`.
    fn within(&mut self, group: &Type, path: &[FileStep]) -> PathTarget<usize> {
        let Some((step, rest)) = path.split_first() else { return PathTarget::Missing };
        let is_it = |field: &Type| match step {
            FileStep::Named(name) => field.name().as_bytes() == &**name,
            FileStep::Numbered(number) => {
                let about = field.get_basic_info();
                about.has_id() && about.id() == *number
            }
            FileStep::Element(_) => false,
        };
        let mut fields = group.get_fields().iter();
        let Some(at) = fields.position(|field| is_it(field)) else { return PathTarget::Missing };
        if fields.any(|field| is_it(field)) {
            return PathTarget::Repeated;
        }
        self.leaves_before += group.get_fields()[..at].iter().map(|field| leaves(field)).sum::<usize>();
        let field = &group.get_fields()[at];
        match field.get_basic_info().repetition() {
            // A list without a group around it.
            Repetition::REPEATED => match rest.split_first() {
                Some((FileStep::Element(element), rest)) => {
                    self.elements.push(*element);
                    self.at(field, rest)
                }
                Some(_) => PathTarget::Missing,
                None => PathTarget::Whole("list"),
            },
            _ => self.at(field, rest),
        }
    }

    /// Where `path` leads from `node`.
    fn at(&mut self, node: &Type, path: &[FileStep]) -> PathTarget<usize> {
        if node.is_primitive() {
            return if path.is_empty() {
                PathTarget::Column(self.leaves_before)
            } else {
                PathTarget::Missing
            };
        }
        let info = node.get_basic_info();
        let is_list = info.converted_type() == ConvertedType::LIST
            || matches!(info.logical_type_ref(), Some(LogicalType::List));
        let is_map = matches!(info.converted_type(), ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE)
            || matches!(info.logical_type_ref(), Some(LogicalType::Map));
        match (path.first(), node.get_fields()) {
            _ if is_map => PathTarget::Whole("map"),
            (None, _) if is_list => PathTarget::Whole("list"),
            (None, _) => PathTarget::Whole("struct"),
            (Some(FileStep::Element(element)), [repeated]) if is_list => {
                self.elements.push(*element);
                self.at(element_of(node, repeated), &path[1..])
            }
            (Some(_), _) if is_list => PathTarget::Missing,
            _ => self.within(node, path),
        }
    }
}

/// The type of the elements of a list. The rules cover lists of older writers.
fn element_of<'t>(list: &Type, repeated: &'t Type) -> &'t Type {
    if repeated.is_primitive() {
        return repeated;
    }
    match repeated.get_fields() {
        [element] if repeated.name() != "array" && repeated.name() != format!("{}_tuple", list.name()) => {
            element
        }
        _ => repeated,
    }
}

/// The number of columns below a node.
fn leaves(node: &Type) -> usize {
    match node.is_primitive() {
        true => 1,
        false => node.get_fields().iter().map(|field| leaves(field)).sum(),
    }
}
