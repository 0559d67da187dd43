import StrictJSON
import Testing

@Suite struct JSONTests {
    @Test func valuesSurviveARoundTrip() throws {
        let text = #"{"a":[1,-2,3.5,1e-7,true,false,null],"b":{"c":"é\"\\\n𝄞"},"big":9223372036854775807}"#
        let value = try JSON(parsing: text)
        #expect(try JSON(parsing: value.encoded()) == value)
        #expect(value["big"]?.whole == .max)
        #expect(value["b"]?["c"]?.text == "é\"\\\n𝄞")
        #expect(try JSON(parsing: #""\ud834\udd1e""#).text == "𝄞")
    }

    @Test func whatIsNotStrictJSONIsRefusedWithItsPlace() {
        let wrong = [
            "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "1.", "+1", ".5", "NaN", "Infinity", "1e999", "'a'", "\"\u{1}\"", #""\x""#, #""\ud834""#,
            "[1] 2", "{a:1}", "tru", String(repeating: "[", count: 70) + String(repeating: "]", count: 70),
        ]
        for text in wrong { #expect(throws: JSONError.self, "\(text.prefix(30))") { try JSON(parsing: text) } }
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xFF, 0x22]) }
        do { _ = try JSON(parsing: "{\n  \"a\": }") } catch { #expect(error.line == 2 && error.column == 8) }
    }

    @Test func noBytesTrapTheParser() {
        var state: UInt64 = 1
        let seed = Array(#"{"a":[1,2.5e3,"xA",null,true],"b":{}}"#.utf8)
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int((state >> 33) % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: state >> 50)
            }
            _ = try? JSON(parsing: bytes)
        }
    }
}
