/// The keystream of AES-128 in counter mode (SP 800-38A §6.5) added to whole numbers where they lie, in one pass.
///
/// The counter block is the 128-bit number `high`·2^64 + `low`, big-endian, incremented over its whole width. The
/// stream's bytes are taken as little-endian words.
package protocol MaskKernels: Sendable {
    /// words[count] += the stream, or −= it, modulo 2^32. `key`: 16 bytes.
    func addStream(
        _ words: UnsafeMutablePointer<UInt32>, _ count: Int, key: UnsafePointer<UInt8>, high: UInt64, low: UInt64, subtract: Bool)
}
