package import CryptoSuite
package import Learning
package import SecureAggregation

/// What simulated clients train on. Others may run the same federation and compare the model.
package enum SimulatedData {
    package static let schema = DataSchema(inputs: 3, outputs: 2, scale: .none)

    package static func name(of index: Int) -> String { "client-\(index / 10)\(index % 10)" }

    /// What a client's rounding is drawn from in secure aggregation.
    package static func rounding(of index: Int) -> Secret { Secret([UInt8](repeating: UInt8(1 + index & 127), count: 32)) }

    /// Seed of a client's key, and what every client was given of the others.
    package static func identity(of index: Int) -> Secret { Secret([UInt8](repeating: UInt8(1 + index & 127), count: 31) + [UInt8(index >> 7 & 255)]) }

    package static func pins(clients: Int) -> PinnedKeys? {
        let keys = (0..<clients).map { (name(of: $0), CryptoSuite.simulated.keys.signingKey(identity(of: $0).bytes)) }
        return try? PinnedKeys(Dictionary(uniqueKeysWithValues: keys))
    }

    /// A few rows of two classes, different for every client.
    package static func rows(of index: Int, seed: UInt64) -> Dataset {
        var draw = SeededGenerator(seed: derivedSeed(seed, "rows", "\(index)"))
        var (features, labels): ([Float], [Int32]) = ([], [])
        for row in 0..<(5 + index % 4) {
            let label = (row + index) % 2
            labels.append(Int32(label))
            for column in 0..<3 { features.append(Float(draw.normal()) + (column == label ? 2 : 0)) }
        }
        return Dataset(features: features, labels: labels, inputs: 3, outputs: 2)
    }
}
