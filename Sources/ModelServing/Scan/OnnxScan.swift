/// Looks through an ONNX model (onnx.proto3) for weights that lie in other files. Nothing is built of it: every message is a range of
/// the file's bytes.
struct OnnxScan {
    private(set) var problems = Problems()
    /// Weights that lie in other files.
    private(set) var external = 0
    /// Why it cannot be read; nil: it can.
    private(set) var malformed: String?
    private(set) var isModel = false
    private var messages = 0

    private enum Message { case model, graph, node, attribute, tensor, sparseTensor, function, training }

    init(_ bytes: ArraySlice<UInt8>) {
        var graphs = 0
        var (hasVersion, isKnown) = (false, true)
        let isRead = fields(bytes) { number, value in
            switch (number, value) {
            case (1, .number), (5, .number): hasVersion = true
            case (7, .bytes): graphs += 1
            case (8, .bytes), (2, .bytes), (3, .bytes), (4, .bytes), (6, .bytes), (14, .bytes), (20, .bytes), (25, .bytes), (26, .bytes): break
            default: isKnown = false
            }
            return isKnown
        }
        isModel = isRead && graphs == 1 && hasVersion
        guard isModel else { return }
        walk(bytes, .model, depth: 0)
    }

    private enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
        case other
    }

    /// - Returns: whether the message could be read to its end.
    private func fields(_ bytes: ArraySlice<UInt8>, _ visit: (UInt64, Value) -> Bool) -> Bool {
        var cursor = ByteCursor(bytes)
        while cursor.left > 0 {
            guard let key = cursor.varint(), key >> 3 > 0, key >> 3 < 1 << 29 else { return false }
            let value: Value?
            switch key & 7 {
            case 0: value = cursor.varint().map(Value.number)
            case 1: value = cursor.take(8).map { _ in .other }
            case 2: value = cursor.take(cursor.varint()).map(Value.bytes)
            case 5: value = cursor.take(4).map { _ in .other }
            default: value = nil
            }
            guard let value, visit(key >> 3, value) else { return false }
        }
        return true
    }

    private static func child(_ message: Message, _ field: UInt64) -> Message? {
        switch (message, field) {
        case (.model, 7): .graph
        case (.model, 20): .training
        case (.model, 25): .function
        case (.graph, 1), (.function, 7): .node
        case (.graph, 5): .tensor
        case (.graph, 15): .sparseTensor
        case (.node, 5), (.function, 11): .attribute
        case (.attribute, 5), (.attribute, 10): .tensor
        case (.attribute, 6), (.attribute, 11): .graph
        case (.attribute, 22), (.attribute, 23): .sparseTensor
        case (.sparseTensor, 1), (.sparseTensor, 2): .tensor
        case (.training, 1), (.training, 2): .graph
        default: nil
        }
    }

    private mutating func walk(_ bytes: ArraySlice<UInt8>, _ message: Message, depth: Int) {
        guard malformed == nil else { return }
        messages += 1
        guard messages <= ScanLimits.protobufMessages else { return malformed = "it has more than \(ScanLimits.protobufMessages) messages" }
        guard depth < ScanLimits.protobufDepth else { return malformed = "its graphs lie more than \(ScanLimits.protobufDepth) deep in each other" }
        var children: [(Message, ArraySlice<UInt8>)] = []
        var entries: [ArraySlice<UInt8>] = []
        var isExternal = false
        let isRead = fields(bytes) { field, value in
            switch value {
            case .bytes(let content):
                if let child = Self.child(message, field) { children.append((child, content)) }
                if message == .tensor, field == 13, entries.count <= ScanLimits.told { entries.append(content) }
            case .number(let number): if message == .tensor, field == 14, number == 1 { isExternal = true }
            case .other: break
            }
            return true
        }
        guard isRead else { return malformed = "a message of it cannot be read" }
        if isExternal || !entries.isEmpty { outside(entries) }
        for (child, content) in children { walk(content, child, depth: depth + 1) }
    }

    private mutating func outside(_ entries: [ArraySlice<UInt8>]) {
        external += 1
        for entry in entries {
            var (key, value): (ArraySlice<UInt8>, ArraySlice<UInt8>) = ([], [])
            let isRead = fields(entry) { field, content in
                guard case .bytes(let text) = content else { return true }
                if field == 1 { key = text }
                if field == 2 { value = text }
                return true
            }
            guard isRead else {
                problems.add("where weights lie cannot be read")
                continue
            }
            guard key.elementsEqual("location".utf8) else { continue }
            if let problem = ArchiveNames.problem(value) { problems.add("weights in '\(shown(value))': it \(problem)") }
        }
    }
}
