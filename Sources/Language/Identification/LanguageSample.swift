/// What a language is known by: a text that was written for this project, and its most frequent small words. No corpus and no word list
/// of others is in here.
struct LanguageSample: Sendable {
    /// ISO 639-1.
    let code: String
    let text: String
    /// Words of grammar; they count more than other words here, and are no keywords.
    let smallWords: Set<String>

    init(_ code: String, _ text: String, _ words: String) {
        self.code = code
        self.text = text
        smallWords = Set(words.split(separator: " ").map(String.init))
    }

    static let all = germanic + romance + others
    static func smallWords(_ code: String) -> Set<String> { all.first { $0.code == code }?.smallWords ?? [] }
}
