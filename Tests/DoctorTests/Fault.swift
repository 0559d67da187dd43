import Diagnosis
import Foundation
import Testing

/// One thing that is broken on purpose, and what a doctor has to say of it.
struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let code: FindingCode
    let verdict: Finding.Verdict
    /// The command or setting that the remedy has to name.
    let remedy: String
    /// Breaks it, lets the doctor look, and cleans up.
    let findings: @Sendable () async throws -> [Finding]

    init(
        _ name: String, _ code: FindingCode, _ verdict: Finding.Verdict = .fail, remedy: String, _ findings: @escaping @Sendable () async throws -> [Finding]
    ) {
        (self.name, self.code, self.verdict, self.remedy, self.findings) = (name, code, verdict, remedy, findings)
    }

    var testDescription: String { name }

    /// Its own code and no other, and what to do.
    func check() async throws {
        let findings = try await findings()
        let found = findings.filter { $0.code != .ok }
        #expect(!found.isEmpty, "\(name): nothing was found")
        for finding in found {
            #expect(finding.code == code && finding.verdict == verdict, "\(name): \(finding.line)")
            #expect(finding.remedy.contains(remedy), "\(name): \(finding.remedy)")
            #expect(!finding.message.isEmpty)
        }
        for finding in findings where finding.code == .ok { #expect(finding.verdict == .ok && finding.remedy.isEmpty, "\(finding.line)") }
    }
}
