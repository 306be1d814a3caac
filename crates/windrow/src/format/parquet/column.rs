//! Columns: the values of one that is stored, row by row.

use parquet::basic::Type;
use parquet::column::page::PageReader;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
    Int96Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::schema::types::ColumnDescPtr;

use super::bytes::FileBytes;
use super::kind::{ColumnKind, DECIMAL_BYTES_MAX};
use super::pages::ColumnPages;
use super::path::Leaf;
use super::value::{Stored, StoredValue};

/// A column in one row group, some rows at a time.
pub(super) trait GroupColumn {
    /// Reads the next `rows` rows.
    ///
    /// # Errors
    /// There are fewer, or they are damaged.
    fn fill(&mut self, rows: usize) -> Result<()>;

    /// Passes over the next `rows` rows; pages of them alone are not unpacked.
    ///
    /// # Errors
    /// There are fewer, or they are damaged.
    fn skip(&mut self, rows: usize) -> Result<()>;

    /// The value in row number `row` of those; none: it is null, or in a list that is shorter.
    fn value(&self, row: usize) -> Option<StoredValue<'_>>;

    /// An error where there are more rows.
    fn end(&mut self) -> Result<()>;
}

/// The column of a leaf.
pub(super) fn column(
    file: &FileBytes,
    group: &RowGroupMetaData,
    leaf: &Leaf,
) -> Result<Box<dyn GroupColumn>> {
    let descriptor = group.column(leaf.column).column_descr_ptr();
    let pages = Box::new(ColumnPages::new(file, group, leaf.column)?);
    Ok(match descriptor.physical_type() {
        Type::BOOLEAN => typed::<BoolType>(descriptor, pages, leaf),
        Type::INT32 => typed::<Int32Type>(descriptor, pages, leaf),
        Type::INT64 => typed::<Int64Type>(descriptor, pages, leaf),
        Type::INT96 => typed::<Int96Type>(descriptor, pages, leaf),
        Type::FLOAT => typed::<FloatType>(descriptor, pages, leaf),
        Type::DOUBLE => typed::<DoubleType>(descriptor, pages, leaf),
        Type::BYTE_ARRAY => typed::<ByteArrayType>(descriptor, pages, leaf),
        Type::FIXED_LEN_BYTE_ARRAY => typed::<FixedLenByteArrayType>(descriptor, pages, leaf),
    })
}

fn typed<T: DataType>(
    descriptor: ColumnDescPtr,
    pages: Box<dyn PageReader>,
    leaf: &Leaf,
) -> Box<dyn GroupColumn>
where
    T::T: Stored,
{
    Box::new(TypedColumn::<T> {
        max_definition: descriptor.max_def_level(),
        elements: leaf.elements.clone(),
        bytes_max: if matches!(leaf.kind, ColumnKind::Decimal(_)) { DECIMAL_BYTES_MAX } else { usize::MAX },
        reader: ColumnReaderImpl::new(descriptor, pages),
        values: Vec::new(),
        definitions: Vec::new(),
        repetitions: Vec::new(),
        places: Vec::new(),
    })
}

/// A column whose values are stored as `T`.
struct TypedColumn<T: DataType> {
    reader: ColumnReaderImpl<T>,
    /// The definition level of values that are there.
    max_definition: i16,
    elements: Vec<u64>,
    /// Bytes of a value, at most.
    bytes_max: usize,
    /// The values of the rows that were read last, without those that are null.
    values: Vec<T::T>,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    /// Where the value of each row is; [`NOWHERE`]: it has none.
    places: Vec<u32>,
}

const NOWHERE: u32 = u32::MAX;

impl<T: DataType> TypedColumn<T> {
    /// Reads so many more rows; how many there were.
    fn read(&mut self, rows: usize) -> Result<usize> {
        self.values.clear();
        self.definitions.clear();
        self.repetitions.clear();
        let (definitions, repetitions) = (Some(&mut self.definitions), Some(&mut self.repetitions));
        Ok(self.reader.read_records(rows, definitions, repetitions, &mut self.values)?.0)
    }

    /// Finds the value of each row of a list, or of what is in one.
    fn find_elements(&mut self, rows: usize) -> Option<()> {
        self.places.resize(rows, NOWHERE);
        let (mut row, mut value, mut at) = (0, 0, vec![0; self.elements.len()]);
        for (definition, repetition) in self.definitions.iter().zip(&self.repetitions) {
            match usize::try_from(*repetition).ok()? {
                0 => {
                    row += 1;
                    at.fill(0);
                }
                level => {
                    *at.get_mut(level - 1)? += 1;
                    at[level..].fill(0);
                }
            }
            if *definition == self.max_definition {
                if at == self.elements {
                    *self.places.get_mut(usize::checked_sub(row, 1)?)? = value;
                }
                value += 1;
            }
        }
        (row == rows).then_some(())
    }
}

impl<T: DataType> GroupColumn for TypedColumn<T>
where
    T::T: Stored,
{
    fn fill(&mut self, rows: usize) -> Result<()> {
        let wrong = |what: String| Err(ParquetError::General(what));
        let read = self.read(rows)?;
        if read < rows {
            return wrong("it has fewer values than its row group has rows".to_owned());
        }
        let is_long =
            |value: &T::T| matches!(value.value(), StoredValue::Bytes(bytes) if bytes.len() > self.bytes_max);
        if self.bytes_max < usize::MAX && self.values.iter().any(is_long) {
            return wrong("a decimal has more bytes than any can have".to_owned());
        }
        self.places.clear();
        match self.elements.is_empty() {
            true if self.max_definition == 0 => self.places.extend(0..rows as u32),
            true => {
                let mut next = 0..;
                let is_there = |definition: &i16| *definition == self.max_definition;
                let place = |is_there: bool| if is_there { next.next().unwrap_or(NOWHERE) } else { NOWHERE };
                self.places.extend(self.definitions.iter().map(is_there).map(place));
            }
            false if self.find_elements(rows).is_none() => {
                return wrong("its lists do not begin and end with its rows".to_owned());
            }
            false => {}
        }
        Ok(())
    }

    fn skip(&mut self, rows: usize) -> Result<()> {
        match self.reader.skip_records(rows)? == rows {
            true => Ok(()),
            false => Err(ParquetError::General("it has fewer values than its row group has rows".to_owned())),
        }
    }

    fn value(&self, row: usize) -> Option<StoredValue<'_>> {
        let place = self.places.get(row)?;
        self.values.get(*place as usize).map(Stored::value)
    }

    fn end(&mut self) -> Result<()> {
        match self.read(1)? {
            0 => Ok(()),
            _ => Err(ParquetError::General("it has more values than its row group has rows".to_owned())),
        }
    }
}
