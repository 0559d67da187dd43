/// A thing that a text names, in offsets of Unicode scalars.
package struct Entity: Sendable, Equatable {
    package enum Label: String, Sendable, CaseIterable {
        case date = "DATE"
        case time = "TIME"
        case money = "MONEY"
        case percent = "PERCENT"
        case mail = "EMAIL"
        case address = "URL"
        case phone = "PHONE"
        case person = "PERSON"
        case organisation = "ORG"
        case place = "GPE"
        case product = "PRODUCT"
    }
    package var label: Label
    package var start: Int
    package var end: Int
    package var text: String

    /// Which share of the entities of this label that were found in the labelled set (Tests/LanguageTests/Sets/entities-heldout.tsv) are right, to two
    /// places; nil: too few to say.
    package var confidence: Double? { Self.precision[label] }
    package static let precision: [Label: Double] = [
        .date: 1, .money: 1, .person: 1, .organisation: 1, .place: 1,
    ]
}
