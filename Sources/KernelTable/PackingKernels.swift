/// Whole numbers of `width` bits, 1 to 32, side by side: number j is bits [width·j, width·j + width), counted from the lowest
/// bit of the first byte.
package protocol PackingKernels {
    /// words[count] = (words ± number j of `packed`) mod 2^width. `byteCount` ≥ ⌈count·width/8⌉ bytes may be read; sixteen more
    /// than are needed let the last numbers go as fast as the others. *Bit-equal.*
    func addPacked(
        _ words: UnsafeMutablePointer<UInt32>, _ packed: UnsafePointer<UInt8>, _ byteCount: Int, _ count: Int, _ width: Int, _ subtract: Bool)
    /// out[⌈count·width/8⌉] = words mod 2^width; the rest of the last byte is 0. *Bit-equal.*
    func pack(_ out: UnsafeMutablePointer<UInt8>, _ words: UnsafePointer<UInt32>, _ count: Int, _ width: Int)
}
