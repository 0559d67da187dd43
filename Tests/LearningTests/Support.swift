import Foundation
import KernelTable
import Learning
import TensorKernels

/// Levels the processor does not have are left out; `TensorKernelsTests` says which.
let tables: [KernelTable] = Kernels.available.compactMap(Kernels.table)

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func golden(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: root.appending(path: "Tests/Golden/learning/\(name)")))
}

func golden<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(try golden(name)))
}

func data(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: root.appending(path: "benchmarks/data/\(name)")))
}

func digits() throws -> Dataset {
    var options = CSVOptions()
    options.scale = .constant(16)
    return try CSV.parse(try data("digits.csv"), options: options).dataset()
}

let digitsModel = ModelSpec(kind: .mlp, layers: [64, 128, 10])

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Rows with a rule in them: the class is where the largest of the first `outputs` features stands.
func syntheticRows(_ rows: Int, inputs: Int, outputs: Int, seed: UInt64) -> Dataset {
    var generator = SeededGenerator(seed: seed)
    let features = (0..<(rows * inputs)).map { _ in Float(generator.normal()) }
    let labels = (0..<rows).map { row in
        Int32((0..<outputs).max { features[row * inputs + $0] < features[row * inputs + $1] } ?? 0)
    }
    return Dataset(features: features, labels: labels, inputs: inputs, outputs: outputs)
}

func largestDifference(_ a: [Float], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
}
