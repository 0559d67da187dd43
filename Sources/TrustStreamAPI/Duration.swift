/// Spans of time as the documents say them.
enum Duration {
    /// "45 seconds", "12 minutes", "2.5 hours".
    static func text(_ seconds: Double) -> String {
        func count(_ value: Double, _ unit: String) -> String {
            let tenths = (value * 10).rounded() / 10
            let text = value >= 10 || tenths == tenths.rounded() ? "\(Int(value.rounded()))" : "\(tenths)"
            return "\(text) \(unit)\(text == "1" ? "" : "s")"
        }
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "unknown" }
        if seconds < 1 { return "less than a second" }
        if seconds < 90 { return count(seconds, "second") }
        return seconds < 5400 ? count(seconds / 60, "minute") : count(seconds / 3600, "hour")
    }
}
