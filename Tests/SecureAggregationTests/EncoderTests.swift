import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

@Suite struct EncoderTests {
    private let suite = CryptoSuite.simulated

    private func encoder(_ parameters: EncodingParameters, secret: UInt8 = 1, round: Int = 1) -> UpdateEncoder {
        UpdateEncoder(parameters, clientSecret: Secret([UInt8](repeating: secret, count: 32)), session: [1], round: round, suite: suite)
    }

    private func parameters(l2: Double = 1000, clip: Double = 1, bits: Int = 8, weightMax: Int = 0) -> EncodingParameters {
        EncodingParameters(l2Clip: l2, coordinateClip: clip, bits: bits, width: 24, weightMax: weightMax)
    }

    /// Every value goes to one of its two neighbours on the grid, and the ends and the check lanes are exact.
    @Test(arguments: [1, 2, 8, 16, 24]) func valuesGoToTheirNeighbours(bits: Int) throws {
        var numbers = Numbers(state: UInt64(bits))
        let update = [-1, 1] + (0..<9000).map { _ in Float(numbers.next(below: 2_000_001) - 1_000_000) / 1_000_000 }
        let parameters = parameters(bits: bits)
        let encoded = try encoder(parameters).encode(update)
        #expect(encoded.lanes.count == update.count + Limits.checkLanes && encoded.lanes.suffix(Limits.checkLanes).allSatisfy { $0 == 0 })
        #expect(encoded.lanes[0] == 0 && UInt64(encoded.lanes[1]) == parameters.steps && encoded.saturated == 0 && !encoded.wasScaled)
        for (value, lane) in zip(update, encoded.lanes) {
            let place = (Double(value) + 1) / parameters.step
            #expect(abs(Double(lane) - place) < 1 + 1e-6 && UInt64(lane) <= parameters.steps)
        }
    }

    /// Right on average: a fraction of 0.25 goes up in a quarter of 40,000 draws (4 standard deviations of 87), fixed seed.
    @Test func roundingIsFair() throws {
        let parameters = parameters(bits: 4)
        let value = Float(7.25 * parameters.step - 1)
        let encoded = try encoder(parameters).encode([Float](repeating: value, count: 40_000))
        let up = encoded.lanes.dropLast(Limits.checkLanes).count { $0 == 8 }
        #expect(encoded.lanes.dropLast(Limits.checkLanes).allSatisfy { $0 == 7 || $0 == 8 })
        #expect(abs(up - 10_000) < 350, "\(up)")
    }

    /// A retry encodes the same integers; another round, session, client or draw does not.
    @Test func roundingIsTheClientsSecret() throws {
        let update = (0..<500).map { Float($0) / 777 - 0.3 }
        let one = try encoder(parameters()).encode(update)
        #expect(try encoder(parameters()).encode(update) == one)
        #expect(try encoder(parameters(), secret: 2).encode(update) != one)
        #expect(try encoder(parameters(), round: 2).encode(update) != one)
        let other = UpdateEncoder(parameters(), clientSecret: Secret([UInt8](repeating: 1, count: 32)), session: [2], round: 1, suite: suite)
        #expect(try other.encode(update) != one)
    }

    /// Values beyond the clip are cut and counted, never silently.
    @Test func saturationIsCounted() throws {
        let encoded = try encoder(parameters(clip: 0.5)).encode([0.5, 0.51, -0.6, 7, 0])
        #expect(encoded.saturated == 3 && encoded.lanes[1] == 255 && encoded.lanes[2] == 0 && encoded.lanes[3] == 255)
    }

    @Test func theNormIsClippedAndHolds() throws {
        let parameters = parameters(l2: 1, clip: 0.2, bits: 10)
        let update = [Float](repeating: 3, count: 400)
        let encoded = try encoder(parameters).encode(update)
        #expect(encoded.wasScaled && encoded.saturated == 0)
        let squares = encoded.lanes.prefix(400).reduce(0.0) {
            let value = Double($1) * parameters.step - 0.2
            return $0 + value * value
        }
        #expect(squares.squareRoot() <= parameters.roundedNormMax(dimension: 400))
        #expect(abs(squares.squareRoot() - 1) < 0.01)
        // Half way between coarse steps, at the largest norm: the rounded one is too large in many draws, and what is sent never is.
        var drawn = 0
        for round in 1...200 {
            let coarse = EncodingParameters(l2Clip: 3, coordinateClip: 1, bits: 2, width: 8, weightMax: 0)
            let encoded = try encoder(coarse, round: round).encode([Float](repeating: 2.0 / 3, count: 20))
            let squares = encoded.lanes.prefix(20).reduce(0.0) {
                let value = Double($1) * coarse.step - 1
                return $0 + value * value
            }
            #expect(squares <= coarse.roundedNormMax(dimension: 20) * coarse.roundedNormMax(dimension: 20))
            drawn = max(drawn, encoded.draws)
        }
        #expect(drawn > 1, "\(drawn)")
    }

    @Test func whatCannotBeEncoded() throws {
        for bad in [[], [Float.nan], [0, Float.infinity], [-Float.infinity]] as [[Float]] {
            #expect(throws: SecureAggregationError.self) { try encoder(parameters()).encode(bad) }
        }
        // Finite in Float and large: the norm is taken in Double.
        #expect(try encoder(parameters(l2: 1)).encode([3e38, 3e38]).wasScaled)
    }

