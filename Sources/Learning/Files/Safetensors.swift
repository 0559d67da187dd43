internal import StrictJSON

/// The safetensors container: an 8-byte little-endian header length, a JSON header, and the tensors' bytes. It carries
/// numbers and nothing that could run.
package enum Safetensors {
    package enum DataType: String, Sendable, CaseIterable {
        case f64 = "F64", f32 = "F32", f16 = "F16", bf16 = "BF16"
        case i64 = "I64", i32 = "I32", i16 = "I16", i8 = "I8", u8 = "U8", bool = "BOOL"

        package var bytes: Int {
            switch self {
            case .f64, .i64: 8
            case .f32, .i32: 4
            case .f16, .bf16, .i16: 2
            case .i8, .u8, .bool: 1
            }
        }
    }

    package struct Tensor: Sendable, Equatable {
        package var name: String
        package var type: DataType
        package var shape: [Int]
        /// Where the tensor's bytes lie in the file.
        package var range: Range<Int>
    }

    package struct File: Sendable, Equatable {
        /// Sorted by name.
        package var metadata: [(name: String, value: String)]
        /// In the order of their bytes.
        package var tensors: [Tensor]

        package static func == (a: File, b: File) -> Bool {
            a.tensors == b.tensors && a.metadata.elementsEqual(b.metadata, by: ==)
        }
    }

    /// Reads the header and checks that the tensors cover the rest of the file exactly once.
    package static func decode(_ bytes: [UInt8]) throws(SafetensorsError) -> File {
        guard bytes.count >= 8 else { throw .truncated(bytes: bytes.count) }
        var length: UInt64 = 0
        for i in 0..<8 { length |= UInt64(bytes[i]) << (8 * i) }
        guard length <= UInt64(Limits.headerBytes) else { throw .headerTooLong(length) }
        let dataStart = 8 + Int(length)
        guard dataStart <= bytes.count else { throw .truncated(bytes: bytes.count) }
        // The format says so, and a reader that skips spaces here would take files that others refuse.
        guard bytes[8..<dataStart].first == UInt8(ascii: "{") else { throw .header("it does not begin with {") }
        var file: File
        if let plain = PlainHeader.read(bytes, dataStart: dataStart) {
            file = plain
        } else {
            file = try anyHeader(Array(bytes[8..<dataStart]), dataStart: dataStart, dataBytes: bytes.count - dataStart)
        }
        file.tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        var next = dataStart
        for tensor in file.tensors {
            guard tensor.range.lowerBound == next else { throw .notContiguous(tensor.name) }
            next = tensor.range.upperBound
        }
        guard next == bytes.count else { throw .notContiguous("the end of the file") }
        return file
    }

    /// A header in any form that JSON allows.
    private static func anyHeader(_ text: [UInt8], dataStart: Int, dataBytes: Int) throws(SafetensorsError) -> File {
        let header: JSON
        do { header = try JSON(parsing: text, maximumDepth: 4) } catch { throw .header("\(error)") }
        guard let members = header.members else { throw .header("it is \(header.kind), not an object") }
        guard members.count <= Limits.tensors + 1 else { throw .header("more than \(Limits.tensors) tensors") }
        var file = File(metadata: [], tensors: [])
        for member in members {
            if member.name == "__metadata__" {
                file.metadata = try metadata(member.value)
            } else {
                file.tensors.append(try tensor(member, dataStart: dataStart, dataBytes: dataBytes))
            }
        }
        return file
    }

    private static func metadata(_ value: JSON) throws(SafetensorsError) -> [(name: String, value: String)] {
        guard let members = value.members, members.count <= Limits.metadataEntries else {
            throw .header("__metadata__ must be an object of at most \(Limits.metadataEntries) strings")
        }
        var entries: [(name: String, value: String)] = []
        for member in members {
            guard let text = member.value.text else { throw .header("__metadata__.\(member.name.clipped(80)) is \(member.value.kind)") }
            entries.append((member.name, text))
        }
        return entries.sorted { $0.name < $1.name }
    }

    private static func tensor(_ member: JSON.Member, dataStart: Int, dataBytes: Int) throws(SafetensorsError) -> Tensor {
        let name = member.name
        guard let type = member.value["dtype"]?.text.flatMap(DataType.init) else {
            throw .tensor(name, "its dtype is missing or unknown")
        }
        guard let shape = member.value["shape"]?.elements, shape.count <= Limits.dimensions else {
            throw .tensor(name, "its shape is missing or has more than \(Limits.dimensions) dimensions")
        }
        var dimensions: [Int] = []
        var size = type.bytes
        for dimension in shape {
            guard let d = dimension.whole, d >= 0, d <= Int64(Int.max) else { throw .tensor(name, "its shape is not whole numbers") }
            let (product, overflow) = size.multipliedReportingOverflow(by: Int(d))
            guard !overflow else { throw .tensor(name, "its shape is too large") }
            size = product
            dimensions.append(Int(d))
        }
        guard let offsets = member.value["data_offsets"]?.elements, offsets.count == 2, let from = offsets[0].whole,
            let to = offsets[1].whole, from >= 0, from <= to, to <= Int64(dataBytes)
        else { throw .tensor(name, "its data_offsets are missing or outside the file") }
        guard Int(to - from) == size else {
            throw .tensor(name, "its shape needs \(size) bytes, its data_offsets give \(to - from)")
        }
        return Tensor(
            name: name, type: type, shape: dimensions, range: (dataStart + Int(from))..<(dataStart + Int(to)))
    }

    /// The Float32 values of one tensor.
    package static func floats(_ tensor: Tensor, in bytes: [UInt8]) throws(SafetensorsError) -> [Float] {
        var values: [Float] = []
        try append(tensor, in: bytes, to: &values)
        return values
    }

    /// The same, behind other values.
    static func append(_ tensor: Tensor, in bytes: [UInt8], to values: inout [Float]) throws(SafetensorsError) {
        guard tensor.type == .f32 else { throw .tensor(tensor.name, "it is \(tensor.type.rawValue); F32 is needed") }
        let (begin, count) = (values.count, tensor.range.count / 4)
        values.append(contentsOf: repeatElement(0, count: count))
        bytes.withUnsafeBytes { bytes in
            values.withUnsafeMutableBytes { $0[(4 * begin)..<(4 * (begin + count))].copyBytes(from: bytes[tensor.range]) }
        }
        #if _endian(big)
            for i in begin..<(begin + count) { values[i] = Float(bitPattern: UInt32(littleEndian: values[i].bitPattern)) }
        #endif
    }

    /// Writes Float32 tensors, byte for byte as the Python package does: names sorted, header padded with spaces to a
    /// multiple of 8. (That package sorts by the width of the type first; here there is one type. It writes more than
    /// one metadata entry in no certain order; here they are sorted.)
    package static func encode(
        _ tensors: [(shape: TensorShape, values: ArraySlice<Float>)], metadata: [(name: String, value: String)]
    ) -> [UInt8] {
        let places = tensors.indices.sorted { tensors[$0].shape.name.utf8.lexicographicallyPrecedes(tensors[$1].shape.name.utf8) }
        // Written as it goes: a header made of JSON values first took longer than a small model's training.
        var header: [UInt8] = [UInt8(ascii: "{")]
        header.reserveCapacity(128 * (tensors.count + 3))
        if !metadata.isEmpty {
            header += #""__metadata__":{"#.utf8
            let entries = metadata.indices.sorted { metadata[$0].name < metadata[$1].name }
            for (index, entry) in entries.enumerated() {
                if index > 0 { header.append(UInt8(ascii: ",")) }
                JSON.append(metadata[entry].name, to: &header)
                header.append(UInt8(ascii: ":"))
                JSON.append(metadata[entry].value, to: &header)
            }
            header.append(UInt8(ascii: "}"))
        }
        var offset = 0
        for place in places {
            let shape = tensors[place].shape
            precondition(shape.count == tensors[place].values.count)
            let end = offset + tensors[place].values.count * 4
            if header.count > 1 { header.append(UInt8(ascii: ",")) }
            JSON.append(shape.name, to: &header)
            header += #":{"dtype":"F32","shape":["#.utf8
            for (index, dimension) in shape.dimensions.enumerated() {
                if index > 0 { header.append(UInt8(ascii: ",")) }
                append(dimension, to: &header)
            }
            header += #"],"data_offsets":["#.utf8
            append(offset, to: &header)
            header.append(UInt8(ascii: ","))
            append(end, to: &header)
            header += "]}".utf8
            offset = end
        }
        header.append(UInt8(ascii: "}"))
        while header.count % 8 != 0 { header.append(0x20) }
        var out: [UInt8] = []
        out.reserveCapacity(8 + header.count + offset)
        for i in 0..<8 { out.append(UInt8(truncatingIfNeeded: header.count >> (8 * i))) }
        out += header
        for place in places {
            let values = tensors[place].values
            #if _endian(little)
                values.withUnsafeBytes { out += $0 }
            #else
                for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { out += $0 } }
            #endif
        }
        return out
    }

    /// In decimal; none of these numbers is negative.
    private static func append(_ number: Int, to header: inout [UInt8]) {
        if number >= 10 { append(number / 10, to: &header) }
        header.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}

package enum SafetensorsError: Error, Sendable, Equatable, CustomStringConvertible {
    case truncated(bytes: Int)
    case headerTooLong(UInt64)
    case header(String)
    case tensor(String, String)
    case notContiguous(String)
    case model(String)

    package var description: String {
        switch self {
        case .truncated(let bytes): "the safetensors file ends too early, after \(bytes) bytes; send it again whole"
        case .headerTooLong(let length):
            "the safetensors header claims \(length) bytes, at most \(Limits.headerBytes) are taken; send a safetensors file"
        case .header(let problem):
            "the safetensors header cannot be used: \(problem); write the file with the safetensors package"
        case .tensor(let name, let problem): "tensor '\(name.clipped(80))' cannot be used: \(problem)"
        case .notContiguous(let place):
            "the tensors do not cover the data exactly once (at \(place.clipped(80))); write the file with the safetensors package"
        case .model(let problem): "the file is no model of ours: \(problem); fetch the model again"
        }
    }
}
