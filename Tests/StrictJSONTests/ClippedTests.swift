import StrictJSON
import Testing

@Suite struct ClippedTests {
    @Test func whatFitsStaysAsItIs() {
        #expect("".clipped(0) == "")
        #expect("abc".clipped(3) == "abc")
        #expect("aé".clipped(3) == "aé")
    }

    @Test func theRestIsCutBetweenScalars() {
        #expect("abcd".clipped(3) == "abc…")
        #expect("éé".clipped(3) == "é…")
        #expect("𝄞".clipped(3) == "…")
    }

    /// A letter with a hundred thousand accents is one character.
    @Test func aCharacterOfAnyLengthIsCutToo() {
        let endless = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(endless.count == 1)
        #expect(endless.clipped(40).utf8.count <= 43)
        #expect(throws: JSONError.self) { try JSON(parsing: "{\"\(endless)\":1,\"\(endless)\":2}") }
        do { _ = try JSON(parsing: "{\"\(endless)\":1,\"\(endless)\":2}") } catch { #expect(error.description.utf8.count < 200) }
    }
}
