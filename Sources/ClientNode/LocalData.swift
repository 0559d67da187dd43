import Foundation
package import Learning

/// Where a node's rows come from: a CSV file, how to read it, and optionally which share of it is this node's.
package struct LocalDataOptions: Sendable {
    package var path: String
    package var csv: CSVOptions
    /// `K/N:dirichlet=0.5:holdout=0.2:seed=42`; K may be `holdout`.
    package var partition: String?

    package init(path: String, csv: CSVOptions, partition: String?) {
        self.path = path
        self.csv = csv
        self.partition = partition
    }
}

package struct LocalData: Sendable {
    package var dataset: Dataset
    package var schema: DataSchema

    /// Reads, checks and scales the rows, and keeps this node's share of them.
    package static func load(_ options: LocalDataOptions) throws(ClientNodeError) -> LocalData {
        let bytes = try read(options.path)
        do {
            let table = try CSV.parse(bytes, options: options.csv)
            var data = LocalData(dataset: try table.dataset(), schema: table.schema)
            if let text = options.partition {
                let share = try PartitionShare(parsing: text)
                data.dataset = try share.select(from: data.dataset)
            }
            return data
        } catch {
            throw ClientNodeError(.configuration, "\(options.path): \(error)", remedy: "")
        }
    }

    package static func read(_ path: String) throws(ClientNodeError) -> [UInt8] {
        var info = stat()
        guard stat(path, &info) == 0 else {
            throw ClientNodeError(
                .configuration, "\(path) cannot be read: \(String(cString: strerror(errno))).",
                remedy: "Check the path and the permissions.")
        }
        guard info.st_mode & S_IFMT == S_IFREG, info.st_size <= Limits.datasetBytes else {
            throw ClientNodeError(
                .configuration, "\(path) is not a regular file of at most \(Limits.datasetBytes >> 30) GiB.",
                remedy: "Give a CSV file.")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ClientNodeError(
                .configuration, "\(path) cannot be read.", remedy: "Check that this user may read it.")
        }
        return [UInt8](data)
    }
}
