/// A conversation as one text. No model here was trained to hold one: what it says is how a text of this form might go on.
package enum PlainTemplate {
    package static let name = "plain"

    package enum Role: String, Sendable, CaseIterable { case system, user, assistant }

    package struct Message: Sendable, Equatable {
        package var role: Role
        package var content: String
        package init(role: Role, content: String) { (self.role, self.content) = (role, content) }
    }

    /// A line `role: content` for each message, and the beginning of the next one.
    package static func text(_ messages: [Message]) -> String {
        messages.map { "\($0.role.rawValue): \($0.content)\n" }.joined() + "\(Role.assistant.rawValue):"
    }

    /// Where the next turn of the conversation would begin.
    static let stop = Array("\n\(Role.user.rawValue):".utf8)
}
