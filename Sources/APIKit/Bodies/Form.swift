internal import StrictJSON

/// A described body that came as a form with one file in it.
package struct SentForm<Body: DescribedRequest>: Sendable {
    package var fields: Sent<Body>
    package let file: [UInt8]
}

extension APIRequest {
    /// A `multipart/form-data` body (RFC 7578): the fields of `Body`, and a file under the name `file`. What is text in a form is read as its
    /// field's type: a whole number by its digits, a list as a JSON list or as parts that repeat the name, a text as it is or in JSON's quotes.
    /// - Throws: `invalid` for a body that is no form, a file that is missing or empty, and fields as `Sent` does.
    package func form<Body: DescribedRequest>(_ type: Body.Type, file name: String) async throws(ServiceError) -> SentForm<Body> {
        let bytes = try await content(["multipart/form-data"], as: "a form")
        let form: MultipartForm
        do {
            guard let header = header("content-type") else { throw ServiceError.invalid(field: name, issue: "is missing", provided: nil) }
            form = try MultipartForm(bytes, boundary: try MultipartForm.boundary(of: header))
        } catch let error as MultipartError { throw .invalid(field: "body", issue: error.problem, provided: nil) } catch {
            throw .invalid(field: name, issue: "is missing", provided: nil)
        }
        let files = form.all(name)
        guard let file = files.first else { throw .invalid(field: name, issue: "is missing", provided: nil) }
        guard files.count == 1 else { throw .invalid(field: name, issue: "is there \(files.count) times; send one", provided: nil) }
        guard !file.content.isEmpty else { throw .invalid(field: name, issue: "is empty", provided: nil) }
        var members: [JSON.Member] = []
        for part in form.parts where part.name != name && !members.contains(where: { $0.name == part.name }) {
            let texts = try form.all(part.name).map { part throws(ServiceError) in try Self.text(of: part) }
            let schema = Body.fields.first { $0.field.name == part.name }?.field.schema
            members.append(.init(part.name, try Self.value(texts, schema?.notNull, at: part.name)))
        }
        return SentForm(fields: try Sent<Body>(.object(members)), file: Array(file.content))
    }

    private static func text(of part: MultipartForm.Part) throws(ServiceError) -> String {
        guard part.content.count <= Limits.formTextBytes, let text = part.text else {
            throw .invalid(field: part.name.clipped(Limits.nameBytes), issue: "must be UTF-8 of at most \(Limits.formTextBytes) bytes", provided: nil)
        }
        return text
    }

    private static func value(_ texts: [String], _ schema: Schema?, at name: String) throws(ServiceError) -> JSON {
        let isList = if case .list? = schema { true } else { false }
        guard let first = texts.first, texts.count == 1 || isList else {
            throw .invalid(field: name, issue: "is there \(texts.count) times; send it once", provided: nil)
        }
        switch schema {
        case .list:
            if texts.count == 1, first.utf8.first == UInt8(ascii: "[") {
                guard let list = try? JSON(parsing: first, maximumDepth: 4) else {
                    throw .invalid(field: name, issue: "must be a JSON list, or parts that repeat its name", provided: .string(first))
                }
                return list
            }
            return .array(texts.map { .string(unquoted($0)) })
        case .integer: return Int64(first).map(JSON.integer) ?? .string(first)
        default: return .string(unquoted(first))
        }
    }

    /// The document writes texts of forms as JSON does.
    private static func unquoted(_ text: String) -> String {
        guard text.utf8.count >= 2, text.utf8.first == UInt8(ascii: "\""), text.utf8.last == UInt8(ascii: "\""),
            let inner = (try? JSON(parsing: text, maximumDepth: 1))?.text
        else { return text }
        return inner
    }
}

extension Schema {
    /// In a form nothing is null: it is not sent.
    var notNull: Schema { if case .nullable(let schema) = self { schema } else { self } }
}

extension Shape {
    /// As `multipart/form-data`, with the file.
    func form(file: String) -> JSON {
        let image: JSON.Member = .init(file, ["type": "string", "format": "binary"])
        let members = fields.map { field in
            JSON.Member(
                field.name,
                Field(
                    name: field.name, schema: field.schema.notNull, isRequired: field.isRequired, unit: field.unit, source: nil, note: field.note,
                    usual: field.usual
                ).json)
        }
        let needed = [file] + fields.filter(\.isRequired).map(\.name)
        return ["type": "object", "properties": .object([image] + members), "required": .array(needed.map(JSON.string))]
    }
}
