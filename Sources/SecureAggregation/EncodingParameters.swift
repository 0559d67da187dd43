/// How a coordinate becomes a whole number: clipped to ±`coordinateClip`, in 2^bits - 1 steps, moved so that none is negative.
package struct EncodingParameters: Equatable, Sendable {
    /// Largest Euclidean norm of an update before rounding (C).
    package var l2Clip: Double
    /// Largest magnitude of one coordinate (c).
    package var coordinateClip: Double
    /// Bits of a quantised coordinate (b).
    package var bits: Int
    /// Bits of a lane of the sum (w): a whole group fits.
    package var width: Int
    /// Largest weight of a client; 0: all count the same and there is no lane for it.
    package var weightMax: Int
    /// nil: members add none.
    package var noise: ClientNoise?

    package init(l2Clip: Double, coordinateClip: Double, bits: Int, width: Int, weightMax: Int, noise: ClientNoise? = nil) {
        self.l2Clip = l2Clip
        self.coordinateClip = coordinateClip
        self.bits = bits
        self.width = width
        self.weightMax = weightMax
        self.noise = noise
    }

    /// Steps between -c and c.
    package var steps: UInt64 { (1 << UInt64(bits)) - 1 }

    /// One step in the units of the model.
    package var step: Double { 2 * coordinateClip / Double(steps) }

    /// The fewest bits that hold the sum of `clients` quantised values with noise of up to `bound` steps on either side:
    /// ceil(log2(s(2^b - 1) + 2B + 1)).
    package static func width(bits: Int, clients: Int, bound: UInt64 = 0) -> Int {
        UInt64.bitWidth - (UInt64(clients) * ((1 << UInt64(bits)) - 1) + 2 * bound).leadingZeroBitCount
    }

    /// The largest lane of `clients` members' sum, moved up by the noise's bound.
    func largestLane(clients: Int) -> UInt64 { UInt64(clients) * steps + 2 * (noise?.bound ?? 0) }

    /// Elements of a masked vector: the coordinates, the weight where there is one, and the check lanes.
    package func lanes(dimension: Int) -> Int { dimension + (weightMax > 0 ? 1 : 0) + Limits.checkLanes }

    /// Bytes of a masked vector.
    package func packedBytes(dimension: Int) -> Int { (lanes(dimension: dimension) * width + 7) / 8 }

    func check(groupMax: Int) throws(SecureAggregationError) {
        guard l2Clip.isFinite, l2Clip > 0 else { throw .malformed(field: "l2_clip") }
        guard coordinateClip.isFinite, coordinateClip > 0 else { throw .malformed(field: "coordinate_clip") }
        guard (1...Limits.bitsMax).contains(bits) else { throw .malformed(field: "bits") }
        if let noise {
            guard noise.variance > 0, noise.variance <= ClientNoise.varianceMax else { throw .malformed(field: "noise_variance") }
            guard (1...ClientNoise.boundMax).contains(noise.bound), weightMax == 0 else { throw .malformed(field: "noise_bound") }
        }
        guard (1...Limits.widthMax).contains(width), width >= Self.width(bits: bits, clients: groupMax, bound: noise?.bound ?? 0) else {
            throw .malformed(field: "width")
        }
        guard weightMax >= 0, UInt64(weightMax) <= steps else { throw .malformed(field: "weight_max") }
    }

    /// The norm a rounded vector of `dimension` coordinates may have: what at least half of the draws keep (Kairouz, Liu,
    /// Steinke 2021, arXiv 2102.06387, theorem 1 with β = e^(-1/2)).
    package func roundedNormMax(dimension: Int) -> Double {
        let d = Double(dimension)
        let always = l2Clip + step * d.squareRoot()
        let often = l2Clip * l2Clip + step * step * d / 4 + step * (l2Clip + step * d.squareRoot() / 2)
        return min(always, often.squareRoot())
    }
}
