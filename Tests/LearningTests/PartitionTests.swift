import Learning
import Testing

@Suite struct PartitionTests {
    let labels: [Int32]
    init() throws { labels = try digits().labels }

    private func dealt(
        _ scheme: Partition, clients: Int = 10, holdout: Double = 0.2, seed: UInt64 = 42, labels: [Int32]? = nil
    ) throws(DatasetError) -> PartitionResult {
        try partition(labels: labels ?? self.labels, outputs: 10, clients: clients, scheme: scheme, holdout: holdout, seed: seed)
    }

    static let schemes = [Partition.iid, .dirichlet(alpha: 0.1), .dirichlet(alpha: 0.5), .dirichlet(alpha: 100), .shards(perClient: 2)]

    @Test(arguments: schemes) func isDisjointAndCoversAllRows(_ scheme: Partition) throws {
        for (clients, holdout, seed) in [(1, 0, 1), (10, 0.2, 2), (7, 0.5, 3), (30, 0.1, 4)] as [(Int, Double, UInt64)] {
            let parts = try dealt(scheme, clients: clients, holdout: holdout, seed: seed)
            #expect(parts.clients.count == clients)
            #expect(parts.clients.allSatisfy { !$0.isEmpty })
            #expect((parts.clients.flatMap { $0 } + parts.holdout).sorted() == Array(labels.indices))
            #expect(parts.holdout.count == Int((Double(labels.count) * holdout).rounded()))
            #expect((parts.clients + [parts.holdout]).allSatisfy { $0 == $0.sorted() })
        }
    }

    @Test(arguments: schemes) func seedDecides(_ scheme: Partition) throws {
        #expect(try dealt(scheme) == dealt(scheme))
        #expect(try dealt(scheme) != dealt(scheme, seed: 43))
    }

    /// Federations of any kind are tested on the same rows.
    @Test func holdoutDependsOnSeedAndRowsAlone() throws {
        let rows = try Self.schemes.map { try dealt($0).holdout } + [dealt(.iid, clients: 3).holdout]
        #expect(Set(rows).count == 1)
        #expect(try dealt(.iid, seed: 1).holdout != rows[0])
    }

    /// Mean over clients of the share of the client's most frequent class: 0.1 for equal mixes, 1 for one class each.
    private func concentration(_ scheme: Partition) throws -> Double {
        let shares = try (1...10).flatMap { seed in
            try dealt(scheme, seed: UInt64(seed)).clients.map { rows in
                let counts = (0..<10).map { c in rows.count { labels[$0] == Int32(c) } }
                return Double(counts.max() ?? 0) / Double(rows.count)
            }
        }
        return shares.reduce(0, +) / Double(shares.count)
    }

    @Test func alphaSetsHowMuchClientsDiffer() throws {
        let (iid, even, half, tenth) = (
            try concentration(.iid), try concentration(.dirichlet(alpha: 100)), try concentration(.dirichlet(alpha: 0.5)),
            try concentration(.dirichlet(alpha: 0.1))
        )
        #expect(iid < 0.17 && even < 0.19)
        #expect(half > 0.25 && half < 0.5)
        #expect(tenth > 0.5)
    }

    @Test func sharesFollowTheDirichletDistribution() throws {
        // One class among n clients: each share is Beta(α, (n − 1)·α), with mean 1/n and variance
        // (n − 1)/(n²·(n·α + 1)).
        let (clients, alpha, draws) = (4, 0.5, 400)
        let one = [Int32](repeating: 0, count: 4000)
        var (sum, squares) = (0.0, 0.0)
        for seed in 0..<draws {
            // With this many rows hardly a draw is repeated for an empty client.
            let parts = try partition(labels: one, outputs: 1, clients: clients, scheme: .dirichlet(alpha: alpha), holdout: 0, seed: UInt64(seed))
            let share = Double(parts.clients[1].count) / 4000
            sum += share
            squares += share * share
        }
        let mean = sum / Double(draws)
        let variance = squares / Double(draws) - mean * mean
        #expect(abs(mean - 0.25) < 0.05)
        #expect(abs(variance - 3.0 / (16 * 3)) < 0.015)
    }

