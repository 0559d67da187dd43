package import Storage

/// What something that was asked for waits for, in every family that says so with these words.
package struct BlockerBody: Described {
    package static let name = "Blocker"
    package var what: String
    package var field: String
    package var asked: String
    package var have: String
    package var fix: String

    package init(what: String, field: String, asked: String, have: String, fix: String) {
        self.what = what
        self.field = field
        self.asked = asked
        self.have = have
        self.fix = fix
    }

    package init(_ blocker: JobBlocker) {
        self.init(what: blocker.what, field: blocker.field, asked: blocker.asked, have: blocker.have, fix: blocker.fix)
    }

    package static let fields = [
        FieldOf<BlockerBody>("what", \.what, .rule("pending")), FieldOf("field", \.field, .request), FieldOf("asked", \.asked, .request),
        FieldOf("have", \.have, .stored), FieldOf("fix", \.fix, .rule("pending")),
    ]
}
