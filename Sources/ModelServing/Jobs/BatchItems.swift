internal import Learning
package import StrictJSON

/// One thing of a batch.
package struct BatchItem: Sendable, Equatable {
    /// As whoever wrote it calls it; comes back with its answer.
    package var id: JSON?
    package var value: JSON
    /// The file itself, where it is the whole input.
    package var picture: [UInt8]?
}

/// Why nothing can be made of an input, or of one thing in it.
package struct BatchProblem: Error, Sendable, Equatable {
    package var why: String
    package init(why: String) { self.why = why }
}

/// The things of a batch, told by how the file begins: a JSON list; lines of JSON; for models with numbers a table (CSV, `.npy`, `.npz`, IDX);
/// for texts plain lines; for pictures one PNG. A thing is taken apart when its turn comes.
package struct BatchItems: Sendable {
    package enum Kind: Sendable { case rows, texts, pictures }

    private enum Storage: Sendable {
        case table([Float], inputs: Int)
        case list([JSON])
        case lines([UInt8], [Range<Int>], isJSON: Bool)
        case picture([UInt8])
    }
    private let storage: Storage
    package let count: Int
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47]

    package init(_ bytes: [UInt8], _ kind: Kind) throws(BatchProblem) {
        storage = try Self.read(bytes, kind)
        switch storage {
        case .table(let features, let inputs): count = features.count / inputs
        case .list(let items): count = items.count
        case .lines(_, let lines, _): count = lines.count
        case .picture: count = 1
        }
        guard count > 0 else { throw BatchProblem(why: "it has nothing in it") }
        guard count <= ModelJobLimits.items else { throw BatchProblem(why: "it has \(count) items, at most \(ModelJobLimits.items) are taken") }
    }

    private static func read(_ bytes: [UInt8], _ kind: Kind) throws(BatchProblem) -> Storage {
        if kind == .pictures, bytes.starts(with: png) { return .picture(bytes) }
        let first = bytes.first { !isSpace($0) }
        if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") || first == UInt8(ascii: "\"") { return try json(bytes) }
        switch kind {
        case .rows:
            var options = CSVOptions()
            options.label = .absent
            do throws(DatasetError) {
                let table = try DataFile.parse(bytes, options: options)
                return .table(table.features, inputs: max(1, table.inputs))
            } catch { throw BatchProblem(why: "it cannot be read as a table: \(error)") }
        case .texts: return .lines(bytes, lines(bytes), isJSON: false)
        case .pictures: throw BatchProblem(why: "it is neither a PNG nor a list of pictures in JSON")
        }
    }

    /// Whole first lines of JSON are items of their own; else the file is one list.
    private static func json(_ bytes: [UInt8]) throws(BatchProblem) -> Storage {
        let lines = lines(bytes)
        if lines.count > 1, let first = lines.first, (try? JSON(parsing: Array(bytes[first]))) != nil { return .lines(bytes, lines, isJSON: true) }
        do throws(JSONError) {
            let whole = try JSON(parsing: bytes)
            guard let list = whole.elements else { return .list([whole]) }
            // One row of numbers is one item.
            if list.contains(where: { $0.double == nil }) || list.isEmpty { return .list(list) }
            return .list([whole])
        } catch { throw BatchProblem(why: "it is \(error)") }
    }

    private static func lines(_ bytes: [UInt8]) -> [Range<Int>] {
        var (lines, start): ([Range<Int>], Int) = ([], 0)
        func add(_ end: Int) {
            let last = end > start && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
            if !bytes[start..<last].allSatisfy(isSpace) { lines.append(start..<last) }
        }
        for (at, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            add(at)
            start = at + 1
        }
        add(bytes.count)
        return lines
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// - Parameter index: 0..<count.
    package func item(_ index: Int) throws(BatchProblem) -> BatchItem {
        switch storage {
        case .table(let features, let inputs):
            return BatchItem(value: .array(features[(index * inputs)..<((index + 1) * inputs)].map { JSON(Double($0)) }))
        case .list(let items): return Self.named(items[index])
        case .lines(let bytes, let lines, let isJSON):
            let line = Array(bytes[lines[index]])
            if !isJSON {
                guard let text = String(validating: line, as: UTF8.self) else { throw BatchProblem(why: "is not UTF-8") }
                return BatchItem(value: .string(text))
            }
            do throws(JSONError) { return Self.named(try JSON(parsing: line)) } catch { throw BatchProblem(why: "is \(error.problem)") }
        case .picture(let bytes): return BatchItem(value: .null, picture: bytes)
        }
    }

    /// `{"id": …, "input": …}`, or the members of the input beside the id.
    private static func named(_ json: JSON) -> BatchItem {
        guard let members = json.members else { return BatchItem(value: json) }
        let own = members.filter { $0.name != "id" }
        return BatchItem(id: json["id"], value: own.count == 1 && own[0].name == "input" ? own[0].value : .object(own))
    }
}
