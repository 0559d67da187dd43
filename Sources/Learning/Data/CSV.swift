/// How to read a table of labelled rows.
package struct CSVOptions: Sendable, Equatable {
    /// What the first line is.
    package enum Header: String, Sendable, CaseIterable {
        /// A header when none of its fields is a number, else a row.
        case auto
        case yes, no
        /// scikit-learn's form: `rows,columns,class,class,…`, then the rows.
        case sklearn
    }
    package enum Missing: Sendable, Equatable {
        case refuse
        /// The mean of the column's other values.
        case mean
        case value(Float)
    }
    package enum Scale: Sendable, Equatable {
        case none
        case constant(Float)
        case minMax, standardize
        /// What a session or a model has already decided.
        case given(Scaling)
    }

    package var header: Header = .auto
    /// What the label column holds: classes, or numbers to predict.
    package var task = DataSchema.LearningTask.classification
    package var label: LabelColumn = .last
    package var missing: Missing = .refuse
    package var scale: Scale = .none
    /// Number of classes, for a file that may lack some of them; nil: as many as the file shows.
    package var outputs: Int?
    /// Names of the classes in order of their numbers, where they are known; empty: the sorted names in the file.
    package var labels: [String] = []

    package init() {}

    /// Reads a file as those rows were read that `schema` was made from.
    package init(schema: DataSchema) {
        task = schema.task
        scale = .given(schema.scale)
        outputs = schema.outputs
        labels = schema.labels
    }

    /// What the command line says of the classes: how many there are (`10`), or their names in order (`cat,dog`).
    package mutating func setClasses(_ text: String) throws(DatasetError) {
        if let count = Int(text) {
            guard (2...Limits.labels).contains(count) else { throw .classOption(text) }
            outputs = count
            return
        }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard (2...Limits.labels).contains(names.count), Set(names).count == names.count,
            names.allSatisfy({ !$0.isEmpty && $0.utf8.count <= Limits.labelBytes })
        else { throw .classOption(text) }
        (labels, outputs) = (names, names.count)
    }
}

/// Where the class of a row stands.
package enum LabelColumn: Sendable, Equatable {
    case last
    case name(String)
    /// From 0.
    case index(Int)
    /// The file has none: rows to predict.
    case absent
}

package enum CSV {
    /// Reads comma-separated rows of numbers with a class in one column. UTF-8, LF or CR LF, fields may be in double
    /// quotes (RFC 4180, without line breaks inside a field); empty lines are skipped.
    ///
    /// - Throws: an error that names line (from 1), column and value, and says what to do.
    package static func parse(_ bytes: [UInt8], options: CSVOptions) throws(DatasetError) -> RawTable {
        guard options.task != .language else { throw .tableForText }
        var reader = try CSVReader(bytes)
        guard try reader.next() else { throw .empty }
        let first = try reader.texts()
        let firstNumber = reader.line
        var announced: SklearnLine?
        var names: [String] = []
        var hasLine = true

        switch options.header {
        case .no: break
        case .yes: names = first
        case .sklearn:
            announced = SklearnLine(first)
            if announced == nil { throw .notSklearn(first.joined(separator: ",")) }
        case .auto:
            if first.allSatisfy({ !$0.isEmpty && parseNumber($0) == nil }) {
                names = first
            } else if let line = SklearnLine(first) {
                // The rows have one field more than the line says columns. That never holds for a row that is one: its
                // third field would have to be a feature that is no number.
                var ahead = reader
                if try ahead.next(), ahead.fields.count == line.columns + 1,
                    first.count != ahead.fields.count || first[2...].contains(where: { parseNumber($0) == nil })
                {
                    throw .sklearnLine(first.joined(separator: ","))
                }
            }
        }
        if !names.isEmpty || announced != nil { hasLine = try reader.next() }
        guard hasLine else { throw .empty }

        let width = reader.fields.count
        if !names.isEmpty && names.count != width {
            throw .width(line: reader.line, fields: width, expected: names.count, of: firstNumber)
        }
        if let announced, announced.columns + 1 != width {
            throw .announcedColumns(announced.columns, found: width, line: reader.line)
        }
        if width < 2 && options.label != .absent {
            throw .oneColumn(separator: first.first.flatMap { text in [";", "\t", "|"].first { text.contains($0) } })
        }
        let label = try labelColumn(options.label, names: names, width: width)
        var rows = RowCollector(
            width: width, label: label, names: names, task: options.task, refusesMissing: options.missing == .refuse, shape: reader.line)
        repeat { try rows.append(reader) } while try reader.next()
        if let announced, announced.rows != rows.count {
            throw .announcedRows(announced.rows, found: rows.count)
        }
        return try rows.finish(options, declared: announced?.classes ?? [])
    }

    /// scikit-learn's first line: rows, columns, then the names of at least two classes.
    private struct SklearnLine {
        var rows: Int
        var columns: Int
        var classes: [String]

        init?(_ fields: [String]) {
            guard fields.count >= 4, let rows = Int(fields[0]), let columns = Int(fields[1]), rows > 0, columns > 0,
                columns <= Limits.width, fields[2...].allSatisfy({ !$0.isEmpty })
            else { return nil }
            self.rows = rows
            self.columns = columns
            classes = Array(fields[2...])
        }
    }

    private static func labelColumn(_ label: LabelColumn, names: [String], width: Int) throws(DatasetError) -> Int? {
        switch label {
        case .absent: return nil
        case .last: return width - 1
        case .index(let i):
            guard (0..<width).contains(i) else { throw .noSuchColumn("\(i)", have: "columns 0 to \(width - 1)") }
            return i
        case .name(let name):
            let found = names.indices.filter { names[$0] == name }
            guard let at = found.first else {
                let have = names.isEmpty ? "no header line, only columns 0 to \(width - 1)" : names.joined(separator: ", ")
                throw .noSuchColumn(name, have: have)
            }
            guard found.count == 1 else { throw .ambiguousColumn(name, at: found) }
            return at
        }
    }
}
