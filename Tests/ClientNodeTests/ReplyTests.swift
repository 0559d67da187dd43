import ClientNode
import Testing

@Suite struct ReplyTests {
    /// A coordinator's words go to a terminal and a log: they move no cursor there and have an end.
    @Test func aCoordinatorsWordsAreShownPlainly() {
        let words = #"{"error":{"code":"X","message":"\u001b[2Jgone\n\#(String(repeating: "x", count: 10_000))"}}"#
        let error = ClientNodeError.reply(status: 400, body: Array(words.utf8), what: "It")
        #expect(error.message.contains("[2Jgone"))
        #expect(!error.message.unicodeScalars.contains { $0.value < 0x20 })
        #expect(error.message.utf8.count < 2000)
    }
}
