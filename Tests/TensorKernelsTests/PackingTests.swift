import KernelTable
import TensorKernels
import Testing

@Suite struct PackingTests {
    /// The twin: number j bit by bit.
    private func number(_ packed: [UInt8], _ j: Int, _ width: Int) -> UInt32 {
        (0..<width).reduce(0) { value, bit in
            let at = j * width + bit
            return value | UInt32(packed[at / 8] >> UInt8(at % 8) & 1) << UInt32(bit)
        }
    }

    private static let counts = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 40, 64, 129, 1000]

    /// Every width, with as many bytes as are needed and with more; nothing beside the numbers changes.
    @Test(arguments: tables)
    func addingIsTheTwin(_ table: KernelTable) {
        var numbers = Numbers(51)
        for width in 1...32 {
            let modulus = UInt32.max >> UInt32(32 - width)
            for count in Self.counts {
                for more in [0, 1, 16, 40] {
                    // One byte off any alignment; the last one is not to be read.
                    let bytes = (0..<((count * width + 7) / 8 + more + 1)).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
                    let packed = Array(bytes[1...])
                    let start = (0..<(count + 1)).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }
                    for subtract in [false, true] {
                        var words = start
                        bytes.withUnsafeBufferPointer { table.addPacked(&words, $0.baseAddress! + 1, packed.count, count, width, subtract) }
                        var expected = start
                        for j in 0..<count {
                            let number = number(packed, j, width)
                            expected[j] = (subtract ? start[j] &- number : start[j] &+ number) & modulus
                        }
                        #expect(words == expected, "\(table.level), \(width) bits, \(count) numbers, \(more) bytes more")
                    }
                }
            }
        }
    }

    @Test(arguments: tables)
    func packingIsTheTwin(_ table: KernelTable) {
        var numbers = Numbers(52)
        for width in 1...32 {
            let modulus = UInt32.max >> UInt32(32 - width)
            for count in Self.counts {
                let words = (0..<count).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }
                let byteCount = (count * width + 7) / 8
                var packed = [UInt8](repeating: 77, count: byteCount + 1)
                table.pack(&packed, words, count, width)
                #expect(packed.removeLast() == 77, "written beyond the buffer")
                for j in 0..<count { #expect(number(packed, j, width) == words[j] & modulus, "\(table.level), \(width) bits, number \(j) of \(count)") }
                let rest = count * width % 8
                #expect(rest == 0 || packed[byteCount - 1] >> UInt8(rest) == 0)
            }
        }
    }
}
