/// A table that was read and checked, not yet scaled: with it, any schema that fits can make a data set.
package struct RawTable: Sendable, Equatable {
    /// What stands in the label column, each text once, in order of appearance.
    struct ClassValue: Sendable, Equatable {
        var text: String
        var firstLine: Int
        var rows = 1
    }

    /// Names of the features, or their column numbers where the file has no header.
    package let columns: [String]
    let labelColumn: String?
    /// rows × inputs, row-major; missing values are filled in.
    package let features: [Float]
    /// Line number of each row.
    let lines: [Int]
    let classes: [ClassValue]
    let classOfRow: [Int32]
    /// The number of each row; empty in a classification.
    let targets: [Float]
    /// What the file and the options declare.
    package internal(set) var schema: DataSchema

    package var rows: Int { lines.count }
    package var inputs: Int { columns.count }

    /// The rows as `schema` says.
    package func dataset() throws(DatasetError) -> Dataset { try dataset(for: schema) }

    /// The rows as another schema says, for example that of a session or a model: its classes, its scaling.
    package func dataset(for schema: DataSchema) throws(DatasetError) -> Dataset {
        guard labelColumn != nil else { throw .noLabels }
        guard schema.task == self.schema.task else { throw .task(found: self.schema.task, needed: schema.task) }
        let features = try scaledFeatures(for: schema)
        if schema.task == .regression { return Dataset(features: features, targets: targets, inputs: inputs) }
        let numbers = try classNumbers(outputs: schema.outputs, names: schema.labels)
        return Dataset(
            features: features, labels: classOfRow.map { numbers[Int($0)] }, inputs: inputs, outputs: schema.outputs)
    }

    /// The features alone, rows × inputs, scaled as `schema` says.
    package func scaledFeatures(for schema: DataSchema) throws(DatasetError) -> [Float] {
        guard schema.inputs == inputs else { throw .inputs(found: inputs, needed: schema.inputs) }
        if let problem = schema.problem { throw .schema(problem) }
        var scaled = features
        schema.scale.apply(to: &scaled, inputs: inputs)
        if let bad = scaled.firstIndex(where: { !$0.isFinite }) {
            throw .scaledToInfinity(line: lines[bad / inputs], column: columns[bad % inputs], value: features[bad])
        }
        return scaled
    }

    // MARK: Classes

    /// Whole numbers from 0 are the classes themselves; anything else is a name, and the sorted names are the classes.
    func declaredClasses(
        known: [String], outputs: Int?, mayHaveHeader: Bool
    ) throws(DatasetError) -> (outputs: Int, labels: [String]) {
        if let outputs, !(2...Limits.labels).contains(outputs) {
            throw .schema("there must be 2 to \(Limits.labels) classes, not \(outputs)")
        }
        guard let labelColumn else { return (outputs ?? max(2, known.count), known) }
        // 0: not known yet.
        var (outputs, labels) = (outputs ?? known.count, known)
        if known.isEmpty {
            let texts = classes.filter { parseNumber($0.text) == nil }
            if texts.isEmpty {
                if outputs == 0 {
                    let numbers = classes.compactMap { wholeNumber($0.text) }
                    outputs = max(2, min(numbers.max() ?? 0, Limits.labels - 1) + 1)
                }
            } else {
                if mayHaveHeader, texts.count == 1, classes.count > 1, texts[0].firstLine == lines.first, texts[0].rows == 1 {
                    throw .perhapsHeader(line: texts[0].firstLine, column: labelColumn, value: texts[0].text)
                }
                if let number = classes.first(where: { parseNumber($0.text) != nil && wholeNumber($0.text) == nil }) {
                    throw .labelNotAClass(line: number.firstLine, column: labelColumn, value: number.text)
                }
                labels = classes.map(\.text).sorted()
                if outputs != 0 && outputs != labels.count { throw .classNames(labels, needed: outputs) }
                outputs = max(2, labels.count)
                if labels.count == 1 { throw .oneClass(labels[0], column: labelColumn) }
            }
        } else if outputs != known.count {
            throw .classNames(known, needed: outputs)
        }
        _ = try classNumbers(outputs: outputs, names: labels)
        return (outputs, labels)
    }

    /// The class of each text in the label column: its place among the names, or the whole number it is.
    private func classNumbers(outputs: Int, names: [String]) throws(DatasetError) -> [Int32] {
        let column = labelColumn ?? ""
        let numberOfName = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        var numbers: [Int32] = []
        for value in classes {
            if let number = numberOfName[value.text] {
                numbers.append(Int32(number))
            } else if let number = wholeNumber(value.text) {
                guard (0..<outputs).contains(number) else {
                    throw .labelRange(line: value.firstLine, column: column, value: value.text, classes: outputs)
                }
                numbers.append(Int32(number))
            } else if names.isEmpty || parseNumber(value.text) != nil {
                throw .labelNotAClass(line: value.firstLine, column: column, value: value.text)
            } else {
                throw .unknownClass(line: value.firstLine, column: column, value: value.text, known: names)
            }
        }
        return numbers
    }

    /// 3, and 3.0 as some programs write it. Numbers beyond every limit stay whole numbers: they are out of range.
    private func wholeNumber(_ text: String) -> Int? {
        guard let value = parseNumber(text), value == value.rounded() else { return nil }
        return Int(text) ?? Int(exactly: value) ?? Int.max
    }
}
