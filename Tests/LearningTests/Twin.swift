import Foundation
import Learning

/// The network in plain loops over Float64: what the kernels are checked against.
struct Twin {
    let layers: [Int]

    /// Logits of one row, with the outputs of every layer.
    private func forward(_ p: [Double], _ x: ArraySlice<Float>) -> [[Double]] {
        var outputs = [x.map(Double.init)]
        var offset = 0
        for (layer, (a, b)) in zip(layers, layers.dropFirst()).enumerated() {
            var y = [Double](repeating: 0, count: b)
            for j in 0..<b {
                var sum = p[offset + a * b + j]
                for i in 0..<a { sum += p[offset + j * a + i] * outputs[layer][i] }
                y[j] = layer == layers.count - 2 ? sum : max(0, sum)
            }
            outputs.append(y)
            offset += (a + 1) * b
        }
        return outputs
    }

    private func logSumExp(_ z: [Double]) -> Double {
        let top = z.max() ?? 0
        return top + log(z.reduce(0) { $0 + exp($1 - top) })
    }

    func logits(_ p: [Double], _ data: Dataset, row: Int) -> [Double] {
        forward(p, data.features[(row * data.inputs)..<((row + 1) * data.inputs)]).last ?? []
    }

    /// Mean cross-entropy in nats.
    func loss(_ p: [Double], _ data: Dataset) -> Double {
        var sum = 0.0
        for row in 0..<data.rows {
            let z = logits(p, data, row: row)
            sum += logSumExp(z) - z[Int(data.labels[row])]
        }
        return sum / Double(data.rows)
    }

    func accuracy(_ p: [Double], _ data: Dataset) -> Double {
        let correct = (0..<data.rows).count { row in
            let z = logits(p, data, row: row)
            return z.firstIndex(of: z.max() ?? 0) == Int(data.labels[row])
        }
        return Double(correct) / Double(data.rows)
    }

    /// Central differences: the gradient without any derivation.
    func finiteDifferences(_ p: [Double], _ data: Dataset, step: Double = 1e-5) -> [Double] {
        p.indices.map { i in
            var (up, down) = (p, p)
            up[i] += step
            down[i] -= step
            return (loss(up, data) - loss(down, data)) / (2 * step)
        }
    }
}
