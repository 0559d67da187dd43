internal import CryptoSuite
internal import Federation
internal import Foundation
internal import MerkleLog
internal import Receipts
internal import Storage
internal import StrictJSON
internal import Telemetry
internal import Trust

// MARK: An audit in a file

extension FuzzTarget {
    private static let entries = 9
    private static let noon = 1_800_000_000_000.0

    /// The only log that was ever signed here, and its head at every size.
    private struct Log: Sendable {
        var lines: [[UInt8]] = []
        var hashes: [[UInt8]] = []
        var heads: [String] = []
        var anchor: DocumentAnchor

        init() throws {
            let now = Date(timeIntervalSince1970: FuzzTarget.noon / 1000)
            let authority = try CertificateAuthority(commonName: "fuzz", now: now, lifetime: 86_400)
            anchor = .pin(try AuthorityPin(authority.pin))
            let signer = try authority.documentSigner(try DocumentSubject(auditOf: "default"), now: now)
            let hasher = MerkleHasher(.system)
            var frontier = MerkleFrontier()
            for index in 0...FuzzTarget.entries {
                heads.append(try SignedTreeHead(tenant: "default", frontier.head(hasher), signedAt: Int64(FuzzTarget.noon), by: signer).text)
                let entry: JSON = [
                    "action": "node.enrolled", "actor": .string("node-\(index)"), "at": "1970-01-01T00:00:01.001Z", "details": [:], "format": "tutti.audit/1",
                    "index": JSON(index), "security_level": "info", "subject": "s", "tenant": "default",
                ]
                hashes.append(hasher.leaf(try entry.canonical()))
                lines.append(try AuditExport.line(entry: entry, leafHash: hexadecimal(hashes[index])))
                _ = frontier.append(leafHash: hashes[index], hasher)
            }
        }

        /// `ENTRY n` and `HEAD n` stand for what only this process has.
        func written(_ line: [UInt8]) -> [UInt8] {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let number = Int(words[1]), (0...FuzzTarget.entries).contains(number) else { return line }
            switch words[0] {
            case "ENTRY": return lines[number]
            case "HEAD": return AuditExport.line(signedHead: heads[number])
            default: return line
            }
        }
    }
    private static let log = try? Log()

    private static func file(_ count: Int) -> String { (0..<count).map { "ENTRY \($0)\n" }.joined() + "HEAD \(count)\n" }

