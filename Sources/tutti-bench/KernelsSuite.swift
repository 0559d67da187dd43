import KernelTable
import TensorKernels

/// The kernels beside what this machine can do at all: its multiply-add rate and its read bandwidth, in the same run.
enum KernelsSuite {
    private final class Buffer {
        let p: UnsafeMutablePointer<Float>
        let count: Int
        init(_ count: Int, seed: UInt64) {
            self.count = count
            p = UnsafeMutableRawPointer.allocate(byteCount: max(64, count * 4), alignment: 64).assumingMemoryBound(to: Float.self)
            var state = seed
            for i in 0..<count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                p[i] = Float(Int32(truncatingIfNeeded: state >> 33)) / Float(Int32.max)
            }
        }
        deinit { p.deallocate() }
    }

    static func run(_ progress: (String) -> Void) -> [BenchRow] {
        var rows: [BenchRow] = []
        for level in Kernels.available {
            guard let table = Kernels.table(level) else { continue }
            progress("kernels at level \(level)")
            rows += gemm(table) + bandwidth(table)
        }
        return rows
    }

    private static func gemm(_ table: KernelTable) -> [BenchRow] {
        let shapes = [(256, 256, 256), (512, 512, 512), (1024, 1024, 1024), (32, 128, 64), (32, 10, 128), (64, 128, 32)]
        let sink = Buffer(1, seed: 1)
        var timer = Interleaved()
        let iterations = 200_000
        var operations = 0
        timer.add("peak") { operations = table.peakMultiplyAdd(iterations, sink.p) }
        for (m, n, k) in shapes {
            let (a, b, c) = (Buffer(m * k, seed: 2), Buffer(k * n, seed: 3), Buffer(m * n, seed: 4))
            let scratch = Buffer(table.sgemmScratchCount(m, n, k), seed: 5)
            timer.add("\(m)x\(n)x\(k)") { table.sgemm(m, n, k, a.p, k, 1, b.p, n, 1, c.p, n, false, scratch.p) }
        }
        let times = timer.seconds()
        guard let peak = times["peak"] else { return [] }
        let peakRate = Double(operations) / peak.median / 1e9
        var rows = [BenchRow(name: "kernels.peak.gflops.\(table.level)", value: peakRate, unit: "GFLOP/s", spread: peak.spread)]
        for (m, n, k) in shapes {
            guard let time = times["\(m)x\(n)x\(k)"] else { continue }
            let rate = 2 * Double(m) * Double(n) * Double(k) / time.median / 1e9
            let isLarge = m >= 256
            rows.append(
                BenchRow(
                    name: "kernels.sgemm.gflops.\(table.level).\(m)x\(n)x\(k)", value: rate, unit: "GFLOP/s", spread: time.spread,
                    beside: "measured multiply-add peak", ratio: rate / peakRate, goal: isLarge && table.level != .baseline ? 0.85 : nil))
        }
        return rows
    }

    private static func bandwidth(_ table: KernelTable) -> [BenchRow] {
        let (clients, dimension) = (10, 4 << 20)
        let data = Buffer(clients * dimension, seed: 7)
        let out = Buffer(dimension, seed: 8)
        let sums = UnsafeMutablePointer<Int64>.allocate(capacity: dimension)
        sums.initialize(repeating: 0, count: dimension)
        defer { sums.deallocate() }
        let pointers = UnsafeMutablePointer<F32>.allocate(capacity: clients)
        defer { pointers.deallocate() }
        for i in 0..<clients { pointers[i] = F32(data.p + i * dimension) }
        let scratch = Buffer(table.sortScratchCount(clients), seed: 9)
        let bytes = Double(clients * dimension * 4) / 1e9
        var sink: Float = 0
        var timer = Interleaved()
        timer.add("read") { sink += table.readSum(data.p, clients * dimension) }
        timer.add("weighted_mean") {
            // In blocks that stay in the cache, as the aggregation does it.
            var start = 0
            while start < dimension {
                let count = min(4096, dimension - start)
                for i in 0..<clients { table.accumulateFixedPoint(sums + start, pointers[i] + start, count, 1024) }
                table.finishFixedPoint(out.p + start, sums + start, count, 1024 * 10)
                start += count
            }
        }
        timer.add("trimmed_mean") { table.trimmedMean(pointers, clients, 1, out.p, dimension, scratch.p) }
        timer.add("median") { table.median(pointers, clients, out.p, dimension, scratch.p) }
        timer.add("max_abs") { sink += table.maxAbs(data.p, clients * dimension) }
        timer.add("all_finite") { sink += table.allFinite(data.p, clients * dimension) ? 1 : 0 }
        let times = timer.seconds(repetitions: 5)
        precondition(!sink.isNaN)
        guard let read = times["read"] else { return [] }
        return ["read", "weighted_mean", "trimmed_mean", "median", "max_abs", "all_finite"].compactMap { name in
            times[name].map { time in
                BenchRow(
                    name: "kernels.\(name).gbps.\(table.level)\(["trimmed_mean", "median", "weighted_mean"].contains(name) ? ".n10" : "")", value: bytes / time.median,
                    unit: "GB/s", spread: time.spread, beside: name == "read" ? nil : "measured read bandwidth",
                    ratio: name == "read" ? nil : read.median / time.median)
            }
        }
    }
}
