import CommandKit
import CryptoSuite
import DifferentialPrivacy
import Foundation
import SecureAggregation
import StrictJSON
import Trust

/// `tutti-bench run secagg`: what secure aggregation costs a client and the server, beside the keystream alone (which nothing
/// that masks with AES can do without) and beside Flower's SecAgg+. One thread; sums are checked against the plain ones.
enum SecAggSuite {
    private struct Case {
        var name: String
        var request: PlanRequest
        var neighbours: Int?
        /// Goals of the client's masking and the server's unmasking, milliseconds.
        var goals: (mask: Double, unmask: Double)?
        var keyBytesMost: Double?
    }

    static func run(_ progress: (String) -> Void) throws(CommandFailure) -> [BenchRow] {
        var rows: [BenchRow] = []
        for item in cases {
            progress("secagg: \(item.name), \(item.request.members) clients, \(item.request.dimension) parameters, a tenth drops out")
            do { rows += try measure(item) } catch { throw CommandFailure(.failed, "\(item.name): \(error)") }
        }
        progress("secagg: 1,000 clients, messages only")
        do { rows += try messages(1000) } catch { throw CommandFailure(.failed, "1,000 clients: \(error)") }
        progress("secagg: noise on 1,000,000 coordinates")
        do { rows.append(try noise(1_000_000)) } catch { throw CommandFailure(.failed, "noise: \(error)") }
        return rows + besideFlower(rows, progress)
    }

    private static var cases: [Case] {
        var groups = PlanRequest(members: 100, dimension: 1_000_000, l2Clip: 1, coordinateClip: 0.01)
        (groups.byzantine, groups.rosterFloor) = (4, 10)
        var hybrid = groups
        hybrid.keyExchange = .xWing
        var ring = groups
        ring.robust = false
        var small = PlanRequest(members: 10, dimension: 1_000_000, l2Clip: 1, coordinateClip: 0.01)
        small.robust = false
        return [
            Case(name: "n100.d1000000.group10", request: groups, goals: (12, 250), keyBytesMost: 10_000),
            Case(name: "n100.d1000000.group10.x_wing", request: hybrid, keyBytesMost: 40_000),
            Case(name: "n100.d1000000.k62", request: ring, neighbours: 62, goals: (45, 600), keyBytesMost: 10_000),
            Case(name: "n100.d1000000.planned", request: ring, keyBytesMost: 10_000),
            Case(name: "n10.d1000000.group10", request: small),
        ]
    }

    private static func dropped(_ request: PlanRequest) -> Set<Int> {
        Set((0..<request.members / 10).map { $0 * 10 + 3 })
    }

    private static func measure(_ item: Case) throws(SecureAggregationError) -> [BenchRow] {
        var cohort = try SecAggCohort(item.request, absent: dropped(item.request), vectors: true, neighbours: item.neighbours)
        cohort.run()
        if let failure = cohort.failure { throw .tooFew(failure) }
        let clock = ContinuousClock()
        let suite = CryptoSuite.system
        var (adding, unmasking, floor) = ([Double](), [Double](), [Double]())
        for _ in 0..<5 {
            var sums: [MaskedVector] = []
            let start = clock.now
            sums = try cohort.sums()
            adding.append((clock.now - start) / .seconds(1))
            unmasking.append(clock.measure { sums = cohort.unmasked(sums) } / .seconds(1))
            guard cohort.isRight(sums) else { throw .tooFew("a sum is not that of its members") }
            // One mask's keystream, in parts that stay in the cache, and nothing done with it.
            let part = 1 << 16
            floor.append(
                clock.measure {
                    for at in stride(from: 0, to: cohort.packedBytes, by: part) {
                        _ = suite.keystream([UInt8](repeating: 7, count: 16), UInt64(at / 16), min(part, cohort.packedBytes - at))
                    }
                } / .seconds(1))
        }
        let name = item.name
        let one = median(floor)
        var rows: [BenchRow] = []
        func row(_ what: String, _ times: [Double], floorOf masks: Double? = nil, most: Double? = nil) {
            let value = median(times)
            rows.append(
                BenchRow(
                    name: "secagg.\(what).\(name)", value: value * 1000, unit: "ms",
                    spread: ((times.max() ?? value) - (times.min() ?? value)) / value, beside: masks.map { "the keystream of \(Int($0)) masks alone" },
                    ratio: masks.map { value / ($0 * one) }, most: most))
        }
        row("client_mask_ms", cohort.seconds.mask, floorOf: Double(cohort.masksEach), most: item.goals?.mask)
        row("client_encode_ms", cohort.seconds.encode)
        row("client_keys_ms", cohort.seconds.clientKeys)
        row("server_unmask_ms", unmasking, floorOf: Double(cohort.termsOfAll), most: item.goals?.unmask)
        row("server_add_ms", adding)
        row("server_keys_ms", [cohort.seconds.serverKeys])
        rows += bytes(cohort, name, keyBytesMost: item.keyBytesMost)
        return rows
    }

