import APIKit
package import Foundation
import Synchronization

/// One byte range (RFC 9110 §14.2). Several ranges, and anything that is not understood, mean the whole.
package enum ByteRange: Equatable {
    case whole, unsatisfiable
    case part(Range<Int>)

    package static func resolve(_ header: String, length: Int) -> ByteRange {
        guard header.hasPrefix("bytes=") else { return .whole }
        let sides = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard sides.count == 2, sides.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return .whole }
        let (first, last) = (Int(sides[0]), Int(sides[1]))
        switch (first, last) {
        case (let first?, _) where sides[1].isEmpty || last != nil:
            guard first < length else { return .unsatisfiable }
            let end = min(last ?? length - 1, length - 1)
            return end >= first ? .part(first..<end + 1) : .whole
        case (nil, let last?) where sides[0].isEmpty:
            return last == 0 || length == 0 ? .unsatisfiable : .part(max(0, length - last)..<length)
        default: return .whole
        }
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
package enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static let latest = Mutex<(second: Int64, text: String)>((.min, ""))

    /// Every answer has it; it is made once a second.
    static func now() -> String {
        let now = Date()
        let second = Int64(now.timeIntervalSince1970)
        return latest.withLock { latest in
            if latest.second != second { latest = (second, text(at: now)) }
            return latest.text
        }
    }

    package static func text(at date: Date) -> String {
        let seconds = max(0, Int64(date.timeIntervalSince1970))
        // `2026-01-02T03:04:05.000Z`
        let text = Array(timestamp(seconds * 1000).utf8)
        guard text.count == 24 else { return "" }
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        let month = Int(text[5] - 48) * 10 + Int(text[6] - 48)
        return "\(days[Int(seconds / 86_400 % 7)]), \(part(8..<10)) \(months[month - 1]) \(part(0..<4)) \(part(11..<19)) GMT"
    }
}