    /// The weighted mean of updates, through lanes that hold the weights as well.
    @Test func weights() throws {
        let parameters = parameters(bits: 16, weightMax: 1000)
        var sum = [UInt32](repeating: 0, count: 2 + 1 + Limits.checkLanes)
        for (value, weight) in [(0.5, 100), (-0.25, 300), (1, 5000)] as [(Float, Int)] {
            let encoded = try encoder(parameters).encode([value, 0], weight: weight)
            for i in sum.indices { sum[i] += encoded.lanes[i] }
        }
        let open = try #require(GroupSum(lanes: sum, clients: 3, parameters: parameters))
        // (50 - 75 + 1000) / 1400: the last weight is cut to 1,000.
        #expect(abs(open.mean[0] - 975.0 / 1400) < 0.001 && abs(open.mean[1]) < 0.001 && open.mean.count == 2)
        sum[2] = 2
        #expect(GroupSum(lanes: sum, clients: 3, parameters: parameters) == nil, "less weight than clients")
        sum[2] = 3001
        #expect(GroupSum(lanes: sum, clients: 3, parameters: parameters) == nil, "more than all of them may have")
    }

    @Test func sumsThatAreNone() {
        let parameters = parameters(bits: 4)
        let good: [UInt32] = [30, 0, 0, 0, 0, 0]
        #expect(GroupSum(lanes: good, clients: 2, parameters: parameters) != nil)
        for i in 2..<6 {
            var bad = good
            bad[i] = 1
            #expect(GroupSum(lanes: bad, clients: 2, parameters: parameters) == nil)
        }
        #expect(GroupSum(lanes: [31, 0, 0, 0, 0, 0], clients: 2, parameters: parameters) == nil)
        #expect(GroupSum(lanes: good, clients: 0, parameters: parameters) == nil && GroupSum(lanes: [0, 0, 0], clients: 1, parameters: parameters) == nil)
    }
}

@Suite struct LaneTests {
    private let suite = CryptoSuite.simulated

    /// The definition, bit by bit.
    private func twin(_ stream: [UInt8], _ lane: Int, _ width: Int) -> UInt32 {
        (0..<width).reduce(0) { value, bit in
            let at = lane * width + bit
            return value | UInt32(stream[at / 8] >> UInt8(at % 8) & 1) << UInt32(bit)
        }
    }

    @Test func masksAreTheKeystreamsBits() {
        let key = Secret([UInt8](0..<16))
        for width in 1...32 {
            for count in [0, 1, 7, 128, 300, 4096, 4097, 9001] {
                let stream = suite.keystream(key.bytes, 0, (count * width + 7) / 8)
                var added = MaskedVector(zeros: count, width: width)
                added.add(MaskTerm(key: key, subtract: false), suite: suite)
                let places = count > 300 ? [0, 1, 4095, 4096, 4097, count - 1].filter { $0 < count } : Array(0..<count)
                for lane in places { #expect(added.lanes[lane] == twin(stream, lane, width), "width \(width), lane \(lane) of \(count)") }
                added.add(MaskTerm(key: key, subtract: true), suite: suite)
                #expect(added == MaskedVector(zeros: count, width: width))
            }
        }
    }

    @Test func packingKeepsEveryLane() throws {
        var numbers = Numbers(state: 2)
        for width in 1...32 {
            for count in [1, 7, 8, 9, 100] {
                var vector = MaskedVector(zeros: count, width: width)
                vector.add(MaskTerm(key: Secret(numbers.bytes(16)), subtract: false), suite: suite)
                let packed = vector.packed
                #expect(packed.count == (count * width + 7) / 8)
                for lane in 0..<count { #expect(twin(packed, lane, width) == vector.lanes[lane]) }
                var back = MaskedVector(zeros: count, width: width)
                try back.add(packed: packed)
                #expect(back == vector)
                try back.add(packed: packed)
                let mask = width == 32 ? UInt32.max : 1 << UInt32(width) - 1
                #expect(back.lanes == vector.lanes.map { ($0 &+ $0) & mask })
            }
        }
    }

    /// Three members in a ring of four values, all masks enumerated: what the coordinator sees is as often the same for any two
    /// inputs with one sum. Each pair's mask is added by one and subtracted by the other; own masks come off in the sum.
    @Test func inputsWithOneSumLookAlike() {
        func transcripts(_ inputs: [Int]) -> [[Int]: Int] {
            var seen: [[Int]: Int] = [:]
            let ring = 4
            for masks in 0..<ring * ring * ring {
                let (a, b, c) = (masks % ring, masks / ring % ring, masks / ring / ring)
                let sent = [inputs[0] + a + b, inputs[1] - a + c, inputs[2] - b - c].map { (($0 % ring) + ring) % ring }
                seen[sent, default: 0] += 1
            }
            return seen
        }
        for x in 0..<4 {
            for y in 0..<4 {
                for z in 0..<4 {
                    #expect(transcripts([x, y, z]) == transcripts([(x + y + z) % 4, 0, 0]))
                    #expect(transcripts([x, y, z]) != transcripts([(x + y + z + 1) % 4, 0, 0]))
                }
            }
        }
    }
}
