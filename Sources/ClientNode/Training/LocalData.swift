import Foundation
package import Learning

/// Where a node's rows come from: a file (or for text a folder), how to read it, and optionally which share of it is this node's.
package struct LocalDataOptions: Sendable, Equatable {
    package var path: String
    /// A file with the class of each row, for formats that hold one array a file.
    package var labels: String?
    package var csv: CSVOptions
    /// `K/N:dirichlet=0.5:holdout=0.2:seed=42`; K may be `holdout`.
    package var partition: String?

    /// Of a model or session that is there already; nil: the file's own.
    package var schema: DataSchema?

    package init(path: String, labels: String? = nil, csv: CSVOptions, partition: String?, schema: DataSchema? = nil) {
        self.schema = schema
        self.path = path
        self.labels = labels
        self.csv = csv
        self.partition = partition
    }

    /// The model says so, or else the path.
    package var isText: Bool { schema.map { $0.task == .language } ?? LocalText.isText(path) }
}

package struct LocalData: Sendable {
    package var dataset: Dataset
    package var schema: DataSchema

    package init(dataset: Dataset, schema: DataSchema) {
        self.dataset = dataset
        self.schema = schema
    }

    /// Reads, checks and scales the rows, and keeps this node's share of them.
    package static func load(_ options: LocalDataOptions) throws(ClientNodeError) -> LocalData {
        if options.isText { return try loadText(options) }
        let bytes = try read(options.path)
        let labels: [UInt8]?
        if let path = options.labels { labels = try read(path) } else { labels = nil }
        do {
            let table = try DataFile.parse(bytes, labels: labels, options: options.csv)
            let schema = options.schema ?? table.schema
            var data = LocalData(dataset: try table.dataset(for: schema), schema: schema)
            if let text = options.partition {
                let share = try PartitionShare(parsing: text)
                data.dataset = try share.select(from: data.dataset)
            }
            return data
        } catch {
            throw ClientNodeError(.configuration, "\(options.path): \(error)", remedy: "Nothing was sent.")
        }
    }

    private static func loadText(_ options: LocalDataOptions) throws(ClientNodeError) -> LocalData {
        guard options.labels == nil else {
            throw ClientNodeError(.usage, "\(options.path) is text, and text has no labels.", remedy: "Leave out --labels.")
        }
        var data = LocalData(dataset: try LocalText.load(options.path), schema: .text)
        do {
            if let text = options.partition { data.dataset = try PartitionShare(parsing: text).select(from: data.dataset) }
        } catch { throw ClientNodeError(.configuration, "\(options.path): \(error)", remedy: "Nothing was sent.") }
        return data
    }

    package static func read(_ path: String) throws(ClientNodeError) -> [UInt8] {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: (path as NSString).resolvingSymlinksInPath) else {
            throw ClientNodeError(
                .configuration, "\(path) cannot be read: there is no such file, or it is not yours.",
                remedy: "Check the path and the permissions.")
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? Int, size <= Limits.datasetBytes else {
            throw ClientNodeError(
                .configuration, "\(path) is not a regular file of at most \(Limits.datasetBytes >> 30) GiB.",
                remedy: "Give a CSV, NumPy or IDX file; for text a .txt file or a folder of them.")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ClientNodeError(
                .configuration, "\(path) cannot be read.", remedy: "Check that this user may read it.")
        }
        return [UInt8](data)
    }
}
