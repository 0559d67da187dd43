import CommandKit
import CryptoSuite
import KernelTable
import RobustAggregation
import StrictJSON
import TensorKernels
import Trust

/// `tutti-bench run aggregation`: whole aggregations, checks included, beside the rate at which one core reads memory and
/// beside NumPy, PyTorch, SciPy and ByzFL; masks beside `openssl speed`. One thread.
enum AggregationSuite {
    /// Floats of all updates: 80 MB.
    private static let floats = 20_000_000
    private static let peerGoal = 15.0

    static func run(_ progress: (String) -> Void) throws -> [BenchRow] {
        let table = Kernels.active
        let field = Field(floats)
        let sink = Field(1)
        var cases = [
            KernelsSuite.Case(name: "aggregation.read.gbps", unit: "GB/s", amount: Double(floats) * 4e-9) {
                sink.base[0] = table.readSum(field.base, floats)
            }
        ]
        for n in [10, 32, 64, 100] {
            let count = floats / n
            let source = try MemoryUpdates((0..<n).map { Array(UnsafeBufferPointer(start: field.base + $0 * count, count: count)) })
            let (weights, magnitudes) = ([Int64](repeating: 1, count: n), [Float](repeating: 1, count: n))
            for (name, rule) in [("trimmed_mean", AggregationRule.trimmedMean(trim: n / 10)), ("median", .median), ("mean", .mean)] {
                cases.append(
                    KernelsSuite.Case(
                        name: "aggregation.\(name).gbps.n\(n)", unit: "GB/s", amount: Double(n * count) * 4e-9, beside: "aggregation.read.gbps"
                    ) { _ = try? aggregate(rule, source, weights: weights, maxAbs: magnitudes) })
            }
        }
        cases += masks()
        progress("aggregation: \(cases.count) rates, in turn")
        var rows = KernelsSuite.measure(cases)
        progress("aggregation: NumPy, PyTorch, SciPy and ByzFL, some minutes")
        rows += besidePeers(rows, progress)
        rows += besideOpenSSL(rows, progress)
        return rows
    }

    /// A vector of a million numbers, masked in whole words and in the 20 bits of a group of ten.
    private static func masks() -> [KernelsSuite.Case] {
        let count = 1 << 20
        let numbers = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: count)
        numbers.initialize(repeating: 0)
        func item(_ name: String, _ width: Int, _ add: @escaping (Mask, UnsafeMutableBufferPointer<UInt32>) -> Void) -> KernelsSuite.Case {
            let mask = Mask(key: [UInt8](0..<16), width: width, subtract: false)
            return KernelsSuite.Case(name: "aggregation.mask.gbps.\(name)", unit: "GB/s", amount: Double(count * width) / 8e9) { add(mask, numbers) }
        }
        let libcrypto: (Mask, UnsafeMutableBufferPointer<UInt32>) -> Void = { MaskStreams.addThroughLibcrypto([$0], to: $1) }
        let system: (Mask, UnsafeMutableBufferPointer<UInt32>) -> Void = { MaskStreams.add([$0], to: $1) }
        var cases = [item("libcrypto.32_bits", 32, libcrypto), item("libcrypto.20_bits", 20, libcrypto)]
        if MaskStreams.isFused { cases += [item("vaes.32_bits", 32, system), item("vaes.20_bits", 20, system)] }
        return cases
    }

    /// The peers' seconds, and how many times as long the fastest of them takes.
    private static func besidePeers(_ rows: [BenchRow], _ progress: (String) -> Void) -> [BenchRow] {
        guard let output = PeerScript.output(["python3", "benchmarks/peers/aggregation.py", "\(floats)"]), let json = try? JSON(parsing: output) else {
            progress("aggregation: python3 with numpy is not there; the figures stand alone")
            return []
        }
        for name in json["absent"]?.elements ?? [] { progress("aggregation: \(name.text ?? "") is not installed and not measured") }
        var out: [BenchRow] = []
        for n in [10, 32, 64, 100] {
            for rule in ["trimmed_mean", "median", "mean"] {
                guard let ours = rows.first(where: { $0.name == "aggregation.\(rule).gbps.n\(n)" }) else { continue }
                let rates = ["numpy", "torch", "scipy", "byzfl"].compactMap { peer -> (String, Double)? in
                    guard let seconds = json["seconds"]?["\(peer).\(rule).n\(n)"]?.double, seconds > 0 else { return nil }
                    return (peer, Double(floats / n * n) * 4e-9 / seconds)
                }
                for (peer, rate) in rates { out.append(BenchRow(name: "aggregation.\(rule).gbps.\(peer).n\(n)", value: rate, unit: "GB/s", spread: 0)) }
                guard let best = rates.max(by: { $0.1 < $1.1 }) else { continue }
                out.append(
                    BenchRow(
                        name: "aggregation.\(rule).times_the_best_peer.n\(n)", value: ours.value / best.1, unit: "x", spread: ours.spread,
                        beside: best.0, ratio: ours.value / best.1, goal: rule == "mean" ? nil : peerGoal))
            }
        }
        return out
    }

    private static func besideOpenSSL(_ rows: [BenchRow], _ progress: (String) -> Void) -> [BenchRow] {
        // It ends by an alarm, and the threads of a Swift program may have every signal blocked, which a child inherits.
        let unblocked = "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp(sys.argv[1], sys.argv[1:])"
        let arguments = ["python3", "-c", unblocked, "openssl", "speed", "-mr", "-evp", "aes-128-ctr", "-bytes", "8192", "-seconds", "2"]
        // A line of "+F:number:name:bytes a second".
        guard let output = PeerScript.output(arguments),
            let line = String(decoding: output, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("+F:") }),
            let rate = line.split(separator: ":").last.flatMap({ Double($0) })
        else {
            progress("aggregation: openssl is not there; the masks stand alone")
            return []
        }
        var out = [BenchRow(name: "aggregation.mask.gbps.openssl_speed", value: rate * 1e-9, unit: "GB/s", spread: 0)]
        for (name, goal) in [("vaes.32_bits", 3.5), ("libcrypto.32_bits", 0.9)] {
            guard let ours = rows.first(where: { $0.name == "aggregation.mask.gbps.\(name)" }) else { continue }
            let ratio = ours.value / (rate * 1e-9)
            out.append(
                BenchRow(
                    name: "aggregation.mask.times_openssl.\(name)", value: ratio, unit: "x", spread: ours.spread,
                    beside: "openssl speed, blocks of 8 KiB", ratio: ratio, goal: goal))
        }
        return out
    }
}
