/// Gathers the rows of a file and makes a table of them.
struct RowCollector {
    private let width: Int
    private let label: Int?
    private let names: [String]
    private let task: DataSchema.LearningTask
    private let refusesMissing: Bool
    /// The line that decided the width.
    private let shape: Int
    private var features: [Float] = []
    private var holes: [Int] = []
    private var lines: [Int] = []
    private var classes: [RawTable.ClassValue] = []
    private var classOfText: [String: Int32] = [:]
    private var classOfRow: [Int32] = []
    private var targets: [Float] = []

    init(width: Int, label: Int?, names: [String], task: DataSchema.LearningTask, refusesMissing: Bool, shape: Int) {
        self.width = width
        self.label = label
        self.names = names
        self.task = task
        self.refusesMissing = refusesMissing
        self.shape = shape
    }

    var count: Int { lines.count }
    private var inputs: Int { label == nil ? width : width - 1 }

    private func name(_ column: Int) -> String {
        names.isEmpty ? "\(column) (from 0)" : names[column]
    }

    mutating func append(_ reader: CSVReader) throws(DatasetError) {
        guard reader.fields.count == width else {
            throw .width(line: reader.line, fields: reader.fields.count, expected: width, of: shape)
        }
        for (column, field) in reader.fields.enumerated() {
            if column == label {
                guard !reader.isMissing(field) else { throw .missingLabel(line: reader.line, column: name(column)) }
                switch task {
                case .classification: classOfRow.append(try classIndex(try reader.text(field), reader.line, column))
                case .regression:
                    guard let target = reader.number(field) else {
                        throw .targetNotANumber(line: reader.line, column: name(column), value: try reader.text(field))
                    }
                    targets.append(target)
                // A table is never read for it.
                case .language: break
                }
            } else if let value = reader.number(field) {
                features.append(value)
            } else if reader.isMissing(field) {
                if refusesMissing { throw .missing(line: reader.line, column: name(column)) }
                holes.append(features.count)
                features.append(0)
            } else {
                throw .notANumber(line: reader.line, column: name(column), value: try reader.text(field))
            }
        }
        lines.append(reader.line)
    }

    /// A row that is numbers already.
    mutating func append(_ values: ArraySlice<Float>, label value: Float?, row: Int) throws(DatasetError) {
        if let value, let label {
            switch task {
            case .classification:
                let text = value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
                classOfRow.append(try classIndex(text, row, label))
            case .regression: targets.append(value)
            case .language: break
            }
        }
        features += values
        lines.append(row)
    }

    private mutating func classIndex(_ text: String, _ line: Int, _ column: Int) throws(DatasetError) -> Int32 {
        if let known = classOfText[text] {
            classes[Int(known)].rows += 1
            return known
        }
        let index = Int32(classes.count)
        guard classes.count < Limits.labels else { throw .tooManyClasses(column: name(column)) }
        guard text.utf8.count <= Limits.labelBytes else {
            throw .labelNotAClass(line: line, column: name(column), value: text)
        }
        classOfText[text] = index
        classes.append(RawTable.ClassValue(text: text, firstLine: line))
        return index
    }

    mutating func finish(_ options: CSVOptions, declared: [String]) throws(DatasetError) -> RawTable {
        try fill(options.missing)
        let scale = scaling(options.scale)
        let columns = (0..<width).filter { $0 != label }.map { names.isEmpty ? "\($0)" : names[$0] }
        var table = RawTable(
            columns: columns, labelColumn: label.map(name), features: features, lines: lines, classes: classes,
            classOfRow: classOfRow, targets: targets, schema: DataSchema(inputs: inputs, outputs: 1, scale: scale, task: task))
        if task == .classification {
            let known = options.labels.isEmpty ? declared : options.labels
            (table.schema.outputs, table.schema.labels) = try table.declaredClasses(
                known: known, outputs: options.outputs, mayHaveHeader: options.header == .auto && names.isEmpty)
        }
        if let problem = table.schema.problem { throw .schema(problem) }
        return table
    }

    private mutating func fill(_ rule: CSVOptions.Missing) throws(DatasetError) {
        guard !holes.isEmpty else { return }
        switch rule {
        case .refuse: break
        case .value(let value): for hole in holes { features[hole] = value }
        case .mean:
            var (sums, counts) = ([Double](repeating: 0, count: inputs), [Int](repeating: 0, count: inputs))
            var nextHole = 0
            for (i, value) in features.enumerated() {
                if nextHole < holes.count && holes[nextHole] == i {
                    nextHole += 1
                } else {
                    sums[i % inputs] += Double(value)
                    counts[i % inputs] += 1
                }
            }
            for hole in holes {
                let column = hole % inputs
                guard counts[column] > 0 else {
                    throw .emptyColumn(name(label.map { column >= $0 ? column + 1 : column } ?? column))
                }
                features[hole] = Float(sums[column] / Double(counts[column]))
            }
        }
    }

    private func scaling(_ scale: CSVOptions.Scale) -> Scaling {
        let rows = features.count / inputs
        switch scale {
        case .none: return .none
        case .constant(let c): return .constant(c)
        case .given(let scaling): return scaling
        case .minMax:
            var (mins, maxs) = (Array(features.prefix(inputs)), Array(features.prefix(inputs)))
            for row in 0..<rows {
                for column in 0..<inputs {
                    let value = features[row * inputs + column]
                    mins[column] = min(mins[column], value)
                    maxs[column] = max(maxs[column], value)
                }
            }
            return .minMax(mins: mins, maxs: maxs)
        case .standardize:
            var means = [Double](repeating: 0, count: inputs)
            var squares = means
            for row in 0..<rows {
                for column in 0..<inputs { means[column] += Double(features[row * inputs + column]) / Double(rows) }
            }
            for row in 0..<rows {
                for column in 0..<inputs {
                    let d = Double(features[row * inputs + column]) - means[column]
                    squares[column] += d * d / Double(rows)
                }
            }
            return .standardize(means: means.map { Float($0) }, deviations: squares.map { Float($0.squareRoot()) })
        }
    }
}
