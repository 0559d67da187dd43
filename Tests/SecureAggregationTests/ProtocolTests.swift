import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

/// Whole attempts: the sum that is opened is the sum of what the survivors encoded, bit for bit, or there is a clean end.
@Suite struct ProtocolTests {
    private static let modes: [TrustMode] = [.honestButCurious, .maliciousServer]

    @Test(arguments: modes) func everybodyThere(mode: TrustMode) throws {
        for (members, seed) in [(15, 1), (30, 2), (30, 3), (47, 4), (100, 5)] as [(Int, UInt64)] {
            var world = try World(members: members, mode: mode, seed: seed, suite: .simulated)
            world.run()
            #expect(world.aborted == nil && world.void.isEmpty && world.opened.count == world.plan.groups)
            #expect(world.opened.flatMap(\.members).sorted() == Array(0..<members))
            #expect(try world.violations() == [])
            #expect(world.clientRefusals.isEmpty && world.serverRefusals.isEmpty && world.evidence.isEmpty)
            #expect(world.clients.allSatisfy { !$0.holdsSecrets }, "secrets are gone after the answer")
        }
    }

    /// Drop-outs at every phase, drawn from many seeds, as many as the plan bears and more.
    @Test(arguments: modes) func dropOuts(mode: TrustMode) throws {
        var (finished, aborted) = (0, 0)
        for seed in 0..<120 as Range<UInt64> {
            var world = try World(members: 20 + Int(seed % 3) * 10, mode: mode, seed: 1000 + seed, suite: .simulated) { $0.byzantine = 1 }
            var numbers = Numbers(state: seed)
            let rate = [2, 5, 10, 20][Int(seed % 4)]
            for phase in ["advert", "bundle", "receipt", "input", "signature", "response"] {
                world.gone[phase] = Set(world.clients.indices.filter { _ in numbers.chance(rate) })
            }
            world.run()
            #expect(try world.violations() == [], "seed \(seed)")
            #expect((world.aborted != nil) != (world.server.phase == .finished), "seed \(seed): one of two ends")
            if world.aborted == nil {
                finished += 1
                #expect(!world.opened.isEmpty)
                for group in world.opened {
                    #expect(GroupSum(lanes: try world.sum(group).lanes, clients: group.members.count, parameters: world.parameters.encoding) != nil)
                }
            } else {
                aborted += 1
            }
        }
        #expect(finished >= 25 && aborted >= 25, "\(finished) and \(aborted): the seeds show both ends")
    }

    /// One phase at a time and every number of drop-outs around the thresholds.
    @Test(arguments: ["advert", "bundle", "receipt", "input", "signature", "response"]) func dropOutsAtOnePhase(phase: String) throws {
        for count in 0...12 {
            var world = try World(members: 30, mode: .maliciousServer, seed: UInt64(count), suite: .simulated) { $0.byzantine = 1 }
            world.gone[phase] = Set((0..<count).map { $0 * 2 })
            world.run()
            #expect(try world.violations() == [])
            let borne = count <= 30 - world.plan.quorum
            if borne { #expect(world.aborted == nil && world.server.phase == .finished, "\(count) gone at \(phase): \(world.aborted.map { "\($0)" } ?? "")") }
            if count > 3, ["advert", "bundle", "receipt", "input"].contains(phase) { #expect(world.aborted != nil) }
            if phase == "response", count == 12 { #expect(world.server.phase == .finished || world.aborted != nil) }
        }
    }

    /// One large group: neighbours in a ring instead of all with all, and a lane for the weights.
    @Test func oneSumOverEverybody() throws {
        var world = try World(members: 90, seed: 7, suite: .simulated, weightMax: 200)
        #expect(world.plan.groups == 1 && world.plan.maskDegree > 0 && world.plan.maskDegree < 89)
        world.gone["input"] = [3, 50, 51, 52]
        world.run()
        #expect(try world.violations() == [])
        let group = try #require(world.opened.first)
        let sum = try #require(GroupSum(lanes: try world.sum(group).lanes, clients: group.members.count, parameters: world.parameters.encoding))
        for (i, value) in sum.mean.enumerated() {
            let (over, under) = group.members.reduce((0.0, 0.0)) { ($0.0 + Double($1 + 1) * Double(world.updates[$1][i]), $0.1 + Double($1 + 1)) }
            #expect(abs(Double(value) - over / under) < 0.002)
        }
    }

    @Test func theMeanIsTheMean() throws {
        var world = try World(members: 30, seed: 8, suite: .simulated)
        world.run()
        for group in world.opened {
            let sum = try #require(GroupSum(lanes: try world.sum(group).lanes, clients: group.members.count, parameters: world.parameters.encoding))
            for (i, value) in sum.mean.enumerated() {
                let mean = group.members.reduce(0.0) { $0 + Double(world.updates[$1][i]) } / Double(group.members.count)
                #expect(abs(Double(value) - mean) <= world.parameters.encoding.step)
            }
        }
    }

    /// What is stored says nothing: it is not what was encoded, and another attempt masks the same integers differently.
    @Test func aRetryEncodesTheSameAndMasksAnew() throws {
        var world = try World(members: 30, seed: 9, suite: .simulated)
        world.gone["receipt"] = Set(0..<15)
        world.run()
        #expect(world.aborted != nil)
        let members = try #require(world.server.retryMembers)
        let before = world.storage
        world.gone = [:]
        world.aborted = nil
        world.parameters.attempt = 2
        world.server = try MaskingServer(
            world.parameters, partition: world.partition, roster: world.roster, goodGroupsMin: world.plan.groups - 1, retryOf: members, suite: world.suite)
        world.run()
        #expect(world.aborted == nil && world.opened.count == 6)
        #expect(try world.violations() == [])
        for (member, bytes) in before { #expect(world.storage[member] != bytes) }
        for member in world.clients.indices {
            var plain = MaskedVector(zeros: world.parameters.lanes, width: world.parameters.encoding.width)
            try plain.add(packed: try #require(world.storage[member]))
            #expect(plain.lanes != world.encoded[member].lanes)
        }
    }

    /// The same events give the same effects: a restarted coordinator replays what it had accepted.
    @Test func theServerIsAFunctionOfItsEvents() throws {
        func transcript() throws -> ([UInt8], [[Int]], [[UInt8]]) {
            var world = try World(members: 30, mode: .maliciousServer, seed: 10, suite: .simulated)
            world.gone["input"] = [4]
            world.run()
            return (world.server.transcript, world.opened.map(\.members), world.opened.flatMap { $0.terms.map(\.key.bytes) })
        }
        let (a, b) = (try transcript(), try transcript())
        #expect(a.0 == b.0 && a.1 == b.1 && a.2 == b.2 && !a.2.isEmpty)
    }
}
