import APIKit
import StrictJSON
import Testing

private enum Colour: String, ChoiceValue { case red, green }

private struct Wish: DescribedRequest {
    static let name = "Wish"
    var title = ""
    var colour = Colour.green
    var count = 1
    var share: Double?
    var tags: [String] = []
    var due: Timestamp?
    var place = Place()

    static let fields = [
        FieldOf<Wish>("title", \.title, isRequired: true, Bounds(count: 1...8)), FieldOf("colour", \.colour),
        FieldOf("count", \.count, Bounds(range: 1...10), unit: "pieces"), FieldOf("share", \.share, Bounds(range: 0...1)),
        FieldOf("tags", \.tags, Bounds(count: 0...2, elementBytes: 1...4)), FieldOf("due", \.due), FieldOf("place", \.place),
    ]
}

private struct Place: DescribedRequest {
    static let name = "Place"
    var city = "Jena"
    static let fields = [FieldOf<Place>("city", \.city)]
}

/// One list of fields reads, writes and documents a body.
@Suite struct DescribedTests {
    private func read(_ text: String) throws -> (wish: Wish, notices: [JSON]) {
        var notices: [JSON] = []
        let wish = try Wish.read(try JSON(parsing: text), at: "", .none, &notices)
        return (wish, notices)
    }

    private func refusal(_ text: String) throws -> (field: String, issue: String)? {
        do {
            _ = try read(text)
            return nil
        } catch let error as ServiceError {
            guard case .invalid(let field, let issue, _) = error else { return nil }
            return (field, issue)
        }
    }

    @Test func whatIsLeftOutHasItsUsualValue() throws {
        let (wish, notices) = try read(#"{"title":"a","share":null}"#)
        #expect(wish.colour == .green && wish.count == 1 && wish.share == nil && wish.place.city == "Jena" && notices.isEmpty)
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let text =
            #"{"title":"box","colour":"red","count":3,"share":0.5,"tags":["a","b"],"due":"2026-01-31T12:00:00.500Z","place":{"city":"Ulm"}}"#
        let (wish, notices) = try read(text)
        #expect(notices.isEmpty && wish.json.encodedText == text)
    }

    @Test(arguments: [
        ("{}", "title"), (#"{"title":""}"#, "title"), (#"{"title":"123456789"}"#, "title"), (#"{"title":3}"#, "title"),
        (#"{"title":"a","colour":"rde"}"#, "colour"), (#"{"title":"a","count":0}"#, "count"), (#"{"title":"a","count":1.5}"#, "count"),
        (#"{"title":"a","count":99999999999999999999}"#, "count"), (#"{"title":"a","share":1.1}"#, "share"), (#"{"title":"a","share":"x"}"#, "share"),
        (#"{"title":"a","tags":["a","b","c"]}"#, "tags"), (#"{"title":"a","tags":["a",""]}"#, "tags[1]"), (#"{"title":"a","due":"tomorrow"}"#, "due"),
        (#"{"title":"a","place":{"city":5}}"#, "place.city"), (#"{"title":"a","place":5}"#, "place"),
    ])
    func whatIsOutOfBoundsNamesItsField(_ text: String, _ field: String) throws {
        #expect(try refusal(text)?.field == field, "\(text)")
    }

    @Test func unknownFieldsAreNamedWithWhatWasPerhapsMeant() throws {
        let (_, notices) = try read(#"{"title":"a","coulor":"red","place":{"town":"x"}}"#)
        #expect(notices.compactMap { $0["field"]?.text }.sorted() == ["coulor", "place.town"])
        #expect(notices.contains { $0["message"]?.text?.contains("did you mean 'colour'?") == true })
        #expect(try refusal(#"{"title":"a","colour":"gren"}"#)?.issue.contains("did you mean 'green'?") == true)
    }

    @Test func theDescriptionSaysTheSame() throws {
        let schema = Wish.shape.json
        #expect(schema["required"] == ["title"])
        // null is the same as nothing, where nothing is needed.
        #expect(schema["properties"]?["colour"] == ["type": ["string", "null"], "enum": ["red", "green", .null], "default": "green"])
        #expect(schema["properties"]?["count"] == ["type": ["integer", "null"], "minimum": 1, "maximum": 10, "default": 1, "x-unit": "pieces"])
        #expect(schema["properties"]?["share"]?["type"] == ["number", "null"])
        #expect(schema["properties"]?["title"] == ["type": "string", "minLength": 1, "maxLength": 8])
        #expect(schema["properties"]?["place"]?["anyOf"] == [["$ref": "#/components/schemas/Place"], ["type": "null"]])
        let (wish, _) = try read(#"{"title":"a"}"#)
        #expect(Wish.shape.problem(with: wish.json, at: "") == nil)
        #expect(Wish.shape.problem(with: ["title": 3], at: "")?.contains("title") == true)
    }

    @Test func theUsualBoundsAreDescribedToo() throws {
        let city = Place.shape.json["properties"]?["city"]
        #expect(city?["minLength"] == 1 && city?["maxLength"] == 256)
        #expect(try refusal(#"{"title":"a","place":{"city":""}}"#)?.field == "place.city")
        // Bytes, of which a character may have four: sixteen bytes can be four characters.
        #expect(Schema.string(bytes: 16...20).json["minLength"] == 4)
        let tags = Wish.shape.json["properties"]?["tags"]
        #expect(tags?["minItems"] == nil && tags?["maxItems"] == 2 && tags?["items"]?["maxLength"] == 4)
        // A reply is held to nothing but its form.
        #expect(String.schema(.none).json == ["type": "string"] && [Int].schema(.none).json["maxItems"] == nil)
    }

    @Test func timesAreReadWithTheirOffsetAndWrittenInUTC() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:00Z", 0), ("2025-09-22T02:00:03Z", 1_758_506_403_000), ("2025-09-22T04:00:03.25+02:00", 1_758_506_403_250),
            ("2024-02-29T23:59:59.999999999Z", 1_709_251_199_999), ("1969-12-31T23:59:59Z", -1000),
        ] as [(String, Int64)] {
            #expect(APIKit.milliseconds(timestamp: text) == milliseconds, "\(text)")
            #expect(APIKit.milliseconds(timestamp: timestamp(milliseconds)) == milliseconds)
        }
        for text in [
            "", "2025", "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z", "2025-01-01T24:00:00Z", "2025-01-01T00:00:00", "2025-01-01T00:00:00.Z",
            "2025-01-01T00:00:00+2:00", "2025-01-01T00:00:00Zx", String(repeating: "9", count: 100),
        ] {
            #expect(APIKit.milliseconds(timestamp: text) == nil, "\(text)")
        }
    }
}
