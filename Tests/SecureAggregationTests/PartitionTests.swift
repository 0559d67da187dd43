import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

@Suite struct PartitionTests {
    private let suite = CryptoSuite.simulated

    private func terms(groups: Int = 4, missingMax: Int = 2) -> PartitionTerms {
        PartitionTerms(session: [1], epoch: 3, rosterHash: [UInt8](repeating: 7, count: 32), groups: groups, rosterFloor: 5, missingMax: missingMax)
    }

    private func drawing(_ members: Int, _ terms: PartitionTerms, seed: UInt64 = 1) -> [PartitionMember] {
        var numbers = Numbers(state: seed)
        return (0..<members).map { PartitionMember(terms: terms, index: $0, nonce: Secret(numbers.bytes(32)), suite: suite) }
    }

    @Test func everybodyDrawsTheSame() throws {
        var seen: Set<[[Int]]> = []
        for seed in 0..<20 as Range<UInt64> {
            var members = drawing(23, terms(), seed: seed)
            let commitments = members.map(\.commitment)
            let nonces = try members.indices.map { try members[$0].reveal(to: commitments) }
            let drawn = try members.indices.map { try members[$0].accept(nonces: nonces) }
            #expect(drawn.allSatisfy { $0 == drawn[0] })
            #expect(drawn[0].groups.map(\.count) == [6, 6, 6, 5] && drawn[0].groups.flatMap { $0 }.sorted() == Array(0..<23))
            for (number, group) in drawn[0].groups.enumerated() { #expect(group.allSatisfy { drawn[0].group(of: $0) == number }) }
            seen.insert(drawn[0].groups)
        }
        #expect(seen.count == 20)
    }

    /// Every pair is as likely in one group: 5 of 25 places, so 4/24 of the draws; fixed seeds.
    @Test func nobodyIsPutWithAnybody() throws {
        var together = 0
        for seed in 0..<600 as Range<UInt64> {
            var members = drawing(25, terms(groups: 5), seed: seed)
            let commitments = members.map(\.commitment)
            let nonces = try members.indices.map { try members[$0].reveal(to: commitments) }
            let partition = try members[0].accept(nonces: nonces)
            if partition.group(of: 3) == partition.group(of: 17) { together += 1 }
        }
        // 100 expected, standard deviation 9.1; four of them.
        #expect(abs(together - 100) < 37, "\(together)")
    }

    @Test func aMissingRevealRemovesItsMember() throws {
        var members = drawing(23, terms())
        let commitments = members.map(\.commitment)
        let nonces = try members.indices.map { try members[$0].reveal(to: commitments) }
        let partition = try members[0].accept(nonces: nonces.filter { $0.index != 9 })
        #expect(partition.members.count == 22 && partition.group(of: 9) == nil)
        // A second draw in the epoch, with the member back: refused.
        #expect(throws: SecureAggregationError.contradiction("a second partition in epoch 3")) { try members[0].accept(nonces: nonces) }
        #expect(throws: SecureAggregationError.self) { try members[1].accept(nonces: nonces.filter { $0.index > 3 }) }
        #expect(throws: SecureAggregationError.self, "its own nonce is missing") { try members[9].accept(nonces: nonces.filter { $0.index != 9 }) }
    }

    @Test func noncesAreNotChangedAfterwards() throws {
        var members = drawing(23, terms())
        let commitments = members.map(\.commitment)
        var nonces = try members.indices.map { try members[$0].reveal(to: commitments) }
        nonces[4].bytes[0] ^= 1
        #expect(throws: SecureAggregationError.contradiction("member 4 revealed another nonce than it committed to")) { try members[0].accept(nonces: nonces) }
        // Another list of commitments, after this member has revealed for the first.
        var others = commitments
        others[4].bytes[0] ^= 1
        #expect(throws: SecureAggregationError.contradiction("a second list of commitments in epoch 3")) { try members[0].reveal(to: others) }
        var own = commitments
        own[0].bytes[0] ^= 1
        var fresh = drawing(23, terms())
        #expect(throws: SecureAggregationError.self) { try fresh[0].reveal(to: own) }
        #expect(throws: SecureAggregationError.self) { try fresh[0].reveal(to: commitments.reversed()) }
        #expect(throws: SecureAggregationError.outOfOrder("nonces before commitments")) { try fresh[0].accept(nonces: nonces) }
    }

    @Test func groupsHaveTheirFloor() throws {
        var members = drawing(19, terms(missingMax: 19))
        let commitments = members.map(\.commitment)
        let nonces = try members.indices.map { try members[$0].reveal(to: commitments) }
        #expect(throws: SecureAggregationError.self) { try members[0].accept(nonces: nonces) }
    }

    /// A client does not take part in another partition of its epoch, also after a restart.
    @Test func noRegrouping() throws {
        let world = try World(members: 30, seed: 1, suite: suite)
        var numbers = Numbers(state: 99)
        let other = try World.draw(world.partition.terms, members: 30, &numbers, suite)
        #expect(other != world.partition)
        let record = ClientRecord(epoch: 1, round: 4, attempt: 1, partitionHash: world.partition.digest, signed: [], answered: world.partition.digest)
        #expect(throws: SecureAggregationError.contradiction("a second partition in epoch 1")) {
            try MaskingClient(
                index: 0, roster: world.roster, partition: other, identity: nil, planHash: World.planHash, floors: ClientFloors(), record: record, suite: suite)
        }
        var client = world.clients[0]
        var parameters = world.parameters
        parameters.partitionHash = other.digest
        guard case .refuse(.otherTranscript)? = client.handle(.begin(parameters, modelHash: World.model, entropy: Secret(World.model))).first else {
            Issue.record("regrouped")
            return
        }
    }

    @Test func rosters() throws {
        func roster(_ names: [String], _ keys: [[UInt8]]) throws -> Roster {
            try Roster(zip(names, keys).map { Roster.Member(name: Array($0.utf8), identity: $1) })
        }
        let (a, b) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
        let good = try roster(["a", "b"], [a, b])
        #expect(good.isPinned)
        #expect(try Roster(encoded: good.encoded) == good)
        #expect(try !roster(["a", "b"], [[], []]).isPinned)
        for (names, keys) in [
            (["b", "a"], [a, b]), (["a", "a"], [a, b]), (["a", "b"], [a, a]), (["a", "b"], [a, []]), (["a", ""], [a, b]), (["a"], [a]),
        ] {
            #expect(throws: SecureAggregationError.self) { try roster(names, keys) }
        }
        // The roster has another key for this member than the one it has.
        var world = try World(members: 30, mode: .maliciousServer, seed: 1, suite: suite)
        world.gone = [:]
        #expect(throws: SecureAggregationError.self) {
            try MaskingClient(
                index: 0, roster: world.roster, partition: world.partition, identity: world.identities[1], planHash: World.planHash, floors: ClientFloors(),
                record: nil, suite: suite)
        }
    }
}
