internal import APIKit
internal import StrictJSON

/// `application/x-www-form-urlencoded` as an object of texts; nil when it cannot be read or a name comes twice.
func formFields(_ bytes: [UInt8]) -> JSON? {
    var members: [JSON.Member] = []
    for pair in bytes.split(separator: UInt8(ascii: "&")) {
        let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = unescaped(parts[0]), let value = unescaped(parts.count > 1 ? parts[1] : []), members.count < 16,
            !members.contains(where: { $0.name == name })
        else { return nil }
        members.append(JSON.Member(name, .string(value)))
    }
    return .object(members)
}

/// Percent-encoding with `+` for a blank; nil for what is no UTF-8.
private func unescaped(_ bytes: ArraySlice<UInt8>) -> String? {
    var out: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "+"): out.append(UInt8(ascii: " "))
        case UInt8(ascii: "%"):
            guard let high = rest.popFirst().flatMap(hexadecimalDigit), let low = rest.popFirst().flatMap(hexadecimalDigit) else { return nil }
            out.append(high << 4 | low)
        default: out.append(byte)
        }
    }
    return String(validating: out, as: UTF8.self)
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// HTTP Basic (RFC 7617), with both parts form-encoded as RFC 6749 §2.3.1 wants; nil where there is none that can be read.
func basicCredentials(_ request: APIRequest) -> (name: String, secret: String)? {
    guard let header = request.header("authorization"), header.lowercased().hasPrefix("basic "), let bytes = base64(header.dropFirst("basic ".count)),
        let colon = bytes.firstIndex(of: UInt8(ascii: ":")), let name = unescaped(bytes[..<colon]), let secret = unescaped(bytes[(colon + 1)...])
    else { return nil }
    return (name, secret)
}

/// Base64 with padding (RFC 4648 §4).
private func base64(_ text: Substring) -> [UInt8]? {
    var (out, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
    let digits = text.utf8.filter { $0 != UInt8(ascii: "=") }
    for digit in digits {
        let value: UInt8
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): value = 62
        case UInt8(ascii: "/"): value = 63
        default: return nil
        }
        bits = bits << 6 | UInt32(value)
        count += 6
        if count >= 8 {
            count -= 8
            out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
    }
    return digits.count % 4 == 1 ? nil : out
}
