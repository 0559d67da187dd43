import Foundation
import Testing

/// The house keeps its own rules: imports follow the table of rooms, pure rooms stay pure, files stay readable.
@Suite struct TidyTests {
    private static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Rooms by floor, read from the table in docs/architecture.md.
    private static func floors() throws -> [String: Int] {
        let text = try String(contentsOf: top.appendingPathComponent("docs/architecture.md"), encoding: .utf8)
        var floors: [String: Int] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| ") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count >= 3, let floor = Int(cells[0].prefix(1)) else { continue }
            for piece in cells[1].split(separator: "`") where piece.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" }) && !piece.isEmpty {
                floors[String(piece)] = floor
            }
        }
        return floors
    }

    private struct Exemption: Hashable {
        var room: String
        var module: String
    }

    /// What a pure room may import all the same: the lines of docs/architecture.md that begin with "- `Room` may import `Module`".
    private static func exceptions() throws -> Set<Exemption> {
        let text = try String(contentsOf: top.appendingPathComponent("docs/architecture.md"), encoding: .utf8)
        var exceptions: Set<Exemption> = []
        for line in text.split(separator: "\n") where line.hasPrefix("- `") && line.contains("` may import `") {
            let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
            exceptions.insert(Exemption(room: String(pieces[1]), module: String(pieces[3])))
        }
        return exceptions
    }

    private static func sources() throws -> [(room: String, path: String, lines: [Substring])] {
        let folder = top.appendingPathComponent("Sources")
        var files: [(String, String, [Substring])] = []
        for room in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
            let place = folder.appendingPathComponent(room)
            // The kernel levels are links to one source folder.
            if (try? FileManager.default.destinationOfSymbolicLink(atPath: place.path)) != nil { continue }
            for case let name as String in FileManager.default.enumerator(atPath: place.path) ?? .init() where name.hasSuffix(".swift") {
                let text = try String(contentsOf: place.appendingPathComponent(name), encoding: .utf8)
                files.append((room, "\(room)/\(name)", text.split(separator: "\n", omittingEmptySubsequences: false)))
            }
        }
        return files
    }

    private static func imported(_ line: Substring) -> String? {
        let words = line.split(separator: " ")
        guard let at = words.firstIndex(of: "import"), at <= 1, words.count > at + 1 else { return nil }
        return String(words[at + 1])
    }

    static func importProblem(room: String, imports: String, floors: [String: Int]) -> String? {
        guard let target = floors[imports] else { return nil }
        guard let own = floors[room] else { return "room \(room) is not in the table of rooms" }
        if target > own { return "\(room) (floor \(own)) imports \(imports) (floor \(target)): arrows point down" }
        return nil
    }

    private static let bans = [
        "Foundation", "Dispatch", "NIOCore", "SystemRandomNumberGenerator", ".random(", "ContinuousClock", "Date()", "Task {", "Task.", "FileManager", "fopen(",
    ]

    static func purityProblem(_ line: Substring) -> String? {
        let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return bans.first { ban in
            // `LearningTask.init` is no `Task.`: a ban begins where a word does.
            code.ranges(of: ban).contains { range in
                guard ban.first?.isLetter == true, range.lowerBound > code.startIndex else { return true }
                return !code[code.index(before: range.lowerBound)].isLetter
            }
        }
    }

    @Test func importsFollowTheTableOfRooms() throws {
        let floors = try Self.floors()
        #expect(floors.count > 20)
        for (room, path, lines) in try Self.sources() {
            #expect(floors[room] != nil, "\(room) is not in the table of rooms in docs/architecture.md")
            for line in lines {
                guard let name = Self.imported(line) else { continue }
                if let problem = Self.importProblem(room: room, imports: name, floors: floors) { Issue.record("\(path): \(problem)") }
            }
        }
    }

    @Test func pureRoomsStayPure() throws {
        let floors = try Self.floors()
        let exceptions = try Self.exceptions()
        var used: Set<Exemption> = []
        for (room, path, lines) in try Self.sources() where (floors[room] ?? 9) <= 3 && !path.contains("/Generated/") {
            for (number, line) in lines.enumerated() {
                guard let ban = Self.purityProblem(line) else { continue }
                if let module = Self.imported(line), exceptions.contains(Exemption(room: room, module: module)) {
                    used.insert(Exemption(room: room, module: module))
                    continue
                }
                Issue.record("\(path):\(number + 1) uses \(ban), which a pure room may not")
            }
        }
        #expect(used == exceptions, "an exception in docs/architecture.md that nobody needs is taken out")
    }

    @Test func plantedViolationsAreCaught() throws {
        let floors = try Self.floors()
        #expect(Self.importProblem(room: "Federation", imports: "Storage", floors: floors) != nil)
        #expect(Self.importProblem(room: "TrustStreamAPI", imports: "CoordinatorNode", floors: floors) != nil)
        #expect(Self.importProblem(room: "Storage", imports: "Federation", floors: floors) == nil)
        #expect(Self.purityProblem("let now = Date()") == "Date()")
        #expect(Self.purityProblem("import Foundation") == "Foundation")
        #expect(Self.purityProblem("// Foundation is not used here") == nil)
    }

    /// Lies are told where robust rules are tried, and nowhere else.
    @Test func attacksStayInTheTrials() throws {
        let trials: Set = ["Attacks", "FederationSimulator", "ClientNode", "tutti-client", "tutti-bench"]
        for (room, path, lines) in try Self.sources() where !trials.contains(room) {
            #expect(!lines.contains { Self.imported($0) == "Attacks" }, "\(path) imports Attacks")
        }
    }

    @Test func surfacesKnowNoServer() throws {
        for (room, path, lines) in try Self.sources() where room.hasSuffix("API") || room == "APIKit" || room == "Console" {
            for line in lines { if let name = Self.imported(line) { #expect(name != "Hummingbird" && !name.hasPrefix("NIO"), "\(path) imports \(name)") } }
        }
    }

    /// A server that is made to fetch things for others begins with a client in it: there is one, behind the egress guard.
    @Test func theCoordinatorOpensNoUnguardedConnections() throws {
        let rooms: Set = ["Storage", "Platform", "FederationService", "APIKit", "TrustStreamAPI", "EnterpriseAPI", "AisembleAPI", "PhiAPI", "Console", "CoordinatorNode"]
        let guarded = "Platform/Egress/GuardedConnection.swift"
        #expect(try Self.sources().contains { $0.path == guarded && $0.lines.contains { $0.contains("ClientBootstrap") } })
        for (room, path, lines) in try Self.sources() where rooms.contains(room) && path != guarded {
            #expect(!lines.contains { Self.imported($0) == "AsyncHTTPClient" || $0.contains("ClientBootstrap") }, "\(path) opens connections")
        }
    }

    /// Tests that a document names are there: `Suite/test`.
    @Test func testsThatAreNamedAreThere() throws {
        let text = try String(contentsOf: Self.top.appendingPathComponent("docs/reliability.md"), encoding: .utf8)
        let tests = Self.top.appendingPathComponent("Tests")
        var all = ""
        for case let name as String in FileManager.default.enumerator(atPath: tests.path) ?? .init() where name.hasSuffix(".swift") {
            all += try String(contentsOf: tests.appendingPathComponent(name), encoding: .utf8)
        }
        var named = 0
        for piece in text.split(separator: "`") {
            let parts = piece.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].hasSuffix("Tests"), parts[1].allSatisfy({ $0.isLetter || $0.isNumber }) else { continue }
            named += 1
            #expect(all.contains("struct \(parts[0])") && all.contains("func \(parts[1])("), "docs/reliability.md names \(piece), which is no test")
        }
        #expect(named > 30)
    }

    @Test func filesStayReadable() throws {
        for (_, path, lines) in try Self.sources() where !path.contains("/Generated/") { #expect(lines.count <= 500, "\(path) has \(lines.count) lines") }
    }
}
