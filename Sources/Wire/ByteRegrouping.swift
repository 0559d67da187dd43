/// The bytes of numbers regrouped by significance: byte 0 of every element, then byte 1, and so on. Neighbouring floats
/// of a model agree in their high bytes and differ in the low ones, which a compressor sees only after the regrouping. A
/// tail shorter than an element stays as it is.
enum ByteRegrouping {
    static func forward(_ bytes: [UInt8], _ elementSize: Int) -> [UInt8] {
        moved(bytes, elementSize) { plain, grouped, elements in
            for k in 0..<elementSize {
                let plane = grouped + k * elements
                for i in 0..<elements { plane[i] = plain[i * elementSize + k] }
            }
        } ofFours: { plain, grouped, elements in
            let (p0, p1, p2, p3) = (grouped, grouped + elements, grouped + 2 * elements, grouped + 3 * elements)
            for i in 0..<elements {
                let word = UInt32(littleEndian: UnsafeRawPointer(plain).loadUnaligned(fromByteOffset: i &* 4, as: UInt32.self))
                p0[i] = UInt8(truncatingIfNeeded: word)
                p1[i] = UInt8(truncatingIfNeeded: word &>> 8)
                p2[i] = UInt8(truncatingIfNeeded: word &>> 16)
                p3[i] = UInt8(truncatingIfNeeded: word &>> 24)
            }
        }
    }

    static func back(_ bytes: [UInt8], _ elementSize: Int) -> [UInt8] {
        moved(bytes, elementSize) { grouped, plain, elements in
            for k in 0..<elementSize {
                let plane = grouped + k * elements
                for i in 0..<elements { plain[i * elementSize + k] = plane[i] }
            }
        } ofFours: { grouped, plain, elements in
            let (p0, p1, p2, p3) = (grouped, grouped + elements, grouped + 2 * elements, grouped + 3 * elements)
            for i in 0..<elements {
                let word = UInt32(p0[i]) | UInt32(p1[i]) &<< 8 | UInt32(p2[i]) &<< 16 | UInt32(p3[i]) &<< 24
                UnsafeMutableRawPointer(plain).storeBytes(of: word.littleEndian, toByteOffset: i &* 4, as: UInt32.self)
            }
        }
    }

    private typealias Move = (_ from: UnsafePointer<UInt8>, _ to: UnsafeMutablePointer<UInt8>, _ elements: Int) -> Void

    private static func moved(_ bytes: [UInt8], _ elementSize: Int, _ move: Move, ofFours: Move) -> [UInt8] {
        let elements = bytes.count / elementSize
        guard elementSize > 1, elements > 1 else { return bytes }
        return [UInt8](unsafeUninitializedCapacity: bytes.count) { out, count in
            bytes.withUnsafeBufferPointer { from in
                guard let source = from.baseAddress, let target = out.baseAddress else { return }
                if elementSize == 4 { ofFours(source, target, elements) } else { move(source, target, elements) }
                for i in (elements * elementSize)..<bytes.count { target[i] = source[i] }
            }
            count = bytes.count
        }
    }
}
