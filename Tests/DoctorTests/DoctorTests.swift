import ClientNode
import CoordinatorNode
import Diagnosis
import Foundation
import Learning
import Testing
import Trust

/// Every fault is really there, and each is found by its own code and no other.
@Suite(.serialized) struct DoctorTests {
    @Test(arguments: Fault.folders) func aFoldersFault(_ fault: Fault) async throws { try await fault.check() }

    @Test(.enabled(if: TinyDisk.canMount, "needs a user who may mount a file system in memory"), arguments: Fault.disks)
    func aDisksFault(_ fault: Fault) async throws { try await fault.check() }

    @Test(arguments: Fault.servers) func aServersFault(_ fault: Fault) async throws { try await fault.check() }

    @Test(arguments: Fault.nodes) func aNodesFault(_ fault: Fault) async throws { try await fault.check() }

    @Test(arguments: Fault.live) func aFaultBesideARealCoordinator(_ fault: Fault) async throws { try await fault.check() }

    /// The check itself can fail: by another code, by one more, by a warning, by a remedy that names nothing, and by silence.
    @Test func aWrongDiagnosisIsSeen() async throws {
        let right = Finding.fail("disk", .diskFull, "full", "df /")
        let wrong: [[Finding]] = [
            [.fail("disk", .diskLow, "low", "df /")], [right, .fail("key", .keyExposed, "open", "df /")], [.warn("disk", .diskFull, "full", "df /")],
            [.fail("disk", .diskFull, "full", "Look.")], [.ok("disk", "fine")],
        ]
        for findings in wrong { await withKnownIssue { try await Fault("wrong", .diskFull, remedy: "df ") { findings }.check() } }
        try await Fault("right", .diskFull, remedy: "df ") { [right] }.check()
    }

    @Test func whereNothingIsWrongNothingIsFound() async throws {
        let stopped = try await Place.made { await $0.examine() }
        #expect(stopped.count >= 9 && stopped.allSatisfy { $0.code == .ok }, "\(stopped.map(\.line))")
        let rows = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../benchmarks/data/digits.csv").path
        #expect(ClientDoctor.rows(LocalDataOptions(path: rows, csv: CSVOptions(), partition: nil)).code == .ok)
        try await LiveCoordinator.with { live in
            let serving = await Place(folder: live.folder).examine()
            #expect(serving.allSatisfy { $0.code == .ok } && serving.contains { $0.check == "admin key" }, "\(serving.map(\.line))")
            let node = try await Fault.enrolled(live) { await $0.examine() }
            #expect(node.allSatisfy { $0.code == .ok } && node.contains { $0.check == "access" }, "\(node.map(\.line))")
        }
    }

    /// What no test breaks here: a network without a way, an answer that stops halfway, and the limit of a process, which
    /// `doctorsSayWhatToDo` lowers for the real programs.
    private static let elsewhere: Set<FindingCode> = [.ok, .unreachable, .requestFailed, .descriptorsLow]

    @Test func everyCodeIsBrokenAtLeastOnce() {
        let faults = Fault.folders + Fault.disks + Fault.servers + Fault.nodes + Fault.live
        #expect(Set(faults.map(\.code)).union(Self.elsewhere) == Set(FindingCode.allCases))
        #expect(Set(faults.map(\.name)).count == faults.count)
    }

    /// docs/doctor.md has each code once, in the order of the code.
    @Test func theCatalogueHasEveryCode() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("docs/doctor.md")
        let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| `") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        #expect(rows.map { $0[0] } == FindingCode.allCases.map { "`\($0.rawValue)`" })
        for row in rows { #expect(row.count == 3 && row.allSatisfy { !$0.isEmpty }, "\(row)") }
        #expect(FindingCode.allCases.allSatisfy { code in code.rawValue.allSatisfy { $0.isLowercase || $0 == "_" } })
    }
}
