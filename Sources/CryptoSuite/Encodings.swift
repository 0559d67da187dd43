/// Lower-case hexadecimal.
package func hexadecimal(_ bytes: [UInt8]) -> String {
    func digit(_ half: UInt8) -> UInt8 { half < 10 ? UInt8(ascii: "0") + half : UInt8(ascii: "a") + half - 10 }
    return String(unsafeUninitializedCapacity: 2 * bytes.count) { out in
        var at = 0
        for byte in bytes {
            out[at] = digit(byte >> 4)
            out[at + 1] = digit(byte & 15)
            at += 2
        }
        return at
    }
}

/// Lower-case hexadecimal.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String { hexadecimal(Array(bytes)) }

/// nil unless the text is an even number of hexadecimal digits.
package func bytes(hexadecimal text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { bytes(hexadecimal: $0) }
}

private func bytes(hexadecimal digits: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard digits.count % 2 == 0 else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(digits.count / 2)
    func value(_ c: UInt8) -> UInt8? {
        switch c {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): c - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): c - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): c - UInt8(ascii: "A") + 10
        default: nil
        }
    }
    for i in stride(from: 0, to: digits.count, by: 2) {
        guard let high = value(digits[i]), let low = value(digits[i + 1]) else { return nil }
        out.append(high << 4 | low)
    }
    return out
}

/// Base64 with the URL-safe alphabet and no padding (RFC 4648 §5).
package func base64URL(_ bytes: [UInt8]) -> String {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    let (whole, left) = bytes.count.quotientAndRemainder(dividingBy: 3)
    return String(unsafeUninitializedCapacity: 4 * whole + (left == 0 ? 0 : left + 1)) { out in
        bytes.withUnsafeBufferPointer { bytes in
            func digit(_ group: UInt32, _ place: UInt32) -> UInt8 { alphabet.utf8Start[Int(group >> (18 - 6 * place) & 63)] }
            for i in 0..<whole {
                let group = UInt32(bytes[3 * i]) << 16 | UInt32(bytes[3 * i + 1]) << 8 | UInt32(bytes[3 * i + 2])
                for place in 0..<4 { out[4 * i + place] = digit(group, UInt32(place)) }
            }
            guard left > 0 else { return }
            let group = UInt32(bytes[3 * whole]) << 16 | (left == 2 ? UInt32(bytes[3 * whole + 1]) << 8 : 0)
            for place in 0...left { out[4 * whole + place] = digit(group, UInt32(place)) }
        }
        return 4 * whole + (left == 0 ? 0 : left + 1)
    }
}

/// The bytes of a text that `base64URL` could have written, and nil for every other: padding, blanks, the letters of
/// ordinary Base64, a length that no bytes have, and bits behind the last byte that are not zero. So one value has one text.
package func bytes(base64URL text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 4 != 1 else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(digits.count / 4 * 3 + 2)
    var (group, held) = (UInt32(0), 0)
    for digit in digits {
        let value: UInt8
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): value = 62
        case UInt8(ascii: "_"): value = 63
        default: return nil
        }
        group = group << 6 | UInt32(value)
        held += 6
        guard held >= 8 else { continue }
        held -= 8
        out.append(UInt8(truncatingIfNeeded: group >> UInt32(held)))
        group &= (1 << UInt32(held)) - 1
    }
    return group == 0 ? out : nil
}
