internal import Learning

/// The operator's labelled rows. How they are scaled is known once the session's schema is; then they are scaled once.
enum EvaluationSet: Sendable {
    case none
    case raw(RawTable)
    /// Text is never raw.
    case scaled(Dataset)
    /// They do not fit the schema.
    case unusable(String)

    /// The rows as a session's schema says.
    func scaled(for schema: DataSchema) -> EvaluationSet {
        if case .scaled(let rows) = self, (rows.task == .language) != (schema.task == .language) { return .unusable("is for another kind of model") }
        guard case .raw(let table) = self else { return self }
        do { return .scaled(try table.dataset(for: schema)) } catch { return .unusable("\(error)") }
    }

    /// Reads the CSV file an operator gave, or the text.
    /// - Parameters:
    ///   - label: name or number (from 0) of the label's column; nil: the last.
    ///   - task: what that column holds.
    static func parse(_ csv: [UInt8], label: String?, task: DataSchema.LearningTask) throws(DatasetError) -> EvaluationSet {
        if task == .language {
            guard csv.count <= Limits.evaluationTextBytes else { throw .longText(most: Limits.evaluationTextBytes) }
            return .scaled(try Dataset(files: [csv]))
        }
        var options = CSVOptions()
        options.task = task
        if let label { options.label = Int(label).map { .index($0) } ?? .name(label) }
        return .raw(try CSV.parse(csv, options: options))
    }
}
