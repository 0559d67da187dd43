package import StrictJSON

/// The table of rounds that people watch while a federation trains.
package enum RoundTable {
    package static let header = "round  ok/sel late drop rej   loss    acc    eps   up/down MB  agg ms  round s     eta"

    /// - Parameters:
    ///   - round: an element of the API's list of rounds.
    ///   - etaSeconds: time left, if it can be told.
    package static func line(_ round: JSON, etaSeconds: Double?) -> String {
        func whole(_ name: String) -> String { round[name]?.whole.map { "\($0)" } ?? "-" }
        func number(_ value: Double?, _ digits: Int) -> String { value.map { fixed($0, digits) } ?? "-" }
        let loss = round["loss"]?.double ?? round["federated_loss"]?.double
        let accuracy = round["accuracy"]?.double ?? round["federated_accuracy"]?.double
        let megabytes = ["bytes_up", "bytes_down"].map { number(round[$0]?.double.map { $0 / 1e6 }, 2) }.joined(separator: "/")
        var line = left(whole("round"), 5) + left("\(whole("contributors"))/\(whole("selected"))", 8) + left(whole("late"), 5)
        line += left(whole("dropped"), 5) + left(whole("rejected"), 4) + left(loss.map(short) ?? "-", 7) + left(number(accuracy, 3), 7)
        line += left(number(round["epsilon"]?.double, 3), 7) + left(megabytes, 13) + left(number(round["aggregate_ms"]?.double, 1), 8)
        line += left(number(round["seconds"]?.double, 2), 9) + left(etaSeconds.map(clock) ?? "-", 8)
        if let bits = round["bits_per_byte"]?.double { line += "  \(fixed(bits, 3)) bits/byte" }
        if let secure = round["secure"], secure.members != nil {
            let sizes = (secure["group_sizes"]?.elements ?? []).map { $0.whole.map { "\($0)" } ?? "-" }
            line += "  secure: groups of \(sizes.joined(separator: "+"))"
            if let cut = secure["saturated"]?.whole, cut > 0 { line += ", \(cut) values cut" }
            if secure["unchanged"]?.truth == true { line += "; \(round["reason"]?.text ?? "")" }
        }
        if round["state"]?.text == "aborted" { line += "  aborted: \(round["reason"]?.text ?? "")" }
        return line
    }

    /// A loss of any size in seven places: a squared error may be in the billions.
    private static func short(_ value: Double) -> String {
        if value < 100 || !value.isFinite { return fixed(value, 3) }
        if value < 100_000 { return fixed(value, value < 10_000 ? 1 : 0) }
        var (mantissa, exponent) = (value, 0)
        while mantissa >= 9.95 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        return "\(fixed(mantissa, 1))e\(exponent)"
    }

    private static func left(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }

    private static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up))
        let rest = whole % 60
        return "\(whole / 60):\(rest < 10 ? "0" : "")\(rest)"
    }

    package static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let whole = scaled / Int64(scale)
        let fraction = "\(scaled % Int64(scale))"
        let sign = value < 0 && scaled != 0 ? "-" : ""
        return digits == 0 ? "\(sign)\(whole)" : "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
