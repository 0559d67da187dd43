package import CryptoSuite
internal import KernelTable
internal import TensorKernels

/// One mask to be added or subtracted: an AES-128 key, 16 bytes.
package struct MaskTerm: Equatable, Sendable {
    package let key: Secret
    package let subtract: Bool
    package init(key: Secret, subtract: Bool) {
        self.key = key
        self.subtract = subtract
    }
}

/// A vector modulo 2^w: one client's on its way to be masked, or the sum of a group's.
package struct MaskedVector: Equatable, Sendable {
    package let width: Int
    package private(set) var lanes: [UInt32]

    package init(zeros count: Int, width: Int) {
        lanes = [UInt32](repeating: 0, count: count)
        self.width = width
    }

    package init(_ encoded: EncodedUpdate, width: Int) {
        lanes = encoded.lanes
        self.width = width
    }

    /// Adds the lanes of the term's keystream: lane j is bits [w·j, w·j + w), little-endian.
    package mutating func add(_ term: MaskTerm, suite: CryptoSuite) { add([term], suite: suite) }

    /// The same of all terms in one pass over the vector.
    package mutating func add(_ terms: [MaskTerm], suite: CryptoSuite) {
        let masks = terms.map { Mask(key: $0.key.bytes, width: width, subtract: $0.subtract) }
        lanes.withUnsafeMutableBufferPointer { suite.addMasks(masks, $0) }
    }

    /// Adds another client's packed vector; its length has been checked.
    package mutating func add(packed: [UInt8]) throws(SecureAggregationError) {
        guard packed.count == (lanes.count * width + 7) / 8 else { throw .malformed(field: "lanes") }
        let used = lanes.count * width % 8
        guard used == 0 || packed[packed.count - 1] >> UInt8(used) == 0 else { throw .malformed(field: "lanes") }
        lanes.withUnsafeMutableBufferPointer { lanes in
            guard let start = lanes.baseAddress else { return }
            Kernels.active.addPacked(start, packed, packed.count, lanes.count, width, false)
        }
    }

    /// w bits a lane, little-endian, zeros in the last byte's rest.
    package var packed: [UInt8] {
        let count = (lanes.count * width + 7) / 8
        return [UInt8](unsafeUninitializedCapacity: count) { out, initialised in
            guard count > 0, let start = out.baseAddress else { return }
            Kernels.active.pack(start, lanes, lanes.count, width)
            initialised = count
        }
    }
}
