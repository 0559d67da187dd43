/// A file with rows, told by how it begins: CSV, NumPy's `.npy` and `.npz`, or IDX.
package enum DataFile {
    /// Names under which an archive's features and classes are looked for.
    package static let featureNames = ["x", "X", "x_train", "data", "features", "images"]
    package static let labelNames = ["y", "Y", "y_train", "target", "labels", "label"]

    /// - Parameters:
    ///   - labels: another file with the class (or the number to predict) of each row, for formats that hold one array a file.
    ///   - options: of a table; of its own only scaling, missing values and classes matter to arrays.
    package static func parse(_ bytes: [UInt8], labels: [UInt8]? = nil, options: CSVOptions) throws(DatasetError) -> RawTable {
        guard options.task != .language else { throw .tableForText }
        do {
            if bytes.starts(with: NPZ.magic) {
                let archive = try NPZ.Archive(bytes)
                guard let features = try archive.array(featureNames) else { throw ArrayFileError.missing("rows", have: archive.names) }
                let own = options.label == .absent ? nil : try archive.array(labelNames)
                return try RawTable(features: features, labels: try labels.map(array) ?? own, options: options)
            }
            if isArray(bytes) { return try RawTable(features: try array(bytes), labels: try labels.map(array), options: options) }
        } catch let error as DatasetError { throw error } catch { throw .arrayFile("\(error)") }
        if labels != nil { throw .labelsBesideCSV }
        return try CSV.parse(bytes, options: options)
    }

    private static func isArray(_ bytes: [UInt8]) -> Bool { bytes.starts(with: NPY.magic) || IDX.looksLike(bytes) }

    private static func array(_ bytes: [UInt8]) throws(ArrayFileError) -> NumericArray {
        bytes.starts(with: NPY.magic) ? try NPY.decode(bytes) : try IDX.decode(bytes)
    }
}

extension RawTable {
    /// Rows are the first dimension of `features`, what one row has the others: images lie [rows, height, width] or
    /// [rows, channels, height, width].
    ///
    /// - Parameter labels: a class or a target for each row, [rows] or [rows, 1]; nil: rows to predict.
    init(features: NumericArray, labels: NumericArray?, options: CSVOptions) throws(DatasetError) {
        guard let rows = features.shape.first, rows > 0 else { throw .empty }
        let inputs = features.values.count / rows
        guard features.shape.count > 1, (1...Limits.width).contains(inputs) else {
            throw .arrayFile("a row must have 1 to \(Limits.width) values; the array's shape is \(features.shape)")
        }
        if let labels {
            guard labels.values.count == rows, labels.shape.count == 1 || labels.shape == [rows, 1] else {
                throw .arrayFile("there are \(rows) rows, and the labels have the shape \(labels.shape); give one number for each row")
            }
        } else if options.label != .absent {
            throw .noLabelArray
        }
        var collector = RowCollector(
            width: inputs + (labels == nil ? 0 : 1), label: labels == nil ? nil : inputs, names: [], task: options.task, refusesMissing: true,
            shape: 1)
        for row in 0..<rows {
            try collector.append(features.values[(row * inputs)..<((row + 1) * inputs)], label: labels?.values[row], row: row + 1)
        }
        self = try collector.finish(options, declared: [])
    }
}
