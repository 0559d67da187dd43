import Testing
import Console

struct MarkupTests {
    @Test func textIsEscapedWhereverItGoes() {
        let text = #"<b>&"'x'</b>"#
        #expect(HTML(text).text == "&lt;b&gt;&amp;&quot;&#39;x&#39;&lt;/b&gt;")
        #expect(HTML(.p, [.of(.title, text)]) { text }.text == "<p title=\"\(HTML(text).text)\">\(HTML(text).text)</p>")
        #expect(HTML(.p, [.data("x", text), .aria("label", text)]).text == "<p data-x=\"\(HTML(text).text)\" aria-label=\"\(HTML(text).text)\"></p>")
        #expect(HTML("a\u{0}b\u{1B}c\u{202E}d\u{2066}e\r\u{FFFE}\tf").text == "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e\u{FFFD}\u{FFFD}\tf")
        #expect(HTML("Zoë 日本 👩‍⚕️").text == "Zoë 日本 👩‍⚕️")
    }

    @Test func elementsNestAndVoidOnesDoNotClose() {
        let html = HTML(.ul) {
            for word in ["a", "b"] { HTML(.li) { word } }
            if false { "never" }
        }
        #expect(html.text == "<ul><li>a</li><li>b</li></ul>")
        #expect(HTML(.input, [.of(.name, "n"), .flag(.required)]).text == "<input name=\"n\" required>")
    }

    @Test func linksStayHere() {
        #expect(Link().text == "/" && Link("a", "b").text == "/a/b")
        #expect(Link("console", "../x", "//evil.example", "javascript:1").text == "/console/..%2Fx/%2F%2Fevil.example/javascript%3A1")
        #expect(Link("a", query: [("q", "1&x=\"é")]).text == "/a?q=1%26x%3D%22%C3%A9")
        #expect(Link(place: "a\" onclick").text == "#a%22%20onclick")
    }

    @Test func numbersAsPeopleReadThem() {
        #expect(Words.fixed(nil, 2) == "–" && Words.fixed(.nan, 2) == "–" && Words.fixed(.infinity, 1) == "–")
        #expect(Words.fixed(-0.004, 2) == "0.00" && Words.fixed(-1.5, 1) == "\u{2212}1.5" && Words.fixed(0.9996, 3) == "1.000" && Words.fixed(12.05, 0) == "12")
        #expect(Words.loss(0.5) == "0.500" && Words.loss(1234.56) == "1234.6" && Words.loss(56_789.4) == "56789" && Words.loss(2.46e9) == "2.5e9")
        #expect(Words.loss(1e30) == "1.0e30" && Words.loss(.greatestFiniteMagnitude) == "1.8e308")
        #expect(Words.megabytes(686_412) == "0.69" && Words.megabytes(0) == "0.00" && Words.megabytes(.max) == "9223372036854.775")
        #expect(Words.clock(65.2) == "1:06" && Words.clock(.infinity) == "–" && Words.clock(-1) == "–")
        #expect(Words.time(Samples.start).text == "<time datetime=\"2025-11-22T08:00:00.000Z\">2025-11-22 08:00:00 UTC</time>")
        #expect(Words.time(.max).text == "–" && Words.time(.min).text == "–" && Words.time(nil).text == "–")
    }

    /// WCAG 2.2, 1.4.3: relative luminance and contrast as defined there.
    @Test func textsCanBeRead() {
        func luminance(_ colour: UInt32) -> Double {
            func linear(_ shift: UInt32) -> Double {
                let value = Double(colour >> shift & 0xFF) / 255
                // The power 2.4 by way of its own root: x^2.4 = x^2 · x^0.4, and x^0.4 by Newton's method for y^5 = x^2.
                let base = (value + 0.055) / 1.055
                var root = 1.0
                for _ in 0..<60 { root -= (root * root * root * root * root - base * base) / (5 * root * root * root * root) }
                return value <= 0.04045 ? value / 12.92 : base * base * root
            }
            return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0)
        }
        func contrast(_ a: UInt32, _ b: UInt32) -> Double {
            let (light, dark) = (max(luminance(a), luminance(b)), min(luminance(a), luminance(b)))
            return (light + 0.05) / (dark + 0.05)
        }
        #expect(abs(contrast(0xFFFFFF, 0) - 21) < 1e-6 && abs(contrast(0x777777, 0xFFFFFF) - 4.478) < 0.001)
        for palette in [Palette.light, .dark] {
            for pair in palette.texts {
                #expect(contrast(pair.text, pair.ground) >= 4.5, "\(String(pair.text, radix: 16)) on \(String(pair.ground, radix: 16))")
            }
            for ground in [palette.ground, palette.surface] { #expect(contrast(palette.edge, ground) >= 3) }
        }
    }
}
