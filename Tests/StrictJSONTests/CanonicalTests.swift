import StrictJSON
import Testing

/// RFC 8785, by its own vectors.
@Suite struct CanonicalTests {
    private func form(_ text: String) throws -> String { String(decoding: try JSON(parsing: text).canonical(), as: UTF8.self) }

    /// Appendix B: the bits of a Double, and how ECMAScript writes it.
    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"), (0x8000_0000_0000_0001, "-5e-324"),
            (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"), (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"), (0xC340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"), (0x44B5_2D02_C7E1_4AF6, "1e+23"), (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"),
            (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"), (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"), (0x444B_1AE4_D6E2_EF50, "1e+21"),
            (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"), (0x41B3_DE43_5555_5553, "333333333.3333332"),
            (0x41B3_DE43_5555_5554, "333333333.33333325"), (0x41B3_DE43_5555_5555, "333333333.3333333"), (0x41B3_DE43_5555_5556, "333333333.3333334"),
            (0x41B3_DE43_5555_5557, "333333333.33333343"), (0xBECB_F647_612F_3696, "-0.0000033333333333333333"), (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
        ] as [(UInt64, String)])
    func numbersAreWrittenAsECMAScriptDoes(_ bits: UInt64, _ text: String) throws {
        #expect(String(decoding: try JSON.number(Double(bitPattern: bits)).canonical(), as: UTF8.self) == text)
    }

    /// §3.2.2 and §3.2.3.
    @Test func theExamplesOfTheStandard() throws {
        let given =
            #"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001], "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#
        let wanted = #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        #expect(try form(given) == wanted)
        let names =
            #"{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}"#
        let sorted = try JSON(parsing: try form(names)).members?.compactMap { $0.value.text }
        #expect(
            sorted == [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face",
                "Hebrew Letter Dalet With Dagesh",
            ])
    }

    @Test func theFormIsItsOwn() throws {
        var state: UInt64 = 1
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = Double(bitPattern: state ^ (state >> 31))
            guard value.isFinite else { continue }
            let text = String(decoding: try JSON.number(value).canonical(), as: UTF8.self)
            let again = try form(text)
            #expect(Double(text) == value && again == text, "\(value)")
        }
    }

    @Test func whatHasNoFormIsRefused() throws {
        for value: JSON in [.integer(9_007_199_254_740_993), .integer(.min), .number(.nan), .number(.infinity), .object([.init("a", 1), .init("a", 2)])] {
            #expect(throws: NoCanonicalForm.self) { try JSON.array([value]).canonical() }
        }
        #expect(try form("[9007199254740991, -9007199254740992, 1e18, 1.0, -0.0]") == "[9007199254740991,-9007199254740992,1000000000000000000,1,0]")
        // Equal to a reader of Swift, and not to anybody else's.
        let twins = JSON.object([.init("e\u{301}", 1), .init("\u{E9}", 2)])
        #expect(String(decoding: try twins.canonical(), as: UTF8.self) == "{\"e\u{301}\":1,\"\u{E9}\":2}")
    }
}
