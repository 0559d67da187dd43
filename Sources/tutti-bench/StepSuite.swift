import Foundation
import KernelTable
import Learning
import TensorKernels

/// `tutti-bench run step`: a step of training beside PyTorch's, and a product beside OpenBLAS's, one thread each, in turn.
enum StepSuite {
    private static let batch = 32
    private static let stepsOfEpoch = 20
    private static let repetitions = 25

    /// A model, what it is measured beside, and how many times as fast it has to be.
    private struct Case {
        var name: String
        var spec: ModelSpec
        /// Cases of the peer; the fastest counts.
        var peers: [String]
        var goal: Double
    }

    private static let cases = [
        Case(name: "mlp.784-256-128-10", spec: ModelSpec(kind: .mlp, layers: [784, 256, 128, 10]), peers: ["mlp"], goal: 4),
        Case(
            name: "cnn.28x28.5x5.16-32",
            spec: ModelSpec(
                image: ImageShape(height: 28, width: 28),
                convolutions: [ConvolutionSpec(channels: 16, kernel: 5, pool: 2), ConvolutionSpec(channels: 32, kernel: 5, pool: 2)],
                layers: [10]), peers: ["cnn", "cnn.channels_last"], goal: 2.5),
    ]

    static func run(_ progress: (String) -> Void) -> [BenchRow] {
        let peer = StepPeer()
        progress("step: \(peer?.description ?? "python3 with torch and numpy is not there; the figures stand alone")")
        return training(peer) + products(peer?.openBLAS)
    }

    // MARK: Training

    private static func training(_ peer: StepPeer?) -> [BenchRow] {
        let trainers = cases.map { Trainer($0.spec) }
        var own = cases.map { _ in [Double]() }
        var others: [String: [Double]] = [:]
        for _ in 0..<repetitions {
            for i in cases.indices { own[i].append(trainers[i].secondsOfStep()) }
            for name in peer?.cases ?? [] { if let seconds = peer?.seconds(name) { others[name, default: []].append(seconds) } }
        }
        var rows = cases.indices.map { i in
            let (item, time) = (cases[i], Sample(own[i]))
            let fastest = item.peers.compactMap { others[$0].map { Sample($0).median } }.min()
            return BenchRow(
                name: "step.\(item.name).batch\(batch).microseconds", value: time.median * 1e6, unit: "us", spread: time.spread,
                beside: fastest == nil ? nil : "PyTorch, fused SGD, one thread, same run", ratio: fastest.map { $0 / time.median },
                goal: item.goal)
        }
        for name in peer?.cases ?? [] {
            guard let times = others[name] else { continue }
            let time = Sample(times)
            rows.append(
                BenchRow(name: "step.torch.\(name).microseconds", value: time.median * 1e6, unit: "us", spread: time.spread))
        }
        return rows
    }

    /// An epoch of steps at a time, the copying of the rows into a batch included, which the peer is spared.
    private final class Trainer {
        private let dataset: Dataset
        private var parameters: [Float]
        private var trainer: LocalTrainer

        init(_ spec: ModelSpec) {
            let rows = StepSuite.batch * StepSuite.stepsOfEpoch
            let field = Field(rows * spec.inputs)
            dataset = Dataset(
                features: Array(UnsafeBufferPointer(start: field.base, count: field.count)),
                labels: (0..<rows).map { Int32($0 % spec.outputs) }, inputs: spec.inputs, outputs: spec.outputs)
            parameters = spec.initialParameters(seed: 1)
            trainer = LocalTrainer(spec: spec)
        }

        func secondsOfStep() -> Double {
            let epochs = 2
            let options = TrainingOptions(
                epochs: epochs, batchSize: StepSuite.batch, learningRate: 0.001, momentum: 0.9, seed: 1)
            let elapsed = ContinuousClock().measure { _ = trainer.train(parameters: &parameters, dataset: dataset, options: options) }
            return elapsed.inSeconds / Double(epochs * StepSuite.stepsOfEpoch)
        }
    }

    // MARK: Products

    /// m, n, k, whether B lies transposed, and the ratio to reach.
    private static let shapes: [(m: Int, n: Int, k: Int, transposed: Bool, goal: Double?)] = [
        (32, 10, 64, false, 1), (32, 10, 128, true, nil), (32, 256, 784, true, nil), (32, 128, 256, true, nil),
        (64, 64, 64, false, nil), (512, 512, 512, false, nil),
    ]

    private static func products(_ blas: OpenBLAS?) -> [BenchRow] {
        let table = Kernels.active
        var timer = Interleaved()
        for (m, n, k, transposed, _) in shapes {
            let (a, b, c, scratch) = (Field(m * k), Field(k * n), Field(m * n), Field(table.sgemmScratchCount(m, n, k)))
            let name = label(m, n, k, transposed)
            timer.add(name) {
                table.sgemm(
                    m, n, k, a.base, k, 1, b.base, transposed ? 1 : n, transposed ? k : 1, c.base, n, false, scratch.base)
            }
            if let blas { timer.add(name + ".openblas") { blas.product(m, n, k, a.base, b.base, transposed, c.base) } }
        }
        let times = timer.seconds(repetitions: repetitions, atLeast: 0.01)
        var rows: [BenchRow] = []
        for (m, n, k, transposed, goal) in shapes {
            let (name, work) = (label(m, n, k, transposed), 2e-9 * Double(m * n * k))
            guard let own = times[name] else { continue }
            let other = times[name + ".openblas"]
            rows.append(
                BenchRow(
                    name: "step.sgemm.gflops.\(name)", value: work / own.median, unit: "GFLOP/s", spread: own.spread,
                    beside: other == nil ? nil : "OpenBLAS, kernels for \(blas?.core ?? "?"), called directly, same run",
                    ratio: other.map { $0.median / own.median }, goal: goal))
            if let other {
                rows.append(
                    BenchRow(name: "step.openblas.gflops.\(name)", value: work / other.median, unit: "GFLOP/s", spread: other.spread))
            }
        }
        return rows
    }

    private static func label(_ m: Int, _ n: Int, _ k: Int, _ transposed: Bool) -> String {
        "\(m)x\(n)x\(k)\(transposed ? ".bt" : "")"
    }
}

/// Seconds of several repetitions.
struct Sample {
    var median: Double
    /// (maximum − minimum) / median.
    var spread: Double

    init(_ values: [Double]) {
        let sorted = values.sorted()
        median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        spread = median > 0 ? ((sorted.last ?? 0) - (sorted.first ?? 0)) / median : 0
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
