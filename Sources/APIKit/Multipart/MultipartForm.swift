/// Why a body is no form. Nothing of it is repeated.
package struct MultipartError: Error, Sendable, Equatable, CustomStringConvertible {
    package let problem: String
    package var description: String { problem }
    init(_ problem: String) { self.problem = problem }
}

package enum MultipartLimits {
    package static let parts = 32
    /// Of the header lines of a part.
    package static let headBytes = 4096
    package static let nameBytes = 128
    package static let fileNameBytes = 255
}

/// A form with files in it: `multipart/form-data` (RFC 7578, RFC 2046 §5.1). Read strictly: text before the first part or behind the last one, a
/// part without a name, an encoding of old mail and a beginning of a boundary that is none are refused.
package struct MultipartForm: Sendable, Equatable {
    package struct Part: Sendable, Equatable {
        package var name: String
        /// As the sender says; nil: it is no file.
        package var fileName: String?
        /// In lower case, without parameters; nil: it is not said.
        package var type: String?
        package var content: ArraySlice<UInt8>

        /// nil where it is not UTF-8.
        package var text: String? { String(validating: content, as: UTF8.self) }
    }

    package let parts: [Part]

    /// - Parameter boundary: of the Content-Type, 1 to 70 characters.
    package init(_ body: [UInt8], boundary: String) throws(MultipartError) {
        let delimiter = Array("\r\n--\(boundary)".utf8)
        guard body.starts(with: delimiter[2...]) else { throw MultipartError("does not begin with its boundary") }
        var parts: [Part] = []
        var next = delimiter.count - 2
        while true {
            // Behind a boundary: two dashes at the end of all, or the end of its line.
            if body[next...].starts(with: Self.dashes) {
                let rest = body[(next + 2)...]
                guard rest.isEmpty || rest.elementsEqual(Self.lineEnd) else { throw MultipartError("has bytes behind its last part") }
                break
            }
            while next < body.count, body[next] == 0x20 || body[next] == 0x09 { next += 1 }
            guard body[next...].starts(with: Self.lineEnd) else { throw MultipartError("is cut short, or has its boundary inside of a part") }
            guard parts.count < MultipartLimits.parts else { throw MultipartError("has more than \(MultipartLimits.parts) parts") }
            let start = next + 2
            guard let end = Self.find(delimiter, in: body, from: start - 2) else { throw MultipartError("is cut short: its last boundary is not there") }
            // The delimiter may begin with the line end that ends the last header line, and then there is no content and no header.
            guard end >= start else { throw MultipartError("has a part without a header") }
            parts.append(try Part(body[start..<end]))
            next = end + delimiter.count
        }
        guard !parts.isEmpty else { throw MultipartError("has no parts") }
        self.parts = parts
    }

    /// Parts of this name, in order.
    package func all(_ name: String) -> [Part] { parts.filter { $0.name == name } }

    private static let dashes: [UInt8] = [0x2D, 0x2D]
    fileprivate static let lineEnd: [UInt8] = [13, 10]

    fileprivate static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var i = start
            while i <= bytes.count - pattern.count {
                if bytes[i] == pattern[0] {
                    var length = 1
                    while length < pattern.count, bytes[i + length] == pattern[length] { length += 1 }
                    if length == pattern.count { return i }
                }
                i += 1
            }
            return nil
        }
    }

    /// The boundary that a Content-Type names.
    package static func boundary(of contentType: String) throws(MultipartError) -> String {
        let (value, parameters) = try header(contentType)
        guard value.lowercased() == "multipart/form-data" else { throw MultipartError("is no multipart/form-data") }
        let found = parameters.filter { $0.name == "boundary" }
        guard let boundary = found.first?.value, found.count == 1 else { throw MultipartError("has no boundary in its Content-Type") }
        guard (1...70).contains(boundary.utf8.count), boundary.last != " ", boundary.utf8.allSatisfy({ boundaryBytes.contains($0) }) else {
            throw MultipartError("has a boundary that cannot be one")
        }
        return boundary
    }

    /// RFC 2046 §5.1.1, `bchars`.
    private static let boundaryBytes = Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=? ".utf8)

    /// `value; name=token; name="text"`. Names of parameters are in lower case.
    fileprivate static func header(_ text: String) throws(MultipartError) -> (value: String, parameters: [(name: String, value: String)]) {
        let bytes = Array(text.utf8)
        var next = 0
        func trimmed(_ range: Range<Int>) -> String {
            var (low, high) = (range.lowerBound, range.upperBound)
            while low < high, bytes[low] == 0x20 || bytes[low] == 0x09 { low += 1 }
            while low < high, bytes[high - 1] == 0x20 || bytes[high - 1] == 0x09 { high -= 1 }
            return String(decoding: bytes[low..<high], as: UTF8.self)
        }
        func end(of stops: [UInt8], from start: Int) -> Int { bytes[start...].firstIndex { stops.contains($0) } ?? bytes.count }
        next = end(of: [0x3B], from: 0)
        let value = trimmed(0..<next)
        var parameters: [(name: String, value: String)] = []
        while next < bytes.count {
            let equals = end(of: [0x3D, 0x3B], from: next + 1)
            let name = trimmed((next + 1)..<equals).lowercased()
            guard equals < bytes.count, bytes[equals] == 0x3D, !name.isEmpty else {
                // An empty one between two semicolons, or at the end.
                guard name.isEmpty else { throw MultipartError("has a header with a parameter without a value") }
                next = equals
                continue
            }
            guard equals + 1 < bytes.count, bytes[equals + 1] == 0x22 else {
                next = end(of: [0x3B], from: equals + 1)
                parameters.append((name, trimmed((equals + 1)..<next)))
                continue
            }
            var (text, at): ([UInt8], Int) = ([], equals + 2)
            while at < bytes.count, bytes[at] != 0x22 {
                // A quote is escaped; a lone backslash is one (browsers send paths with them).
                if bytes[at] == 0x5C, at + 1 < bytes.count, bytes[at + 1] == 0x22 { at += 1 }
                text.append(bytes[at])
                at += 1
            }
            guard at < bytes.count else { throw MultipartError("has a header with a quote that does not end") }
            next = end(of: [0x3B], from: at + 1)
            guard trimmed((at + 1)..<next).isEmpty else { throw MultipartError("has a header with text behind a quote") }
            parameters.append((name, String(decoding: text, as: UTF8.self)))
        }
        return (value, parameters)
    }
}

