/// Milliseconds since 1970 of an RFC 3339 time with any offset and at most nine digits of a second; nil for every other text. Digits below
/// the millisecond are cut off; a leap second counts as the second after it.
package func milliseconds(timestamp text: String) -> Int64? {
    let c = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
        guard range.upperBound <= c.count else { return nil }
        var value: Int64 = 0
        for digit in c[range] {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 0x30)
        }
        return value
    }
    func at(_ i: Int, _ allowed: String) -> Bool { i < c.count && allowed.utf8.contains(c[i]) }
    guard c.count <= Limits.timestampBytes, at(4, "-"), at(7, "-"), at(10, "Tt "), at(13, ":"), at(16, ":"), let year = number(0..<4),
        let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
        (1...12).contains(month), (1...daysInMonth(month, year)).contains(day), hour < 24, minute < 60, second <= 60
    else { return nil }
    var i = 19
    var fraction: Int64 = 0
    if at(i, ".") {
        let digits = c[(i + 1)...].prefix { (0x30...0x39).contains($0) }
        guard (1...9).contains(digits.count) else { return nil }
        for place in 0..<3 { fraction = fraction * 10 + (place < digits.count ? Int64(digits[digits.startIndex + place] - 0x30) : 0) }
        i += 1 + digits.count
    }
    var offset: Int64 = 0
    if at(i, "Zz") {
        i += 1
    } else {
        guard at(i, "+-"), at(i + 3, ":"), let hours = number(i + 1..<i + 3), let minutes = number(i + 4..<i + 6), hours < 24, minutes < 60 else { return nil }
        offset = (c[i] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
        i += 6
    }
    guard i == c.count else { return nil }
    return ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000 + fraction
}

private func daysInMonth(_ month: Int64, _ year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

/// Hinnant, "chrono-compatible low-level date algorithms".
private func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}
