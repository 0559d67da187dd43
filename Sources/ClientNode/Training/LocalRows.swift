package import Learning

/// A node's rows: a data set of its own, or some rows of one that several nodes of the process share.
package struct LocalRows: Sendable {
    private let whole: Dataset
    /// Ascending; nil: all of them.
    private let numbers: [UInt32]?

    package init(_ dataset: Dataset) { (whole, numbers) = (dataset, nil) }

    /// - Parameter numbers: of rows of `shared`, below 2³².
    package init(_ numbers: [Int], of shared: Dataset) { (whole, self.numbers) = (shared, numbers.map { UInt32($0) }) }

    /// Of a node that is alone: the rest of the file is not kept.
    package static func load(_ options: LocalDataOptions) throws(ClientNodeError) -> (rows: LocalRows, schema: DataSchema) {
        let data = try LocalData.load(options)
        return (LocalRows(data.dataset), data.schema)
    }

    /// Rows, or bytes of text: what its updates count for.
    package var count: Int { whole.task == .language ? dataset.samples : numbers?.count ?? whole.rows }
    var inputs: Int { whole.inputs }
    var outputs: Int { whole.outputs }
    var task: DataSchema.LearningTask { whole.task }

    /// The rows themselves: of a share a copy, for as long as they are worked on.
    package var dataset: Dataset { numbers.map { whole.selecting($0.map(Int.init)) } ?? whole }
}

/// Reads the data of several nodes: a file of which they have shares is read and kept once.
package struct LocalLibrary {
    private var files: [(options: LocalDataOptions, data: LocalData)] = []
    private var deals: [(file: Int, share: PartitionShare, parts: PartitionResult)] = []

    package init() {}

    package mutating func rows(_ options: LocalDataOptions) throws(ClientNodeError) -> (rows: LocalRows, schema: DataSchema) {
        guard let text = options.partition else { return try LocalRows.load(options) }
        var file = options
        file.partition = nil
        let index = try keep(file)
        let data = files[index].data
        do {
            let share = try PartitionShare(parsing: text)
            let parts: PartitionResult
            if let dealt = deals.first(where: { $0.file == index && $0.share.isDealt(with: share) }) {
                parts = dealt.parts
            } else {
                parts = try share.deal(data.dataset)
                deals.append((index, share, parts))
            }
            return (LocalRows(try share.rows(of: parts), of: data.dataset), data.schema)
        } catch {
            throw ClientNodeError(.configuration, "\(options.path): \(error)", remedy: "Nothing was sent.")
        }
    }

    private mutating func keep(_ file: LocalDataOptions) throws(ClientNodeError) -> Int {
        if let known = files.firstIndex(where: { $0.options == file }) { return known }
        files.append((file, try LocalData.load(file)))
        return files.count - 1
    }
}
