internal import COpenSSL
package import CryptoSuite
internal import KernelTable
internal import TensorKernels

/// The two ways to add masks. Both give the same bits. Numbers are taken in parts of the first cache, and a part goes through
/// all masks before the next: a model is read and written once and not once for each neighbour.
package enum MaskStreams {
    /// Whether masks go through the processor's AES for vectors.
    package static var isFused: Bool { Kernels.masks != nil }

    /// Through the processor's AES for vectors where it has it, and through libcrypto elsewhere. The masks have one width.
    package static func add(_ masks: [Mask], to numbers: UnsafeMutableBufferPointer<UInt32>) {
        guard let fused = Kernels.masks else { return addThroughLibcrypto(masks, to: numbers) }
        let size = fused.scheduleByteCount
        withUnsafeTemporaryAllocation(byteCount: max(1, masks.count) * size, alignment: 32) { schedules in
            guard let first = schedules.baseAddress else { return }
            for (index, mask) in masks.enumerated() { fused.expand(mask.key, first + index * size) }
            addParts(masks, numbers) { index, block, stream, byteCount in
                fused.stream(stream, byteCount, first + index * size, high: 0, low: block)
            }
            // Round keys are as good as the key.
            _ = schedules.initializeMemory(as: UInt8.self, repeating: 0)
        }
    }

    /// Keystream of libcrypto, a few kilobytes at a time, then the addition.
    package static func addThroughLibcrypto(_ masks: [Mask], to numbers: UnsafeMutableBufferPointer<UInt32>) {
        precondition(Libcrypto.isReady, "libcrypto cannot be used")
        let contexts = masks.map { mask -> OpaquePointer in
            var counter = [UInt8](repeating: 0, count: 8)
            withUnsafeBytes(of: mask.block.bigEndian) { counter += $0 }
            guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
            precondition(EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), nil, mask.key, counter) == 1, "libcrypto has no AES-128-CTR")
            return context
        }
        defer { contexts.forEach(EVP_CIPHER_CTX_free) }
        let zeros = [UInt8](repeating: 0, count: Mask.partBytes)
        zeros.withUnsafeBufferPointer { zeros in
            // The parts are whole blocks, so each stream goes on where it ended.
            addParts(masks, numbers) { index, _, stream, byteCount in
                var written: Int32 = 0
                let place = stream.assumingMemoryBound(to: UInt8.self)
                let done = EVP_EncryptUpdate(contexts[index], place, &written, zeros.baseAddress, Int32(byteCount))
                precondition(done == 1 && Int(written) == byteCount, "libcrypto's AES-128-CTR failed")
            }
        }
    }

    /// - Parameter stream: writes so many bytes of a mask's keystream from a counter block on; for each mask it is asked for
    ///   one part after the other.
    private static func addParts(
        _ masks: [Mask], _ numbers: UnsafeMutableBufferPointer<UInt32>,
        stream: (_ mask: Int, _ block: UInt64, _ out: UnsafeMutableRawPointer, _ byteCount: Int) -> Void
    ) {
        guard let width = masks.first?.width, let base = numbers.baseAddress else { return }
        precondition(masks.allSatisfy { $0.width == width }, "masks that are added together have one width")
        let kernels = Kernels.active
        // The kernel may read sixteen bytes behind the stream, and takes nothing from them.
        withUnsafeTemporaryAllocation(byteCount: Mask.partBytes + 16, alignment: 64) { room in
            guard let bytes = room.baseAddress else { return }
            (bytes + Mask.partBytes).initializeMemory(as: UInt8.self, repeating: 0, count: 16)
            Mask.inParts(numbers.count, width: width) { part, blocks, byteCount in
                for (index, mask) in masks.enumerated() {
                    stream(index, mask.block &+ blocks, bytes, byteCount)
                    kernels.addPacked(
                        base + part.lowerBound, bytes.assumingMemoryBound(to: UInt8.self), byteCount + 16, part.count, width, mask.subtract)
                }
            }
        }
    }
}
