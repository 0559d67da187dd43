internal import COpenSSL
package import CryptoSuite
internal import KernelTable
internal import TensorKernels

/// The two ways to add a mask. Both give the same bits.
package enum MaskStreams {
    /// Whether masks go through the processor's AES for vectors.
    package static var isFused: Bool { Kernels.masks != nil }

    /// Keystream of libcrypto, a few kilobytes at a time, then the addition.
    package static func addThroughLibcrypto(_ mask: Mask, to numbers: UnsafeMutableBufferPointer<UInt32>) {
        guard let base = numbers.baseAddress, !numbers.isEmpty else { return }
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
        defer { EVP_CIPHER_CTX_free(context) }
        var counter = [UInt8](repeating: 0, count: 8)
        withUnsafeBytes(of: mask.block.bigEndian) { counter += $0 }
        precondition(EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), nil, mask.key, counter) == 1, "libcrypto has no AES-128-CTR")
        let kernels = Kernels.active
        let zeros = [UInt8](repeating: 0, count: Mask.partBytes)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Mask.partBytes / 4) { stream in
            let bytes = UnsafeMutableRawBufferPointer(stream)
            mask.inParts(numbers.count) { part, _, byteCount in
                var written: Int32 = 0
                let place = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
                let done = EVP_EncryptUpdate(context, place, &written, zeros, Int32(byteCount))
                precondition(done == 1 && Int(written) == byteCount, "libcrypto's AES-128-CTR failed")
                // Whole words need no shifting, and a kernel adds them.
                if mask.width == 32, UInt32(littleEndian: 1) == 1, let words = stream.baseAddress {
                    kernels.addWords(base + part.lowerBound, words, part.count, mask.subtract)
                } else {
                    mask.add(UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]), to: UnsafeMutableBufferPointer(rebasing: numbers[part]))
                }
            }
        }
    }

    /// Through the processor's AES for vectors where it has it, and through libcrypto elsewhere.
    package static func add(_ mask: Mask, to numbers: UnsafeMutableBufferPointer<UInt32>) {
        guard let fused = Kernels.masks, let base = numbers.baseAddress else { return addThroughLibcrypto(mask, to: numbers) }
        if mask.width == 32 {
            fused.addStream(base, numbers.count, key: mask.key, high: 0, low: mask.block, subtract: mask.subtract)
            return
        }
        // Added to zeros, the stream is itself.
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Mask.partBytes / 4) { stream in
            mask.inParts(numbers.count) { part, block, byteCount in
                stream.initialize(repeating: 0)
                guard let words = stream.baseAddress else { return }
                fused.addStream(words, (byteCount + 3) / 4, key: mask.key, high: 0, low: block, subtract: false)
                mask.add(
                    UnsafeRawBufferPointer(start: words, count: byteCount), to: UnsafeMutableBufferPointer(rebasing: numbers[part]))
            }
        }
    }
}
