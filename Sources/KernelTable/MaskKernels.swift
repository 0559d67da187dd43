/// The keystream of AES-128 in counter mode (SP 800-38A §6.5), for the processor's AES on vectors.
///
/// The counter block is the 128-bit number `high`·2^64 + `low`, big-endian, incremented over its whole width.
package protocol MaskKernels: Sendable {
    /// Bytes of an expanded key.
    var scheduleByteCount: Int { get }
    /// `key`: 16 bytes.
    func expand(_ key: UnsafePointer<UInt8>, _ schedule: UnsafeMutableRawPointer)
    /// out[byteCount] = the stream from the counter on.
    func stream(_ out: UnsafeMutableRawPointer, _ byteCount: Int, _ schedule: UnsafeRawPointer, high: UInt64, low: UInt64)
}
