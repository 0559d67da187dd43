import CoordinatorNode
import CryptoSuite
import Federation
import Foundation
import NIOHTTP1
import Platform
import Storage
import Testing
import Trust

/// Every file of a coordinator's folder, cut and with bits flipped: either it is said which file is damaged, or all
/// answers are what they were. Nothing ends the process, and no wrong number is used.
@Suite(.serialized) struct DamagedCoordinatorTests {
    private enum Treatment {
        /// Noticed, or without effect.
        case verified
        /// A person writes it: what it says is what is meant, however it came to say it.
        case human
        /// Made anew at each start; nothing is kept in it.
        case transient
    }

    /// Every file there is in a folder that is in use; names of contents are stars.
    private static let table: [String: Treatment] = [
        "tutti.sqlite": .verified, "tutti.sqlite-wal": .verified, "tutti.sqlite-shm": .verified, "blobs/*": .verified, "updates/*": .verified,
        "ca.pem": .verified, "ca.key": .verified, "server.pem": .verified, "server.key": .verified, "admin.key": .verified, "config.toml": .human,
        "signing.keys": .verified, "master.key": .verified, "prices.toml": .human, "ca.roll": .verified,
        "run.json": .transient, "lock": .transient,
    ]

    private static let now = Instant(milliseconds: 1000)

