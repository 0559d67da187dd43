import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

@Suite struct PinnedKeysTests {
    private func key(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }

    private func roster(_ members: [(String, [UInt8])]) throws -> Roster {
        try Roster(members.map { Roster.Member(name: Array($0.0.utf8), identity: $0.1) })
    }

    private func problem(_ keys: [String: [UInt8]], _ members: [(String, [UInt8])]) throws -> String? {
        do {
            try PinnedKeys(keys).check(try roster(members))
            return nil
        } catch SecureAggregationError.notAuthentic(let why) { return why }
    }

    @Test func everyMembersKeyIsHeldAgainstThePinnedOne() throws {
        let pinned = ["a": key(1), "b": key(2), "c": key(3)]
        #expect(try problem(pinned, [("a", key(1)), ("b", key(2)), ("c", key(3))]) == nil)
        // Not everybody who is pinned has to take part.
        #expect(try problem(pinned, [("a", key(1)), ("c", key(3))]) == nil)
        let changed = try #require(try problem(pinned, [("a", key(1)), ("b", key(9)), ("c", key(3))]))
        #expect(changed.contains("member b") && changed.contains("0909") && changed.contains("0202") && changed.contains("ask its owner"), "\(changed)")
        let unknown = try #require(try problem(pinned, [("a", key(1)), ("d", key(4))]))
        #expect(unknown.contains("member d") && unknown.contains("identity show"), "\(unknown)")
        // Two keys that change places.
        #expect(try problem(pinned, [("a", key(2)), ("b", key(1))])?.contains("member a") == true)
        // A roster without keys says of nobody who it is.
        #expect(try problem(pinned, [("a", []), ("b", [])])?.contains("member a") == true)
    }

    @Test func whatIsNoSetOfKeysIsRefused() {
        for keys in [[:], ["a": key(1), "b": key(1)], ["a": Array(key(1).dropLast())], ["a": []]] {
            #expect(throws: SecureAggregationError.malformed(field: "pinned_keys")) { _ = try PinnedKeys(keys) }
        }
    }

    @Test func aRefusalOfADrawHasOneEncoding() throws {
        let refusal = DrawRefusal(reason: Array("no".utf8))
        #expect(refusal.encoded == [1, 23, 2, 0, 0, 0, 0x6E, 0x6F])
        #expect(try DrawRefusal(encoded: refusal.encoded) == refusal)
        #expect(DrawRefusal(reason: [UInt8](repeating: 65, count: 5000)).reason.count == Limits.reasonBytesMax)
        for bad in [[1, 23, 3, 0, 0, 0, 0x6E, 0x6F], [1, 23, 2, 0, 0, 0, 0x6E, 0x6F, 0], [1, 22, 0, 0, 0, 0], [1, 23, 0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]] {
            #expect(throws: SecureAggregationError.self) { _ = try DrawRefusal(encoded: bad) }
        }
    }

    /// Enough signatures for one set are enough: who dropped out since is not waited for, and who comes back still can sign.
    @Test func aSurvivorThatIsGoneBeforeItSignsHoldsNothingUp() throws {
        for seed in 0..<5 as Range<UInt64> {
            var world = try World(members: 30, mode: .maliciousServer, seed: seed, suite: .simulated)
            world.gone["signature"] = [3, 17]
            world.run()
            #expect(world.aborted == nil && world.opened.count == world.plan.groups && world.server.survivors.count == 30)
            #expect(try world.violations() == [])
        }
    }
}
