//! Blocks of cells in the clipboard format of spreadsheets: rows separated by line breaks, cells by tabs.

/// A block, row by row. Rows may differ in length.
pub type Block = Vec<Vec<String>>;

/// Parses the text that a spreadsheet copied. A line break at the end adds no row. Quotes around a cell are removed,
/// and two quotes inside are one; tabs and line breaks within quotes belong to the cell.
pub fn read(text: &str) -> Block {
    let mut rows = vec![vec![String::new()]];
    let mut letters = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(letter) = letters.next() {
        let row = rows.last_mut();
        let Some(cell) = row.and_then(|row| row.last_mut()) else { break };
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.is_empty() => is_quoted = true,
            '\t' if !is_quoted => {
                if let Some(row) = rows.last_mut() {
                    row.push(String::new());
                }
            }
            '\r' if !is_quoted && letters.peek() == Some(&'\n') => {}
            '\n' | '\r' if !is_quoted => rows.push(vec![String::new()]),
            other => cell.push(other),
        }
    }
    if rows.last().is_some_and(|row| row.len() == 1 && row[0].is_empty()) {
        rows.pop();
    }
    rows
}

/// Formats a block of cells without tabs, line breaks and quotes.
pub fn write(block: &[Vec<String>]) -> String {
    block.iter().map(|row| row.join("\t")).collect::<Vec<_>>().join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_from_excel_is_parsed() {
        assert_eq!(read("5\t6\t7\r\n11\t10\t9\r\n"), [vec!["5", "6", "7"], vec!["11", "10", "9"]]);
        assert_eq!(read("8"), [vec!["8"]]);
        assert_eq!(read("8\t\n"), [vec!["8", ""]]);
        assert_eq!(read("\"a\t\"\"b\"\"\"\t2"), [vec!["a\t\"b\"", "2"]]);
        assert!(read("").is_empty());
    }

    #[test]
    fn a_written_block_is_read_back() {
        let block = vec![vec!["5".to_owned(), String::new()], vec!["−".to_owned(), "7".to_owned()]];
        assert_eq!(read(&write(&block)), block);
    }
}