    /// As a killed coordinator leaves it: the log is not copied into the database.
    private static func make(_ place: String) async throws -> [String] {
        let folder = CoordinatorFolder(place + "/live")
        _ = try await folder.create(listen: "127.0.0.1:0", names: [])
        _ = try TokenIssuer(file: folder.signingKeysPath, random: .system, now: now)
        let store = try SQLiteStore(folder: folder.path, suite: .system, inlineBytes: 1000)
        var session = SessionRecord(id: "s", tenant: "default", spec: SessionSpec(), createdAt: now, registrationTokenHash: [1])
        try await store.create(session)
        let model = try await store.put([UInt8](repeating: 7, count: 2000))
        session.warmStart = model
        for number in 1...4 {
            let record = RoundRecord(round: number, attempt: 1, state: .aborted, cohort: ["a", "b"], baseModel: model, configuredAt: now, deadline: now)
            try await store.apply([.session(session), .round(record)], session: "s", tenant: "default")
        }
        for (client, count) in [("a", 10), ("b", 5000)] {
            let record = ContributionRecord(
                client: client, round: 5, attempt: 1, digest: [1], samples: 3, maxAbs: 0.5, wireBytes: 9, loss: 0.25, accuracy: nil, receivedAt: now)
            _ = try await store.storeContribution(record, body: [UInt8](repeating: 5, count: count), session: "s", tenant: "default")
        }
        try FileManager.default.copyItem(atPath: folder.path, toPath: place + "/base")
        await store.close()
        try Data(#"{"url":"https://127.0.0.1:1","port":1}"#.utf8).write(to: URL(fileURLWithPath: place + "/base/run.json"))
        return FileManager.default.enumerator(atPath: place + "/base")?.allObjects.compactMap { $0 as? String }.filter {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(place)/base/\($0)", isDirectory: &isFolder) && !isFolder.boolValue
        }.sorted() ?? []
    }

    /// All that a folder says, or what is wrong with it.
    private static func answers(_ path: String) async -> (text: String, isRefusal: Bool) {
        do {
            let folder = CoordinatorFolder(path)
            let report = try await folder.check()
            guard report.damages.isEmpty else { return (report.damages.joined(separator: "\n"), true) }
            let store = try SQLiteStore(folder: path, suite: .system, creates: false)
            var said: [String] = ["\(report.counts.sorted { $0.key < $1.key })"]
            said.append("\(try await store.openSessions())")
            said.append("\(try await store.rounds("s", tenant: "default", after: 0, limit: 10))")
            for client in ["a", "b"] {
                let key = ContributionKey(tenant: "default", session: "s", round: 5, attempt: 1, client: client)
                said.append("\(String(describing: try await store.contribution(key))) \(String(describing: try store.contributionBody(key)))")
            }
            let model = try await store.session("s", tenant: "default")?.warmStart ?? ""
            said.append("\(String(describing: try await store.get(model)))")
            await store.close()
            let authority = try CertificateAuthority(
                certificatePEM: String(contentsOfFile: folder.authorityPath, encoding: .utf8),
                keyPEM: String(decoding: SecretFile.read(path + "/ca.key"), as: UTF8.self))
            said.append(authority.pin)
            said.append("\(SigningKeys(encoded: try SecretFile.read(folder.signingKeysPath))?.encoded ?? [])")
            said.append("\(try ServerCertificate(pem: String(contentsOfFile: path + "/server.pem", encoding: .utf8)))")
            return (said.joined(separator: "\n"), false)
        } catch { return ("\(error)", true) }
    }

    @Test func everyFileIsInTheTable() async throws {
        try await withTemporaryFolder { place in
            let found = Set(try await Self.make(place).map(Self.row))
            // Only while the authority is replaced: `aReplacementThatIsDamagedIsNamed`.
            #expect(found.union(["ca.roll"]) == Set(Self.table.keys), "a new durable file needs a row, and a way to tell that it is damaged")
        }
    }

    private static func row(_ file: String) -> String {
        let parts = file.split(separator: "/")
        return parts.count == 2 ? "\(parts[0])/*" : file
    }

    @Test func whateverIsDamagedIsNamedOrHasNoEffect() async throws {
        try await withTemporaryFolder { place in
            let files = try await Self.make(place)
            try FileManager.default.copyItem(atPath: place + "/base", toPath: place + "/sound")
            let sound = await Self.answers(place + "/sound")
            try #require(!sound.isRefusal, "\(sound.text)")
            var noticed: [String: Int] = [:]
            for file in files {
                let content = [UInt8](FileManager.default.contents(atPath: "\(place)/base/\(file)") ?? Data())
                for (what, damaged) in Self.damages(content, seed: file) {
                    let copy = place + "/copy"
                    try? FileManager.default.removeItem(atPath: copy)
                    try FileManager.default.copyItem(atPath: place + "/base", toPath: copy)
                    // In its place, so that its rights stay.
                    let handle = try #require(FileHandle(forWritingAtPath: "\(copy)/\(file)"))
                    try handle.truncate(atOffset: 0)
                    try handle.write(contentsOf: damaged)
                    try handle.close()
                    let found = await Self.answers(copy)
                    if found.isRefusal { noticed[file, default: 0] += 1 }
                    let treatment = Self.table[Self.row(file)]
                    if treatment == .human { continue }
                    let name = Self.row(file).replacing("/*", with: "/").replacing("-wal", with: "").replacing("-shm", with: "")
                    #expect(found.text == sound.text || (found.isRefusal && found.text.contains(name)), "\(file), \(what): \(found.text.prefix(600))")
                }
            }
            for (row, treatment) in Self.table where treatment == .verified && !["tutti.sqlite-shm", "ca.roll"].contains(row) {
                let count = files.filter { Self.row($0) == row }.reduce(0) { $0 + (noticed[$1] ?? 0) }
                #expect(count > 0, "no damage of \(row) was noticed at all")
            }
        }
    }

    /// A coordinator does not make new keys in the place of damaged ones: it says which file it is, and what may be done.
    @Test(arguments: ["flipped", "cut", "empty", "removed"])
    func damagedSigningKeysAreNamedWithTheRemedy(_ damage: String) async throws {
        try await withTemporaryFolder { place in
            let folder = CoordinatorFolder(place + "/live")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            _ = try TokenIssuer(file: folder.signingKeysPath, random: .system, now: Self.now)
            let sound = try SecretFile.read(folder.signingKeysPath)
            guard damage != "removed" else {
                try SecretFile.remove(folder.signingKeysPath)
                try await LiveCoordinator.serving(folder) { live async throws -> Void in #expect(try await live.call(.GET, "/livez").status == 200) }
                return #expect(try SecretFile.read(folder.signingKeysPath) != sound, "the remedy that is told works")
            }
            let text = String(decoding: sound, as: UTF8.self)
            let secret = try #require(text.range(of: #""secret":""#)).upperBound.utf16Offset(in: text)
            var damaged = damage == "cut" ? Array(sound.prefix(sound.count / 2)) : damage == "empty" ? [] : sound
            if damage == "flipped" { damaged[secret + 3] = damaged[secret + 3] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A") }
            try SecretFile.write(damaged, to: folder.signingKeysPath)
            #expect(try await folder.check().damages.contains { $0.contains("signing.keys") && $0.contains("restore it from a backup") })
            let error = try await #require(throws: CoordinatorError.self) { try await LiveCoordinator.serving(folder) { _ in } }
            #expect(error.kind == .integrity && error.message.contains("signing.keys"), "\(error)")
            #expect(error.message.contains("restore it from a backup, or remove it"), "\(error)")
            #expect(try SecretFile.read(folder.signingKeysPath) == damaged, "what is damaged is not written over")
        }
    }

    /// How far a replacement of the authority is, and the next authority with its key: cut, with bits flipped, missing.
    @Test(arguments: [[AuthorityStep.prepare], [.prepare, .activate]])
    func aReplacementThatIsDamagedIsNamed(_ steps: [AuthorityStep]) async throws {
        try await withTemporaryFolder { place in
            let folder = CoordinatorFolder(place + "/live")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let old = try folder.authorities().signing.pin
            try await LiveCoordinator.serving(folder) { live async throws -> Void in
                for step in steps { #expect(try await live.admin(.POST, "/api/v4/authorities/\(step.rawValue)").status == 200) }
            }
            let (sound, content) = (try folder.authorities(), [UInt8](try #require(FileManager.default.contents(atPath: folder.rollPath))))
            try #require(try await folder.check().damages == [])
            var noticed = 0
            let cases = Self.damages(content, seed: "ca.roll")
            for (what, damaged) in cases {
                try SecretFile.write(damaged, to: folder.rollPath)
                let found = try await folder.check().damages
                noticed += found.isEmpty ? 0 : 1
                #expect(found.allSatisfy { $0.contains("ca.roll") || $0.contains("server.pem") }, "\(what): \(found)")
                guard found.isEmpty else { continue }
                let read = try folder.authorities()
                #expect(read.phase == sound.phase && read.signing.pin == sound.signing.pin && read.bundlePEM == sound.bundlePEM, "\(what)")
            }
            #expect(noticed * 4 > cases.count * 3, "\(noticed) of \(cases.count)")
            // Without it there is no replacement. Once the next authority has signed, its key is gone, and that is said.
            try SecretFile.remove(folder.rollPath)
            let (left, damages) = (try? folder.authorities(), try await folder.check().damages)
            #expect(left?.signing.pin == old && left?.phase == .steady)
            #expect(damages.isEmpty == (sound.phase == .prepared), "\(damages)")
        }
    }

    /// Cuts at several lengths, and single bits.
    private static func damages(_ content: [UInt8], seed: String) -> [(String, [UInt8])] {
        guard !content.isEmpty else { return [] }
        let cuts = Set([0, 1, content.count / 3, content.count / 2, content.count - 1, content.count / 4096 / 2 * 4096]).filter { $0 < content.count }.sorted()
        var found = cuts.map { ("cut to \($0) of \(content.count) bytes", Array(content.prefix($0))) }
        let digest = CryptoSuite.system.sha256(Array(seed.utf8))
        var state = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        for number in 0..<36 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // The first bytes of every file say most.
            let range = number % 3 == 0 ? min(content.count, 100) : content.count
            let bit = Int(state >> 33) % (range * 8)
            var flipped = content
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            found.append(("bit \(bit % 8) of byte \(bit / 8) flipped", flipped))
        }
        return found
    }
}