    static let auditExport = FuzzTarget(
        "audit-export", feeds: "exported audits and signed heads in files", maximumBytes: 4096, share: 0.5,
        words: [
            "ENTRY 0\n", "ENTRY 1\n", "HEAD 2\n", "HEAD 0\n", "{\"signed_head\":\"", "{\"entry\":{", "\"index\":", "\"leaf_hash\":\"", "\"tenant\":", "\n",
            "eyJ",
        ],
        seeds: {
            [
                Seed("empty", file(0)), Seed("one", file(1)), Seed("five", file(5)), Seed("cut", String(file(5).dropLast(7))),
                Seed("reordered", "ENTRY 1\nENTRY 0\nHEAD 2\n"), Seed("twice", "ENTRY 0\nENTRY 0\nHEAD 1\n"), Seed("behind", file(2) + "ENTRY 2\n"),
                Seed("written", #"{"entry":{"action":"a","index":0,"tenant":"default"},"leaf_hash":"00"}"# + "\nHEAD 1\n"),
                Seed("head", #"{"signed_head":"eyJhbGciOiJFUzI1NiJ9.e30.AA"}"#),
            ]
        },
        check: { bytes in
            guard let log else { throw FuzzFailure("no authority can be made") }
            let file = Array(bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { log.written(Array($0)) }.joined(separator: [0x0A]))
            // However a file is read, its lines are the same.
            let step = 1 + bytes.count % 97
            let (whole, pieces) = (lines(file, step: max(1, file.count)), lines(file, step: step))
            try expect(whole == pieces, "a file has other lines when it is read in pieces")
            var reader = AuditExportReader(anchor: log.anchor)
            for line in whole { reader.absorb(line) }
            let export = reader.finish()
            try expect(export.findings.count <= 100, "findings without end")
            for finding in export.findings { try expect(finding.description.utf8.count <= 2000, "a finding without end") }
            guard export.findings.isEmpty else { return }
            // All that was signed is the one log.
            guard let head = export.head?.head else { throw FuzzFailure("an audit without a head is found good") }
            try expect(export.leafHashes == Array(log.hashes.prefix(Int(clamping: head.size))), "a log that was not written is found good")
        })

    private static func lines(_ file: [UInt8], step: Int) -> [[UInt8]] {
        var splitter = LineSplitter()
        var lines: [[UInt8]] = []
        for from in stride(from: 0, to: file.count, by: step) { lines += splitter.absorb(Array(file[from..<min(file.count, from + step)])) }
        if let last = splitter.finish() { lines.append(last) }
        return lines
    }
}

// MARK: Time series

extension FuzzTarget {
    private static func block(_ tier: UInt8, _ number: Int64, _ series: String, _ points: [UInt8]) -> [UInt8] {
        let digits = withUnsafeBytes(of: number.littleEndian) { Array($0) }
        return [tier] + digits + Input.part(Array(series.utf8)) + Input.part(points)
    }

    /// What this version keeps of an hour with gauges, counters and durations.
    private static func sample() -> [SeriesBlock] {
        var series = TimeSeries()
        var histogram = Histogram()
        for step in 0..<90 {
            histogram.observe(Double(step) / 1000)
            let points = [Point(Double(step % 7)), Point(0), Point(histogram)].compactMap { $0 }
            let keys = [SeriesKey("a"), SeriesKey("b.c", [Metrics.Label("x", "y z")], tenant: "t"), SeriesKey("d")]
            series.record(Array(zip(keys, points)).map { (key: $0, point: $1) }, at: Instant(milliseconds: Int64(noon) + Int64(step) * 10_000))
        }
        return series.takeChanges(at: Instant(milliseconds: Int64(noon) + 900_000), all: true).blocks
    }

    static let telemetry = FuzzTarget(
        "telemetry", feeds: "blocks of time series as they lie in the store", maximumBytes: 4096, share: 0.5, words: ["{", "}", "=", ",", "%2C", "%", "other"],
        seeds: {
            sample().filter { $0.points.count < 3000 }.enumerated().map {
                Seed("block-\($0)", block(UInt8($1.tier), $1.number, $1.series, $1.points) + Array($1.tenant.utf8))
            } + [
                Seed("latest", block(0, .max, "a", [1] + [UInt8](repeating: 0, count: 8))),
                Seed("first", block(0, .min, "a", [1, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0])),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            let tier = input.byte() % 4
            let number = Int64(truncatingIfNeeded: (0..<8).reduce(UInt64(0)) { $0 | UInt64(input.byte()) << UInt64(8 * $1) })
            let (name, points) = (String(decoding: input.part(), as: UTF8.self), input.part())
            let block = SeriesBlock(tenant: input.text, series: name, tier: tier, number: number, points: points)
            var series = TimeSeries()
            let refused = series.restore([block])
            try expect((0...1).contains(refused) && series.keys.count <= 1, "more than was given")
            guard refused == 0, let key = series.keys.first, let newest = series.newest else { return }
            try expect(key.text == name && key.tenant == input.text, "a series under another name")
            // Used, kept and taken up again.
            series.record([Point(2.5)].compactMap { $0 }.map { (key: key, point: $0) }, at: newest)
            let changes = series.takeChanges(at: newest, all: true)
            var again = TimeSeries()
            try expect(again.restore(changes.blocks) == 0, "what was written is not read")
            try expect(changes.blocks.allSatisfy { $0.points.count <= 64 << 10 || $0.points.count <= 4 * bytes.count }, "more comes out than went in")
            let from = Instant(milliseconds: max(newest.milliseconds, .min + 3_600_000) - 3_600_000)
            _ = series.total(SeriesSelector(key.metric, tenant: nil), from: from, to: newest)
            do {
                for step in try series.steps(SeriesSelector(key.metric, tenant: nil), from: from, to: newest, stepSeconds: 60) {
                    guard let point = step.point else { continue }
                    for aggregate in [Aggregate.average, .min, .max, .sum, .count, .ratePerSecond, .quantile(0.5), .quantile(0.99)] {
                        _ = point.value(aggregate, seconds: 60)
                    }
                    try expect(point.count > 0 && point.min <= point.max && point.sum.isFinite, "a point that is none")
                }
            } catch let error as SeriesError { try expectShort(error) }
        })
}
