internal import Inference

/// `ValueInfoProto`: a name and its type.
struct ValueMessage {
    enum Extent: Sendable, Equatable {
        case number(Int)
        /// Extents of one name are equal in one run.
        case named(String)
        case unknown
    }
    struct TensorType: Sendable, Equatable {
        /// As the file says it; 0: nothing.
        var code: Int64 = 0
        /// nil: not even how many there are.
        var extents: [Extent]?
    }
    enum Kind: Sendable, Equatable {
        case none
        case tensor(TensorType)
        /// What `ZipMap` makes: a sequence of maps from labels to numbers.
        case maps
        case other
    }

    var name = ""
    var kind = Kind.none

    init(_ reader: ProtobufReader) throws(ONNXError) {
        var reader = reader
        let start = reader.at
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: kind = try Self.type(try reader.message(field, "a type"), depth: 1)
            default: try reader.skip(field)
            }
        }
        guard !name.isEmpty else { throw reader.malformed("has no name", at: start) }
    }

    private static func type(_ reader: ProtobufReader, depth: Int) throws(ONNXError) -> Kind {
        guard depth <= Limits.typeDepth else { throw .tooLarge(what: "types within each other", limit: Limits.typeDepth) }
        var reader = reader
        var kind = Kind.none
        while let field = try reader.next() {
            switch field.number {
            case 1: kind = .tensor(try tensorType(try reader.message(field, "a tensor's type")))
            case 4:
                var inner = try reader.message(field, "a sequence's type")
                kind = .other
                while let field = try inner.next() {
                    guard field.number == 1 else {
                        try inner.skip(field)
                        continue
                    }
                    if try type(try inner.message(field, "a type"), depth: depth + 1) == .maps { kind = .maps }
                }
            case 5:
                try reader.skip(field)
                kind = .maps
            case 8, 9:
                try reader.skip(field)
                kind = .other
            default: try reader.skip(field)
            }
        }
        return kind
    }

    private static func tensorType(_ reader: ProtobufReader) throws(ONNXError) -> TensorType {
        var (reader, type) = (reader, TensorType())
        while let field = try reader.next() {
            switch field.number {
            case 1: type.code = try reader.int64(field)
            case 2:
                var inner = try reader.message(field, "a shape")
                var extents: [Extent] = []
                while let field = try inner.next() {
                    guard field.number == 1 else {
                        try inner.skip(field)
                        continue
                    }
                    extents.append(try extent(try inner.message(field, "an extent")))
                    if extents.count > Limits.dimensions { throw .tooLarge(what: "dimensions of a value", limit: Limits.dimensions) }
                }
                type.extents = extents
            default: try reader.skip(field)
            }
        }
        return type
    }

    private static func extent(_ reader: ProtobufReader) throws(ONNXError) -> Extent {
        var (reader, extent) = (reader, Extent.unknown)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                let number = try reader.int64(field)
                guard number >= 0 else { throw reader.malformed("is below 0", at: field.at) }
                extent = .number(Int(number))
            case 2:
                let name = try reader.text(field)
                extent = name.isEmpty ? .unknown : .named(name)
            default: try reader.skip(field)
            }
        }
        return extent
    }
}
