package import Foundation
package import StrictJSON

/// One line of a `doctor`: what was looked at, how it is, and what to do.
package struct Finding: Sendable, Equatable {
    package enum Verdict: String, Sendable { case ok, warn, fail }
    package var check: String
    package var verdict: Verdict
    package var code: FindingCode
    package var message: String
    package var remedy: String

    package static func ok(_ check: String, _ message: String) -> Finding {
        Finding(check: check, verdict: .ok, code: .ok, message: message, remedy: "")
    }
    package static func warn(_ check: String, _ code: FindingCode, _ message: String, _ remedy: String) -> Finding {
        Finding(check: check, verdict: .warn, code: code, message: message, remedy: remedy)
    }
    package static func fail(_ check: String, _ code: FindingCode, _ message: String, _ remedy: String) -> Finding {
        Finding(check: check, verdict: .fail, code: code, message: message, remedy: remedy)
    }

    package var line: String {
        func column(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
        let head = column(verdict.rawValue, 6) + column(check, 18)
        let indent = "\n" + String(repeating: " ", count: 24)
        return head + (code == .ok ? "" : code.rawValue + ": ") + message + (remedy.isEmpty ? "" : indent + remedy)
    }

    package var json: JSON {
        [
            "check": .string(check), "status": .string(verdict.rawValue), "code": .string(code.rawValue), "message": .string(message),
            "remedy": .string(remedy),
        ]
    }
}

/// RFC 9110 §5.6.7, the form every server must send: `Sun, 06 Nov 1994 08:49:37 GMT`.
package func httpDate(_ text: String) -> Date? {
    let words = text.split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let month = months.firstIndex(of: String(words[2])), let year = Int(words[3])
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3 else { return nil }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar.date(
        from: DateComponents(year: year, month: month + 1, day: day, hour: clock[0], minute: clock[1], second: clock[2]))
}
