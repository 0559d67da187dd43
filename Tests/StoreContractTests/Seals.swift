import CryptoSuite
import GRDBSQLite
import Trust

/// Seals as whoever has the file can compute them, without the store.
enum Seals {
    /// Columns that are not sealed, because a digest of them is.
    private static let contents: Set = ["seal", "body"]

    /// Gives every row of a table the seal of what stands in it now.
    static func renew(_ folder: String, _ table: String) {
        var database: OpaquePointer?
        precondition(sqlite3_open(folder + "/tutti.sqlite", &database) == SQLITE_OK)
        defer { sqlite3_close(database) }
        var seals: [(row: Int64, seal: [UInt8])] = []
        each(database, "SELECT rowid, * FROM \(table)") { statement in
            var bytes = Array(table.utf8)
            for column in 1..<sqlite3_column_count(statement) where !contents.contains(String(cString: sqlite3_column_name(statement, column))) {
                bytes += part(statement, column)
            }
            seals.append((sqlite3_column_int64(statement, 0), CryptoSuite.system.sha256(bytes)))
        }
        for (row, seal) in seals { each(database, "UPDATE \(table) SET seal = x'\(hexadecimal(seal))' WHERE rowid = \(row)") { _ in } }
    }

    /// Tag, length in eight bytes, content.
    private static func part(_ statement: OpaquePointer?, _ column: Int32) -> [UInt8] {
        func number(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        func content() -> [UInt8] {
            let count = Int(sqlite3_column_bytes(statement, column))
            guard count > 0, let bytes = sqlite3_column_blob(statement, column) else { return [] }
            return Array(UnsafeRawBufferPointer(start: bytes, count: count))
        }
        let (tag, bytes): (UInt8, [UInt8]) =
            switch sqlite3_column_type(statement, column) {
            case SQLITE_NULL: (0, [])
            case SQLITE_INTEGER: (1, number(sqlite3_column_int64(statement, column)))
            case SQLITE_TEXT: (3, content())
            case SQLITE_BLOB: (4, content())
            default: preconditionFailure("no table has a column of another type")
            }
        return [tag] + number(Int64(bytes.count)) + bytes
    }

    private static func each(_ database: OpaquePointer?, _ query: String, _ visit: (OpaquePointer?) -> Void) {
        var statement: OpaquePointer?
        precondition(sqlite3_prepare_v2(database, query, -1, &statement, nil) == SQLITE_OK, String(cString: sqlite3_errmsg(database)))
        defer { sqlite3_finalize(statement) }
        while sqlite3_step(statement) == SQLITE_ROW { visit(statement) }
    }
}
