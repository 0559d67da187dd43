import Foundation
import Learning
import ModelServing
import StrictJSON
import Vision

/// Models in memory.
struct Shelf: ModelSource {
    var rows: [(model: ServableModel, bytes: [UInt8])] = []

    mutating func put(_ id: String, _ bytes: [UInt8], sha256: String, tenant: String = "default", format: ModelFormat = .safetensors, card: JSON = .object([]))
    {
        rows.append(
            (ServableModel(id: id, tenant: tenant, name: id, version: "1", format: format, sha256: sha256, bytes: bytes.count, card: card), bytes))
    }

    func models(tenant: String) async throws(ModelFailure) -> [ServableModel] { rows.map(\.model).filter { $0.tenant == tenant } }
    func model(_ id: String, tenant: String) async throws(ModelFailure) -> ServableModel {
        guard let row = rows.first(where: { $0.model.id == id && $0.model.tenant == tenant }) else { throw .notFound(id) }
        return row.model
    }
    func bytes(of model: ServableModel) async throws(ModelFailure) -> [UInt8] {
        guard let row = rows.first(where: { $0.model == model }) else { throw .notFound(model.id) }
        guard !row.bytes.isEmpty else { throw .damaged(id: model.id) }
        return row.bytes
    }
}

/// The rows of the repository's digits.
enum Digits {
    static let spec = ModelSpec(kind: .mlp, layers: [64, 128, 10])
    static let schema = DataSchema(inputs: 64, outputs: 10, scale: .constant(16))

    /// Counts 0...16 of each row, and its digit.
    static func rows() throws -> (counts: [[UInt8]], labels: [Int32]) {
        let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: top.appending(path: "benchmarks/data/digits.csv"), encoding: .utf8)
        let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: ",").compactMap { UInt8($0) } }
        return (lines.map { Array($0.prefix(64)) }, lines.map { Int32($0[64]) })
    }

    static func dataset(_ counts: [[UInt8]], _ labels: [Int32], _ rows: [Int]) -> Dataset {
        Dataset(features: rows.flatMap { counts[$0].map { Float($0) / 16 } }, labels: rows.map { labels[$0] }, inputs: 64, outputs: 10)
    }

    /// Each number a square of so many pixels: white ink on black, or black on white.
    static func picture(_ counts: [UInt8], scale: Int = 4, darkOnLight: Bool = false) -> [UInt8] {
        let side = 8 * scale
        let luma = (0..<(side * side)).map { (i: Int) -> UInt8 in
            let level = (Int(counts[i / side / scale * 8 + i % side / scale]) * 255 + 8) / 16
            return UInt8(darkOnLight ? 255 - level : level)
        }
        guard let grey = GreyPicture(width: side, height: side, luma: luma) else { fatalError("a square of pixels") }
        return grey.png
    }
}
