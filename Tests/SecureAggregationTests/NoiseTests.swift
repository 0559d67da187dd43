import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

/// Noise that members add to their coordinates before they are masked.
@Suite struct NoiseTests {
    private func parameters(members: Int, bits: Int, bound: UInt64, width: Int? = nil) -> EncodingParameters {
        EncodingParameters(
            l2Clip: 1000, coordinateClip: 1, bits: bits, width: width ?? EncodingParameters.width(bits: bits, clients: members, bound: bound), weightMax: 0,
            noise: ClientNoise(variance: 1, bound: bound))
    }

    private func encode(_ update: [Float], _ parameters: EncodingParameters, member: UInt8) throws -> EncodedUpdate {
        try UpdateEncoder(parameters, clientSecret: Secret([UInt8](repeating: member, count: 32)), session: [1], round: 1, suite: .simulated).encode(update)
    }

    /// Whatever is added up to the bound, on either side: what is opened is the sum with the noise in it, and its mean is exact.
    @Test(arguments: [(2, 1), (5, 8), (9, 16), (3, 24)]) func theSumHasTheNoiseInIt(members: Int, bits: Int) throws {
        var numbers = Numbers(state: UInt64(bits))
        let bound: UInt64 = bits == 24 ? 1 << 20 : 300
        let parameters = parameters(members: members, bits: bits, bound: bound)
        let dimension = 50
        var sum = [UInt64](repeating: 0, count: dimension + Limits.checkLanes)
        var exact = [Int64](repeating: 0, count: dimension)
        var left = [Int64](repeating: Int64(bound), count: dimension)
        for member in 0..<members {
            let encoded = try encode((0..<dimension).map { _ in Float(numbers.next(below: 2001)) / 1000 - 1 }, parameters, member: UInt8(member))
            var place = 0
            let noised = encoded.adding(
                {
                    // The first two coordinates have all there may be, up and down.
                    let drawn = place < 2 ? (member == 0 ? left[place] : 0) : Int64(numbers.next(below: Int(left[place]) + 1))
                    left[place] -= drawn
                    let signed = place % 2 == 0 ? drawn : -drawn
                    exact[place] += Int64(encoded.lanes[place]) + signed
                    place += 1
                    return signed
                }, parameters)
            #expect(place == dimension && noised.lanes.suffix(Limits.checkLanes).allSatisfy { $0 == 0 })
            #expect(noised.lanes.allSatisfy { UInt64($0) < 1 << UInt64(parameters.width) })
            for lane in sum.indices { sum[lane] += UInt64(noised.lanes[lane]) }
        }
        let lanes = sum.map { UInt32($0 % (1 << UInt64(parameters.width))) }
        let opened = try #require(GroupSum(lanes: lanes, clients: members, parameters: parameters))
        for place in 0..<dimension {
            let mean = (Double(exact[place]) * parameters.step - Double(members)) / Double(members)
            #expect(abs(Double(opened.mean[place]) - mean) <= 1e-6 * max(1, abs(mean)), "\(place)")
        }
    }

    /// What cannot be a sum with this noise is none: beyond the bound on either side, or with a check lane that is not zero.
    @Test func whatIsBeyondTheNoiseIsNoSum() throws {
        let parameters = parameters(members: 3, bits: 8, bound: 100, width: 16)
        func sum(_ lane: Int, check: UInt32 = 0) -> GroupSum? {
            GroupSum(lanes: [UInt32(lane & 0xFFFF)] + [0, 0, 0, check], clients: 3, parameters: parameters)
        }
        #expect(sum(-100)?.mean.first == Float((-100 * parameters.step - 3) / 3) && sum(3 * 255 + 100) != nil)
        #expect(sum(-101) == nil && sum(3 * 255 + 101) == nil && sum(0, check: 1) == nil)
        // A check lane is not moved up with the others.
        #expect(sum(0, check: 0xFFFF - 99) == nil)
    }

    @Test func theWidthHoldsBothSides() {
        #expect(EncodingParameters.width(bits: 8, clients: 1) == 8 && EncodingParameters.width(bits: 8, clients: 1, bound: 1) == 9)
        #expect(EncodingParameters.width(bits: 16, clients: 10, bound: 1 << 30) == 32)
    }
}