extension MultipartForm.Part {
    /// - Parameter bytes: header lines, an empty line, the content.
    fileprivate init(_ bytes: ArraySlice<UInt8>) throws(MultipartError) {
        var next = bytes.startIndex
        var (disposition, type): (String?, String?)
        while true {
            let limit = min(bytes.endIndex, bytes.startIndex + MultipartLimits.headBytes)
            guard let end = bytes[next..<limit].firstIndex(of: 13), end + 1 < bytes.endIndex, bytes[end + 1] == 10 else {
                throw MultipartError("has a part whose header does not end, or is longer than \(MultipartLimits.headBytes) bytes")
            }
            let line = bytes[next..<end]
            next = end + 2
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: 0x3A), let name = String(validating: line[..<colon], as: UTF8.self)?.lowercased(),
                let value = String(validating: line[(colon + 1)...], as: UTF8.self), !value.utf8.contains(0), !name.isEmpty
            else { throw MultipartError("has a part with a header line that is none") }
            switch name {
            case "content-disposition":
                guard disposition == nil else { throw MultipartError("has a part with two dispositions") }
                disposition = value
            case "content-type": type = try MultipartForm.header(value).value.lowercased()
            case "content-transfer-encoding":
                let coding = value.filter { $0 != " " }.lowercased()
                guard ["binary", "8bit", "7bit"].contains(coding) else { throw MultipartError("has a part in an encoding of mail; send its bytes") }
            default: break
            }
        }
        guard let disposition else { throw MultipartError("has a part without Content-Disposition") }
        let (kind, parameters) = try MultipartForm.header(disposition)
        guard kind.lowercased() == "form-data" else { throw MultipartError("has a part that is no form-data") }
        let names = parameters.filter { $0.name == "name" }.map(\.value)
        guard let name = names.first, names.count == 1, (1...MultipartLimits.nameBytes).contains(name.utf8.count) else {
            throw MultipartError("has a part without a name of 1 to \(MultipartLimits.nameBytes) bytes")
        }
        let file = parameters.first { $0.name == "filename" }?.value
        guard (file?.utf8.count ?? 0) <= MultipartLimits.fileNameBytes else {
            throw MultipartError("has a file name longer than \(MultipartLimits.fileNameBytes) bytes")
        }
        (self.name, fileName, self.type, content) = (name, file, type, bytes[next...])
    }
}
