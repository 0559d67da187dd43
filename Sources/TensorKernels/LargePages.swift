#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension Kernels {
    /// Asks the system for large pages under a buffer that nobody has written yet: a fresh model of a million numbers is a
    /// thousand small pages, and each costs about as long as the aggregation of its numbers. A wish and no more: what is in
    /// the buffer does not change, and a system without large pages does nothing.
    package static func preferLargePages(_ start: UnsafeMutableRawPointer, _ byteCount: Int) {
        #if os(Linux)
            let size = 2 << 20
            let first = (UInt(bitPattern: start) + UInt(size - 1)) / UInt(size) * UInt(size)
            let end = (UInt(bitPattern: start) + UInt(max(0, byteCount))) / UInt(size) * UInt(size)
            guard first < end else { return }
            madvise(UnsafeMutableRawPointer(bitPattern: first), Int(end - first), MADV_HUGEPAGE)
        #endif
    }
}
