import Foundation
import Inference
import KernelTable
import TensorKernels
import Testing

import ONNX

/// The files of `Tests/Golden/onnx`, made by the script there.
enum Golden {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden/onnx")

    static func names(_ ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }.sorted()
    }

    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appendingPathComponent(name))) }

    struct Case {
        var name: String
        var model: [UInt8]
        var expected: Expected
    }

    /// Inputs and outputs, which are the initializers of a model.
    struct Expected {
        var inputs: [NamedTensor] = []
        var outputs: [NamedTensor] = []

        init(_ bytes: [UInt8]) throws {
            for initializer in try ONNXModel.initializers(in: bytes) {
                if initializer.name.hasPrefix("in:") { inputs.append(NamedTensor(String(initializer.name.dropFirst(3)), initializer.tensor)) }
                if initializer.name.hasPrefix("out:") { outputs.append(NamedTensor(String(initializer.name.dropFirst(4)), initializer.tensor)) }
            }
        }
    }

    static func exports() throws -> [Case] {
        try names(".onnx").map { Case(name: $0, model: try bytes("\($0).onnx"), expected: try Expected(try bytes("\($0).expected"))) }
    }

    static func operators() throws -> [Case] {
        try names(".bundle").flatMap { name in
            var rest = try bytes("\(name).bundle")[...]
            var cases: [Case] = []
            func part() throws -> [UInt8] {
                let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
                defer { rest = rest.dropFirst(4 + length) }
                return Array(rest.dropFirst(4).prefix(length))
            }
            while !rest.isEmpty {
                let model = try part()
                cases.append(Case(name: graphName(model), model: model, expected: try Expected(try part())))
            }
            return cases
        }
    }

    /// Field 2 of the graph (field 7 of the model), which computing does not need. The files are our own.
    private static func graphName(_ bytes: [UInt8]) -> String {
        guard let graph = field(7, of: bytes[...]), let name = field(2, of: graph) else { return "" }
        return String(decoding: name, as: UTF8.self)
    }

    /// The contents of the first field of this number that has a length.
    private static func field(_ number: Int, of message: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var rest = message
        func varint() -> Int? {
            var (value, shift) = (0, 0)
            while let byte = rest.popFirst(), shift < 63 {
                value |= Int(byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }
        while let tag = varint() {
            switch tag & 7 {
            case 0: _ = varint()
            case 2:
                guard let length = varint(), length <= rest.count else { return nil }
                if tag >> 3 == number { return rest.prefix(length) }
                rest = rest.dropFirst(length)
            default: return nil
            }
        }
        return nil
    }
}

/// How far two tensors are from each other, relative to the largest number of the second; nil: not the same kind of thing.
func distance(_ a: Tensor, _ b: Tensor) -> Double? {
    guard a.shape == b.shape, a.element == b.element else { return nil }
    func between(_ a: [Double], _ b: [Double]) -> Double {
        let scale = max(b.filter(\.isFinite).map(abs).max() ?? 0, 1e-3)
        return zip(a, b).reduce(0) { worst, pair in
            if pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) { return worst }
            let difference = abs(pair.0 - pair.1) / scale
            return difference.isNaN ? .infinity : max(worst, difference)
        }
    }
    switch (a.values, b.values) {
    case (.float(let a), .float(let b)): return between(a.map(Double.init), b.map(Double.init))
    case (.double(let a), .double(let b)): return between(a, b)
    default: return a == b ? 0 : nil
    }
}

/// What protobuf writes, for files that no exporter makes.
enum Proto {
    static func varint(_ value: UInt64) -> [UInt8] {
        var (rest, bytes) = (value, [UInt8]())
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
    static func int(_ field: Int, _ value: Int64) -> [UInt8] { varint(UInt64(field) << 3) + varint(UInt64(bitPattern: value)) }
    static func bytes(_ field: Int, _ value: [UInt8]) -> [UInt8] { varint(UInt64(field) << 3 | 2) + varint(UInt64(value.count)) + value }
    static func text(_ field: Int, _ value: String) -> [UInt8] { bytes(field, Array(value.utf8)) }

    static func tensor(_ name: String, _ dims: [Int64], floats: [Float]) -> [UInt8] {
        dims.flatMap { int(1, $0) } + int(2, 1) + text(8, name) + bytes(9, floats.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } })
    }
    static func tensor(_ name: String, _ dims: [Int64], ints: [Int64]) -> [UInt8] {
        dims.flatMap { int(1, $0) } + int(2, 7) + text(8, name) + bytes(7, ints.flatMap { varint(UInt64(bitPattern: $0)) })
    }
    static func node(_ type: String, _ inputs: [String], _ outputs: [String], domain: String = "", attributes: [[UInt8]] = []) -> [UInt8] {
        inputs.flatMap { text(1, $0) } + outputs.flatMap { text(2, $0) } + text(4, type) + (domain.isEmpty ? [] : text(7, domain))
            + attributes.flatMap { bytes(5, $0) }
    }
    static func attribute(_ name: String, int value: Int64) -> [UInt8] { text(1, name) + int(3, value) + int(20, 2) }
    static func attribute(_ name: String, ints values: [Int64]) -> [UInt8] { text(1, name) + values.flatMap { int(8, $0) } + int(20, 7) }

    /// nil in a shape: an extent that is open.
    static func value(_ name: String, type: Int64 = 1, _ shape: [Int64?]) -> [UInt8] {
        let dims = shape.flatMap { bytes(1, $0.map { int(1, $0) } ?? []) }
        return text(1, name) + bytes(2, bytes(1, int(1, type) + bytes(2, dims)))
    }
    static func graph(nodes: [[UInt8]], inputs: [[UInt8]], outputs: [[UInt8]], initializers: [[UInt8]] = []) -> [UInt8] {
        nodes.flatMap { bytes(1, $0) } + initializers.flatMap { bytes(5, $0) } + inputs.flatMap { bytes(11, $0) } + outputs.flatMap { bytes(12, $0) }
    }
    static func model(_ graph: [UInt8], opset: Int64 = 17, classical: Int64? = nil) -> [UInt8] {
        int(1, 8) + bytes(7, graph) + bytes(8, int(2, opset)) + (classical.map { bytes(8, text(1, "ai.onnx.ml") + int(2, $0)) } ?? [])
    }
    /// x[n, 2] through the given nodes to y[n, 2].
    static func model(nodes: [[UInt8]], initializers: [[UInt8]] = [], opset: Int64 = 17) -> [UInt8] {
        model(graph(nodes: nodes, inputs: [value("x", [nil, 2])], outputs: [value("y", [nil, 2])], initializers: initializers), opset: opset)
    }
}

func floats(_ shape: [Int], _ values: [Float]) throws -> Tensor { try #require(Tensor(shape: shape, .float(values))) }

extension NamedTensor {
    static func x(_ shape: [Int], _ values: [Float]) throws -> NamedTensor { NamedTensor("x", try floats(shape, values)) }
}
