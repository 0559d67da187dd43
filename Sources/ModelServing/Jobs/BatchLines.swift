package import StrictJSON

/// What became of one thing of a batch.
package typealias BatchAnswer = Result<JSON, BatchProblem>

/// A batch's answers, a line of JSON for each thing in its order, and as what they are given out.
package enum BatchLines {
    package static func line(_ index: Int, _ id: JSON?, _ answer: BatchAnswer) -> [UInt8] {
        var members: [JSON.Member] = [.init("index", JSON(index))]
        if let id { members.append(.init("id", id)) }
        switch answer {
        case .success(let output): members.append(.init("output", output))
        case .failure(let problem): members.append(.init("error", .string(problem.why.clipped(ModelJobLimits.problemBytes))))
        }
        return JSON.object(members).encoded() + [UInt8(ascii: "\n")]
    }

    /// - Parameters:
    ///   - head: an object of what is said of the whole; stands in JSON alone.
    ///   - mediaType: of the job's `output_format`.
    package static func rendered(_ lines: [UInt8], head: JSON, mediaType: String) throws(BatchProblem) -> [UInt8] {
        if mediaType.hasPrefix("application/x-ndjson") { return lines }
        let rows = lines.split(separator: UInt8(ascii: "\n"))
        if mediaType.hasPrefix("text/csv") { return try table(rows) }
        var out = Array(head.encoded().dropLast())
        out += Array(#","results":["#.utf8)
        for (place, row) in rows.enumerated() {
            if place > 0 { out.append(UInt8(ascii: ",")) }
            out += row
        }
        return out + Array("]}".utf8)
    }

    /// RFC 4180. A column for each value that any line has; objects are taken apart with dots, lists stand as JSON.
    private static func table(_ rows: [ArraySlice<UInt8>]) throws(BatchProblem) -> [UInt8] {
        var columns: [String] = []
        var places: [String: Int] = [:]
        var cells: [[Int: String]] = []
        for row in rows {
            let json: JSON
            do { json = try JSON(parsing: Array(row)) } catch { throw BatchProblem(why: "a stored line is \(error)") }
            var line: [Int: String] = [:]
            for (name, cell) in flat(json, "") {
                let place = places[name] ?? columns.count
                if place == columns.count {
                    columns.append(name)
                    places[name] = place
                }
                line[place] = cell
            }
            guard columns.count <= ModelJobLimits.columns else {
                throw BatchProblem(why: "the answers have more than \(ModelJobLimits.columns) columns; ask for ndjson")
            }
            cells.append(line)
        }
        let lines = [columns.map(quoted)] + cells.map { line in columns.indices.map { quoted(line[$0] ?? "") } }
        return Array(lines.map { $0.joined(separator: ",") + "\r\n" }.joined().utf8)
    }

    private static func flat(_ json: JSON, _ prefix: String) -> [(String, String)] {
        (json.members ?? []).flatMap { member in
            let name = prefix + member.name
            // The answer's own names are the columns.
            if member.value.members != nil { return flat(member.value, name == "output" ? "" : name + ".") }
            let cell: String =
                switch member.value {
                case .null: ""
                case .string(let text): text
                default: member.value.encodedText
                }
            return [(name, cell)]
        }
    }

    private static func quoted(_ cell: String) -> String {
        guard cell.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else { return cell }
        return "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
