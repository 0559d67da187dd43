package import Foundation
package import StrictJSON

/// One line of a `doctor`: what was looked at, how it is, and what to do.
package struct Finding: Sendable, Equatable {
    package enum Verdict: String, Sendable { case ok, warn, fail }
    package var check: String
    package var verdict: Verdict
    package var message: String
    package var remedy: String

    package static func ok(_ check: String, _ message: String) -> Finding {
        Finding(check: check, verdict: .ok, message: message, remedy: "")
    }
    package static func warn(_ check: String, _ message: String, _ remedy: String) -> Finding {
        Finding(check: check, verdict: .warn, message: message, remedy: remedy)
    }
    package static func fail(_ check: String, _ message: String, _ remedy: String) -> Finding {
        Finding(check: check, verdict: .fail, message: message, remedy: remedy)
    }

    var line: String {
        let (word, name) = (verdict.rawValue, check)
        let head = word + String(repeating: " ", count: max(1, 6 - word.count)) + name + String(repeating: " ", count: max(1, 18 - name.count))
        return head + message + (remedy.isEmpty ? "" : "\n" + String(repeating: " ", count: 24) + remedy)
    }

    var json: JSON {
        ["check": .string(check), "status": .string(verdict.rawValue), "message": .string(message), "remedy": .string(remedy)]
    }
}

extension Finding {
    /// Whether a file or folder of secrets is closed to group and others.
    package static func closed(_ check: String, _ path: String) -> Finding {
        guard let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int else {
            return .fail(check, "\(path) is missing or cannot be examined.", "Check the path and the permissions.")
        }
        guard mode & 0o077 == 0 else {
            let right = mode & 0o100 == 0 ? "600" : "700"
            return .fail(check, "\(path) is open to others (mode \(String(mode, radix: 8))).", "chmod \(right) '\(path)'")
        }
        return .ok(check, "\(path) has mode \(String(mode, radix: 8))")
    }

    /// Whether a certificate is valid now and for a while yet. A third of its life, at most 30 days, is the warning.
    package static func certificate(_ check: String, from: Date, to: Date, now: Date, renewal: String) -> Finding {
        let days = Int((to.timeIntervalSince(now) / 86_400).rounded(.down))
        if now < from { return .fail(check, "it is valid only from \(text(from)), and it is \(text(now)).", "Check this machine's clock.") }
        if now > to { return .fail(check, "it ended on \(text(to)).", renewal) }
        let margin = min(30 * 86_400, to.timeIntervalSince(from) / 3)
        if to.timeIntervalSince(now) < margin { return .warn(check, "it ends on \(text(to)), in \(days) days.", renewal) }
        return .ok(check, "valid until \(text(to))")
    }

    /// How far the other side's clock is from ours, both in seconds since 1970. HTTP dates are whole seconds.
    package static func clock(_ check: String, ours: Date, theirs: Date) -> Finding {
        let skew = ours.timeIntervalSince(theirs)
        let words = "this clock is \(RoundTable.fixed(abs(skew), 0)) s \(skew < 0 ? "behind" : "ahead of") the coordinator's"
        if abs(skew) <= 2 { return .ok(check, "within 2 s of the coordinator's") }
        if abs(skew) <= 120 { return .warn(check, words, "Let both machines set their clocks by NTP.") }
        return .fail(check, words, "Set the clock: certificates are judged by it.")
    }

    private static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle())
    }
}

/// Shows the findings; one failure is enough to fail the command.
package func conclude(_ findings: [Finding]) throws(CommandFailure) -> JSON {
    for finding in findings { say(finding.line) }
    let failed = findings.filter { $0.verdict == .fail }
    let result: JSON = ["checks": .array(findings.map(\.json))]
    guard failed.isEmpty else {
        throw CommandFailure(
            .failed, "\(failed.count) of \(findings.count) checks failed: \(failed.map(\.check).joined(separator: ", ")).",
            remedy: "Each line above says what to do.", details: result)
    }
    return result
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
