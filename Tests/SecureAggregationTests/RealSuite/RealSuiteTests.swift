import CryptoSuite
import SecureAggregation
import Testing
import Trust

/// The protocol with the primitives it runs on in production, drop-outs included.
@Suite struct RealSuiteTests {
    @Test(arguments: [TrustMode.honestButCurious, .maliciousServer], KeyExchange.allCases) func sumsAreSums(mode: TrustMode, keys: KeyExchange) throws {
        for seed in 0..<3 as Range<UInt64> {
            var world = try World(members: 20, mode: mode, dimension: 300, seed: seed, suite: .system) { $0.keyExchange = keys }
            world.gone["input"] = [Int(seed)]
            world.gone["response"] = [19]
            world.run()
            #expect(world.aborted == nil && !world.opened.isEmpty)
            #expect(try world.violations() == [])
            #expect(world.clientRefusals.isEmpty && world.serverRefusals.isEmpty)
        }
    }

    /// Another model at one client: nothing of its opens, and nothing is revealed to it or of it.
    @Test func anotherModelOpensNothing() throws {
        var world = try World(members: 20, dimension: 30, seed: 5, suite: .system)
        world.modelOf[3] = [UInt8](repeating: 9, count: 32)
        world.run()
        #expect(try world.violations() == [])
        #expect(!world.server.survivors.contains(3))
    }
}
