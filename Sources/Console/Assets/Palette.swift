/// The colours of both themes, by what they are for. Texts have at least 4.5 to 1 on what they stand on (WCAG 2.2, AA); a test looks.
package struct Palette {
    /// Around everything.
    package var ground: UInt32
    /// Of cards, tables and the bar on top.
    package var surface: UInt32
    /// Of what is pointed at.
    var raised: UInt32
    var ink: UInt32
    var muted: UInt32
    /// Hairlines, which carry no meaning alone.
    var line: UInt32
    /// Borders of what can be typed in or pressed: 3 to 1.
    package var edge: UInt32
    var accent: UInt32
    var onAccent: UInt32
    var second: UInt32
    var good: UInt32
    var warn: UInt32
    var bad: UInt32
    var goodGround: UInt32
    var warnGround: UInt32
    var badGround: UInt32
    var busyGround: UInt32

    package static let light = Palette(
        ground: 0xF6F4EF, surface: 0xFFFDF9, raised: 0xEFECE4, ink: 0x1D2226, muted: 0x59616A, line: 0xE2DED3, edge: 0x858176, accent: 0x1B5C86,
        onAccent: 0xFFFFFF, second: 0xA8490F, good: 0x22643C, warn: 0x7C5200, bad: 0xA12622, goodGround: 0xE1F0E4, warnGround: 0xF8ECCF,
        badGround: 0xFBE5E1, busyGround: 0xDFECF5)
    package static let dark = Palette(
        ground: 0x121517, surface: 0x191D20, raised: 0x23292D, ink: 0xE9E6DF, muted: 0xA3ABB2, line: 0x2D3438, edge: 0x727C84, accent: 0x86C0E8,
        onAccent: 0x0F1B24, second: 0xEFA476, good: 0x8ACBA0, warn: 0xE4BC66, bad: 0xF49A92, goodGround: 0x1B3324, warnGround: 0x362B12,
        badGround: 0x3C1E1C, busyGround: 0x17303F)

    /// `--ink: #1d2226;` and so on.
    var properties: String {
        [
            ("ground", ground), ("surface", surface), ("raised", raised), ("ink", ink), ("muted", muted), ("line", line), ("edge", edge), ("accent", accent),
            ("on-accent", onAccent), ("second", second), ("good", good), ("warn", warn), ("bad", bad), ("good-ground", goodGround),
            ("warn-ground", warnGround), ("bad-ground", badGround), ("busy-ground", busyGround),
        ].map { "--\($0.0): #\(String(0x1000000 | $0.1, radix: 16).dropFirst());" }.joined(separator: " ")
    }

    /// Text and what it stands on.
    package var texts: [(text: UInt32, ground: UInt32)] {
        [
            (ink, ground), (ink, surface), (ink, raised), (muted, ground), (muted, surface), (muted, raised), (accent, ground), (accent, surface),
            (accent, raised), (onAccent, accent), (second, surface), (good, goodGround), (warn, warnGround), (bad, badGround), (bad, surface),
            (surface, bad), (accent, busyGround), (ink, badGround),
        ]
    }
}