    @Test func iidSharesAreEqual() throws {
        let counts = try dealt(.iid).clients.map(\.count)
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
    }

    @Test func shardsHoldFewClasses() throws {
        for rows in try dealt(.shards(perClient: 2)).clients {
            // A shard is shorter than a class, so it touches two at most.
            #expect(Set(rows.map { labels[$0] }).count <= 4)
        }
        let classes = try dealt(.shards(perClient: 2)).clients.map { Set($0.map { labels[$0] }).count }
        #expect(classes.contains { $0 <= 3 })
    }

    @Test func impossiblePartitionsAreExplained() {
        func problem(_ scheme: Partition, clients: Int = 10, holdout: Double = 0, rows: Int = 1797) -> String {
            do throws(DatasetError) {
                _ = try dealt(scheme, clients: clients, holdout: holdout, labels: Array(labels.prefix(rows)))
            } catch { return error.description }
            return ""
        }
        #expect(problem(.iid, clients: 0).contains("not 0"))
        #expect(problem(.iid, clients: -1).contains("not -1"))
        #expect(problem(.iid, clients: 1 << 40).contains("1000000"))
        #expect(problem(.iid, clients: 10, rows: 9).contains("9 rows are too few for 10 clients"))
        #expect(problem(.iid, clients: 1, rows: 0).contains("0 rows"))
        for share in [-0.1, 1, .nan, .infinity] { #expect(problem(.iid, holdout: share).contains("hold-out"), "\(share)") }
        #expect(problem(.iid, clients: 1, holdout: 0.9, rows: 1).contains("0 rows"))
        for alpha in [0, -1, 1e7, .nan, .infinity] { #expect(problem(.dirichlet(alpha: alpha)).contains("alpha"), "\(alpha)") }
        #expect(problem(.dirichlet(alpha: 1e-4), clients: 100).contains("larger alpha"))
        #expect(problem(.dirichlet(alpha: .leastNonzeroMagnitude), clients: 20).contains("larger alpha"))
        #expect(problem(.shards(perClient: 0)).contains("shards"))
        #expect(problem(.shards(perClient: 200)).contains("2000 shards"))
    }

    @Test func shareOfTheCommandLine() throws {
        let share = try PartitionShare(parsing: "3/10:dirichlet=0.5:holdout=0.2:seed=42")
        #expect(share.which == .client(3) && share.clients == 10 && share.scheme == .dirichlet(alpha: 0.5))
        #expect(share.holdout == 0.2 && share.seed == 42)
        let all = try digits()
        let parts = try dealt(.dirichlet(alpha: 0.5))
        #expect(try share.select(from: all) == all.selecting(parts.clients[2]))
        #expect(try PartitionShare(parsing: "holdout/10:holdout=0.2").select(from: all) == all.selecting(parts.holdout))
        #expect(try PartitionShare(parsing: "1/3").scheme == .iid)
        #expect(try PartitionShare(parsing: "1/3:iid:seed=7").seed == 7)
        #expect(try PartitionShare(parsing: "1/3:shards=2").scheme == .shards(perClient: 2))
    }

    @Test(arguments: [
        "", "3", "/", "0/10", "11/10", "a/10", "1/0", "1/-1", "1/x", "1/10/2", "1/99999999999999999999", "1/10:", "1/10:dirichlet",
        "1/10:dirichlet=", "1/10:dirichlet=x", "1/10:dirichlet=-1", "1/10:dirichlet=nan", "1/10:shards=0", "1/10:shards=1.5",
        "1/10:holdout=1", "1/10:holdout=-0.1", "1/10:holdout=nan", "1/10:seed=-1", "1/10:seed=x", "1/10:color=red",
        "1/10:seed=1:seed=2", "1/10:iid:dirichlet=0.5", "1/10:iid=3", "holdout/10", "holdout/10:holdout=0", "1/10:dirichlet=0.5=3",
    ]) func malformedSharesAreExplained(_ text: String) {
        #expect {
            try PartitionShare(parsing: text)
        } throws: {
            "\($0)".contains("for example 3/10:dirichlet=0.5")
        }
    }
}
