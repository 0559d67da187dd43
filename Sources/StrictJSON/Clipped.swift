extension StringProtocol {
    /// What an error or a notice may repeat of a text from outside: as much of its beginning as `bytes` hold. Counted in bytes,
    /// because what counts as one character can be of any length.
    package func clipped(_ bytes: Int) -> String {
        guard utf8.count > bytes else { return String(self) }
        var kept = String.UnicodeScalarView()
        var left = bytes
        for scalar in unicodeScalars {
            left -= UTF8.width(scalar)
            if left < 0 { break }
            kept.append(scalar)
        }
        return String(kept) + "…"
    }
}