    /// Of the clients that stay to the end.
    private static func bytes(_ cohort: SecAggCohort, _ name: String, keyBytesMost: Double?) -> [BenchRow] {
        let whole = cohort.sent.filter { $0 > cohort.packedBytes }.map(Double.init)
        let upload = whole.max() ?? 0
        return [
            BenchRow(
                name: "secagg.upload_bytes.\(name)", value: upload, unit: "B", spread: 0, beside: "32-bit floats",
                ratio: upload / Double(4 * cohort.plan.dimension), most: keyBytesMost.map { $0 + Double(cohort.packedBytes) }),
            BenchRow(
                name: "secagg.download_bytes.\(name)", value: Double(cohort.heard.max() ?? 0), unit: "B", spread: 0),
        ]
    }

    /// What a client adds where clients add the noise: one number of deviation 100,000 steps on every coordinate.
    private static func noise(_ coordinates: Int) throws -> BenchRow {
        let skellam = try Skellam(variance: 1e10)
        var random = RandomWords(entropy: Secret([UInt8](repeating: 7, count: 32)), release: "bench", suite: .system)
        let parameters = EncodingParameters(l2Clip: 1, coordinateClip: 1, bits: 16, width: 32, weightMax: 0)
        let encoder = UpdateEncoder(parameters, clientSecret: Secret([UInt8](repeating: 5, count: 32)), session: [1], round: 1, suite: .system)
        let (clock, encoded) = (ContinuousClock(), try encoder.encode([Float](repeating: 0, count: coordinates)))
        var times: [Double] = []
        for _ in 0..<5 {
            times.append(clock.measure { _ = encoded.adding({ skellam.draw(&random) }, parameters) } / .seconds(1))
        }
        let value = median(times)
        return BenchRow(
            name: "secagg.client_noise_ms.d\(coordinates)", value: value * 1000, unit: "ms", spread: ((times.max() ?? value) - (times.min() ?? value)) / value)
    }

    private static func messages(_ members: Int) throws(SecureAggregationError) -> [BenchRow] {
        var request = PlanRequest(members: members, dimension: 1000, l2Clip: 1, coordinateClip: 0.1)
        (request.byzantine, request.rosterFloor) = (50, 9)
        var cohort = try SecAggCohort(request, absent: dropped(request), vectors: false)
        cohort.run()
        if let failure = cohort.failure { throw .tooFew(failure) }
        let name = "n\(members).messages"
        let most = cohort.sent.max() ?? 0
        return [
            BenchRow(name: "secagg.upload_bytes.\(name)", value: Double(most - cohort.packedBytes), unit: "B", spread: 0, most: 25_000),
            BenchRow(name: "secagg.download_bytes.\(name)", value: Double(cohort.heard.max() ?? 0), unit: "B", spread: 0),
            BenchRow(name: "secagg.client_keys_ms.\(name)", value: median(cohort.seconds.clientKeys) * 1000, unit: "ms", spread: 0),
            BenchRow(name: "secagg.server_keys_ms.\(name)", value: cohort.seconds.serverKeys * 1000, unit: "ms", spread: 0),
        ]
    }

    /// The client: encode and mask; the server: the masks taken off. Both without training, messages and shares.
    private static func besideFlower(_ rows: [BenchRow], _ progress: (String) -> Void) -> [BenchRow] {
        progress("secagg: Flower's SecAgg+, 10 clients, 1,000,000 parameters")
        guard let output = PeerScript.output(["python3", "benchmarks/peers/flower_secagg.py", "10", "1000000"]),
            let line = output.split(separator: UInt8(ascii: "\n")).last, let json = try? JSON(parsing: [UInt8](line)),
            let client = json["client_ms"]?.double, let server = json["server_ms"]?.double, let upload = json["upload_bytes"]?.double
        else {
            progress("secagg: python3 with flwr is not there; the figures stand alone")
            return []
        }
        func ours(_ what: String) -> Double { rows.first { $0.name == "secagg.\(what).n10.d1000000.group10" }?.value ?? .nan }
        func row(_ what: String, _ ratio: Double, goal: Double) -> BenchRow {
            BenchRow(name: "secagg.times_flower.\(what)", value: ratio, unit: "x", spread: 0, beside: "Flower's SecAgg+, same run", ratio: ratio, goal: goal)
        }
        return [
            BenchRow(name: "secagg.flower.client_ms", value: client, unit: "ms", spread: 0),
            BenchRow(name: "secagg.flower.server_ms", value: server, unit: "ms", spread: 0),
            BenchRow(name: "secagg.flower.upload_bytes", value: upload, unit: "B", spread: 0),
            row("client", client / (ours("client_encode_ms") + ours("client_mask_ms")), goal: 10),
            row("server", server / ours("server_unmask_ms"), goal: 15),
            BenchRow(
                name: "secagg.part_of_flower.upload", value: ours("upload_bytes") / upload, unit: "x", spread: 0, beside: "Flower's SecAgg+, same run",
                most: 0.35),
        ]
    }

    private static func median(_ times: [Double]) -> Double {
        let sorted = times.sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }
}
