package import CryptoSuite
internal import KernelTable
internal import TensorKernels

/// An update as whole numbers, ready to be masked.
package struct EncodedUpdate: Equatable, Sendable {
    /// d coordinates of `bits` bits, the weight where there is one, and the check lanes.
    package let lanes: [UInt32]
    /// Coordinates that were cut to ±c.
    package let saturated: Int
    /// Whether the whole update was scaled down to the norm C.
    package let wasScaled: Bool
    /// Roundings until the norm held; 1 most of the time.
    package let draws: Int

    /// The numbers alone.
    package var withoutFacts: EncodedUpdate { EncodedUpdate(lanes: lanes, saturated: 0, wasScaled: false, draws: 1) }
}

/// Clips and rounds a client's update. The rounding is drawn from a secret of the client, the session and the round, so that a
/// retry of the round encodes the same integers and an attempt more tells nobody more.
package struct UpdateEncoder: Sendable {
    package let parameters: EncodingParameters
    private let key: Secret
    private let session: [UInt8]
    private let round: Int
    private let suite: CryptoSuite

    /// `clientSecret`: 32 bytes that never leave the client.
    package init(_ parameters: EncodingParameters, clientSecret: Secret, session: [UInt8], round: Int, suite: CryptoSuite) {
        self.parameters = parameters
        key = clientSecret
        self.session = session
        self.round = round
        self.suite = suite
    }

    /// - Parameters:
    ///   - update: d finite values.
    ///   - weight: the client's rows; cut to the largest weight, ignored where all count the same.
    package func encode(_ update: [Float], weight: Int = 1) throws(SecureAggregationError) -> EncodedUpdate {
        guard !update.isEmpty, update.count < Limits.lanesMax else { throw .unencodable("an update has 1 to \(Limits.lanesMax - 1) values") }
        let kernels = Kernels.active
        guard kernels.allFinite(update, update.count) else {
            let bad = update.firstIndex { !$0.isFinite } ?? 0
            throw .unencodable("value \(bad) of the update is not finite")
        }
        let norm = kernels.sumOfSquares(update, update.count).squareRoot()
        let wasScaled = norm > parameters.l2Clip
        var scale = wasScaled ? parameters.l2Clip / norm : 1
        var tail: [UInt32] = []
        if parameters.weightMax > 0 {
            let counted = min(max(weight, 1), parameters.weightMax)
            tail.append(UInt32(counted))
            scale *= Double(counted) / Double(parameters.weightMax)
        }
        tail += [UInt32](repeating: 0, count: Limits.checkLanes)
        let normMax = parameters.roundedNormMax(dimension: update.count)
        for draw in 1...Limits.roundingDrawsMax {
            let (lanes, saturated, rounded) = round(update, scale: scale, draw: draw)
            guard rounded <= normMax * normMax else { continue }
            return EncodedUpdate(lanes: lanes + tail, saturated: saturated, wasScaled: wasScaled, draws: draw)
        }
        throw .unencodable("no rounding kept the norm \(normMax) in \(Limits.roundingDrawsMax) draws: take more bits")
    }

    private func round(_ update: [Float], scale: Double, draw: Int) -> (lanes: [UInt32], saturated: Int, squares: Double) {
        let stream = randomKey(draw: draw)
        // A multiple of the sixteen sums of squares, and of a block of keystream.
        let tile = 4096
        var saturated = 0
        var squares = [Double](repeating: 0, count: 16)
        let lanes = [UInt32](unsafeUninitializedCapacity: update.count) { lanes, initialised in
            guard let out = lanes.baseAddress else { return }
            update.withUnsafeBufferPointer { update in
                guard let values = update.baseAddress else { return }
                for start in stride(from: 0, to: update.count, by: tile) {
                    let count = min(tile, update.count - start)
                    suite.keystream(stream, UInt64(start / 4), 4 * count).withUnsafeBytes { bytes in
                        #if _endian(little)
                            let random = bytes.bindMemory(to: UInt32.self)
                        #else
                            let random = bytes.bindMemory(to: UInt32.self).map(\.byteSwapped)
                        #endif
                        let done: Int? = random.withContiguousStorageIfAvailable { random in
                            guard let random = random.baseAddress else { return 0 }
                            return Kernels.active.encode(
                                out + start, values + start, random, count, scale, parameters.coordinateClip, parameters.step,
                                Double(parameters.steps), &squares)
                        }
                        saturated += done ?? 0
                    }
                }
            }
            initialised = update.count
        }
        return (lanes, saturated, squares.reduce(0, +))
    }

    private func randomKey(draw: Int) -> [UInt8] {
        var info = CanonicalWriter()
        info.label("rounding")
        info.string(session)
        info.number32(round)
        info.number32(draw)
        return suite.hkdfSHA256(key.bytes, [], info.bytes, 16)
    }
}

/// The sum of a group, open.
package struct GroupSum: Equatable, Sendable {
    package let clients: Int
    /// Sums of quantised values, moved up by the noise's bound where members add noise; without the check lanes.
    package let lanes: [UInt32]
    package let parameters: EncodingParameters

    /// nil where the lanes cannot be the sum of `clients` encoded updates: masks that did not cancel, or a member that lies.
    package init?(lanes: [UInt32], clients: Int, parameters: EncodingParameters) {
        let check = Limits.checkLanes
        guard clients > 0, lanes.count > check, lanes.suffix(check).allSatisfy({ $0 == 0 }) else { return nil }
        var lanes = lanes
        if let noise = parameters.noise {
            let (up, mask) = (UInt32(truncatingIfNeeded: noise.bound), UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(parameters.width)) - 1))
            for place in lanes.indices.dropLast(check) { lanes[place] = (lanes[place] &+ up) & mask }
        }
        let largest = parameters.largestLane(clients: clients)
        guard lanes.allSatisfy({ UInt64($0) <= largest }) else { return nil }
        if parameters.weightMax > 0 {
            let weight = Int(lanes[lanes.count - check - 1])
            guard weight >= clients, weight <= clients * parameters.weightMax else { return nil }
        }
        self.clients = clients
        self.lanes = Array(lanes.dropLast(check))
        self.parameters = parameters
    }

    /// The (weighted) mean of the members' updates, d values.
    package var mean: [Float] {
        let (clip, step) = (parameters.coordinateClip, parameters.step)
        let offset = Double(clients) * clip + Double(parameters.noise?.bound ?? 0) * step
        let weighted = parameters.weightMax > 0
        let divisor = weighted ? Double(lanes[lanes.count - 1]) / Double(parameters.weightMax) : Double(clients)
        return (weighted ? lanes.dropLast() : lanes[...]).map { Float((Double($0) * step - offset) / divisor) }
    }
}
