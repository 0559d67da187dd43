import Foundation

/// RFC 3339 in UTC with milliseconds, the one form that times have in receipts: `2026-11-22T00:51:40.123Z`.
enum ReceiptTime {
    private static let wholeSeconds = Date.ISO8601FormatStyle()

    static func text(_ milliseconds: Int64) -> String {
        let seconds = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
        let rest = "\(milliseconds - seconds * 1000)"
        let whole = Date(timeIntervalSince1970: Double(seconds)).formatted(wholeSeconds).dropLast()
        return whole + "." + String(repeating: "0", count: 3 - rest.count) + rest + "Z"
    }

    /// nil for every other form.
    static func milliseconds(_ text: String) -> Int64? {
        guard text.utf8.count == 24, text.hasSuffix("Z"), text.dropLast(4).hasSuffix("."), let rest = Int64(text.dropLast().suffix(3)),
            let date = try? wholeSeconds.parse(text.dropLast(5) + "Z")
        else { return nil }
        let milliseconds = Int64(date.timeIntervalSince1970) * 1000 + rest
        return self.text(milliseconds) == text ? milliseconds : nil
    }
}
