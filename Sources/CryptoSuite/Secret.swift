#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Bytes that must not be printed and are overwritten with zeros when nobody holds them any more.
///
/// Copies that `bytes` hands to a primitive are ordinary arrays and are not overwritten: keep them short-lived.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let storage: ErasedStorage

    package init(_ bytes: [UInt8]) { storage = ErasedStorage(bytes) }

    /// A copy of the bytes.
    package var bytes: [UInt8] { Array(storage.bytes) }
    package var count: Int { storage.bytes.count }
    package var description: String { "<secret, \(count) bytes>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret: Equatable {
    package static func == (a: Secret, b: Secret) -> Bool { constantTimeEqual(a.bytes, b.bytes) }
}

/// Immutable until its end, so it may be read from any thread.
private final class ErasedStorage: @unchecked Sendable {
    private let memory: UnsafeMutableBufferPointer<UInt8>
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(memory) }

    init(_ bytes: [UInt8]) {
        memory = .allocate(capacity: bytes.count)
        _ = memory.initialize(from: bytes)
    }

    deinit {
        overwriteWithZeros(memory)
        memory.deallocate()
    }
}

/// Writes zeros that the optimiser may not leave out, though nobody reads the memory afterwards.
package func overwriteWithZeros(_ memory: UnsafeMutableBufferPointer<UInt8>) {
    guard let start = memory.baseAddress else { return }
    #if canImport(Glibc) || canImport(Musl)
        explicit_bzero(start, memory.count)
    #else
        overwriteByBytes(start, memory.count)
    #endif
}

#if !(canImport(Glibc) || canImport(Musl))
    @inline(never) @_optimize(none)
    private func overwriteByBytes(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) {
        for i in 0..<count { start[i] = 0 }
    }
#endif
