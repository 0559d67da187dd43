internal import CKernelIntrinsics
import KernelTable

// Numbers between −clip and clip as whole numbers of a few bits, in Double, where all steps but one are exact.

/// A whole number below 2^32 added to it stands in its low bits.
private let wholeMagic = 0x1p52

extension Level {
    func quantise(
        _ out: UnsafeMutablePointer<UInt32>, _ x: F32, _ random: UnsafePointer<UInt32>, _ count: Int, _ clip: Float, _ bits: Int
    ) -> Int {
        let top = Double(UInt64(1) << UInt64(bits) &- 1)
        let scale = top / (2 * Double(clip))
        let (low, high) = (V(repeating: -clip), V(repeating: clip))
        var clipped = Bits.zero
        var saturated = 0
        var j = 0
        while j &+ W <= count {
            let values = load(x, j)
            let magnitude = unsafeBitCast(values, to: Bits.self) & Bits(repeating: 0x7FFF_FFFF)
            clipped.replace(with: clipped &+ 1, where: magnitude .> Bits(repeating: Int32(bitPattern: clip.bitPattern)))
            let place = tutti_widened_floats(tutti_clamped(values, low, high))
            let scaled = (place + Sums(repeating: Double(clip))) * Sums(repeating: scale)
            let limited = scaled.replacing(with: Sums(repeating: top), where: scaled .> Sums(repeating: top))
            let nearest = (limited + wholeMagic) - wholeMagic
            let whole = nearest.replacing(with: nearest - 1, where: nearest .> limited)
            let draws = tutti_widened_unsigned(UnsafeRawPointer(random + j).loadUnaligned(as: Words.self))
            let rounded = whole.replacing(with: whole + 1, where: (limited - whole) * 0x1p32 .> draws)
            let words = tutti_low_words(unsafeBitCast(rounded + wholeMagic, to: WideIntegers.self))
            UnsafeMutableRawPointer(out + j).storeBytes(of: words, as: Words.self)
            j &+= W
        }
        for lane in 0..<W { saturated &+= Int(clipped[lane]) }
        while j < count {
            if x[j].bitPattern & 0x7FFF_FFFF > clip.bitPattern { saturated &+= 1 }
            let value = x[j] < -clip ? -clip : x[j] > clip ? clip : x[j]
            let scaled = (Double(value) + Double(clip)) * scale
            let limited = scaled > top ? top : scaled
            let nearest = (limited + wholeMagic) - wholeMagic
            let whole = nearest > limited ? nearest - 1 : nearest
            out[j] = UInt32((limited - whole) * 0x1p32 > Double(random[j]) ? whole + 1 : whole)
            j &+= 1
        }
        return saturated
    }

    func encode(
        _ out: UnsafeMutablePointer<UInt32>, _ x: F32, _ random: UnsafePointer<UInt32>, _ count: Int, _ scale: Double, _ clip: Double,
        _ step: Double, _ steps: Double, _ squares: UnsafeMutablePointer<Double>
    ) -> Int {
        let (low, high, top) = (Sums(repeating: -clip), Sums(repeating: clip), Sums(repeating: steps))
        var clipped = WideIntegers.zero
        var saturated = 0
        var j = 0
        while j &+ W <= count {
            let scaled = tutti_widened_floats(load(x, j)) * Sums(repeating: scale)
            clipped.replace(with: clipped &+ 1, where: (scaled .> high) .| (scaled .< low))
            let value = scaled.replacing(with: low, where: scaled .< low).replacing(with: high, where: scaled .> high)
            let place = (value - low) / Sums(repeating: step)
            let limited = place.replacing(with: top, where: place .> top)
            let nearest = (limited + wholeMagic) - wholeMagic
            let whole = nearest.replacing(with: nearest - 1, where: nearest .> limited)
            let draws = tutti_widened_unsigned(UnsafeRawPointer(random + j).loadUnaligned(as: Words.self))
            let raised = whole.replacing(with: whole + 1, where: draws * 0x1p-32 .< limited - whole)
            let level = raised.replacing(with: top, where: raised .> top)
            let words = tutti_low_words(unsafeBitCast(level + wholeMagic, to: WideIntegers.self))
            UnsafeMutableRawPointer(out + j).storeBytes(of: words, as: Words.self)
            let rounded = level * Sums(repeating: step) - high
            let sums = UnsafeMutableRawPointer(squares + (j & 15))
            sums.storeBytes(of: sums.loadUnaligned(as: Sums.self) + rounded * rounded, as: Sums.self)
            j &+= W
        }
        for lane in 0..<W { saturated &+= Int(clipped[lane]) }
        while j < count {
            let scaled = Double(x[j]) * scale
            if scaled > clip || scaled < -clip { saturated &+= 1 }
            let value = scaled < -clip ? -clip : scaled > clip ? clip : scaled
            let place = (value + clip) / step
            let limited = place > steps ? steps : place
            let nearest = (limited + wholeMagic) - wholeMagic
            let whole = nearest > limited ? nearest - 1 : nearest
            let raised = Double(random[j]) * 0x1p-32 < limited - whole ? whole + 1 : whole
            let level = raised > steps ? steps : raised
            out[j] = UInt32(level)
            let rounded = level * step - clip
            squares[j & 15] += rounded * rounded
            j &+= 1
        }
        return saturated
    }

    func dequantise(_ out: MF32, _ sums: UnsafePointer<UInt32>, _ count: Int, _ clip: Float, _ bits: Int, _ summands: Int) {
        let top = Double(UInt64(1) << UInt64(bits) &- 1)
        let step = 2 * Double(clip) / (top * Double(summands))
        let offset = Double(clip)
        var j = 0
        while j &+ W <= count {
            let words = tutti_widened_unsigned(UnsafeRawPointer(sums + j).loadUnaligned(as: Words.self))
            store(out, j, tutti_narrowed(words * Sums(repeating: step) - Sums(repeating: offset)))
            j &+= W
        }
        while j < count {
            out[j] = Float(Double(sums[j]) * step - offset)
            j &+= 1
        }
    }
}
