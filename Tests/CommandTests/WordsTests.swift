import CommandKit
import Diagnosis
import Foundation
import StrictJSON
import Testing

@Suite struct WordsTests {
    @Test(arguments: [
        ("round 3 was aborted 5 times in a row; last: 1 of 3 updates by the deadline", CommandKit.ExitStatus.quorum),
        ("round 3 was aborted 5 times in a row; last: 2 of 3 updates delivered", .quorum),
        ("round 1 was aborted 5 times in a row; last: 2 updates are too few for the trimmed mean", .quorum),
        ("round 1 was aborted 5 times in a row; last: updates of the sealed set are missing after a restart", .failed),
        ("", .failed),
    ])
    func aFailedSessionsReasonDecidesTheExitCode(_ reason: String, _ status: CommandKit.ExitStatus) {
        #expect(CommandKit.ExitStatus.ofFailedSession(reason: reason) == status)
    }

    @Test func theTableOfRoundsHasOneWidth() {
        let round: JSON = [
            "round": 12, "state": "committed", "contributors": 18, "selected": 20, "late": 1, "dropped": 1, "rejected": 0, "loss": 0.4309,
            "accuracy": 0.873, "bytes_up": 900_000, "bytes_down": 1_800_000, "aggregate_ms": 3.14, "seconds": 0.42,
        ]
        let line = RoundTable.line(round, etaSeconds: 34.2)
        #expect(line.split(separator: " ") == ["12", "18/20", "1", "1", "0", "0.431", "0.873", "-", "0.90/1.80", "3.1", "0.42", "0:35"])
        #expect(line.count == RoundTable.header.count)
        #expect(RoundTable.line(["round": 1], etaSeconds: nil).count == RoundTable.header.count)
        // The squared errors of a regression.
        for (loss, word) in [(99.9994, "99.999"), (2859.69, "2859.7"), (99_999.4, "99999"), (123_456.7, "1.2e5"), (9.96e29, "1.0e30")] {
            let line = RoundTable.line(["round": 1, "loss": .number(loss)], etaSeconds: nil)
            #expect(line.contains(" \(word) ") && line.count == RoundTable.header.count, "\(line)")
        }
    }

    @Test func numbersAreRoundedNotCut() {
        #expect(RoundTable.fixed(0.9996, 3) == "1.000")
        #expect(RoundTable.fixed(-0.05, 2) == "-0.05")
        #expect(RoundTable.fixed(-0.0001, 2) == "0.00")
        #expect(RoundTable.fixed(7, 0) == "7")
        #expect(RoundTable.fixed(.infinity, 2) == "inf")
    }

    @Test func httpDatesAreRead() {
        #expect(httpDate("Sun, 06 Nov 1994 08:49:37 GMT") == Date(timeIntervalSince1970: 784_111_777))
        for wrong in ["", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"] {
            #expect(httpDate(wrong) == nil)
        }
    }

    @Test func aCertificateIsJudgedByItsLife() {
        let from = Date(timeIntervalSince1970: 1_000_000_000)
        let to = from.addingTimeInterval(90 * 86_400)
        func verdict(_ days: Double) -> Finding.Verdict {
            Finding.certificate("c", from: from, to: to, now: from.addingTimeInterval(days * 86_400), renewal: "renew").verdict
        }
        #expect(verdict(-1) == .fail && verdict(0) == .ok && verdict(59) == .ok && verdict(61) == .warn && verdict(91) == .fail)
    }

    @Test func clocksMayDifferALittle() {
        let ours = Date(timeIntervalSince1970: 1_000_000_000)
        func verdict(_ seconds: Double) -> Finding.Verdict { Finding.clock("c", ours: ours, theirs: ours.addingTimeInterval(seconds)).verdict }
        #expect(verdict(0) == .ok && verdict(-2) == .ok && verdict(30) == .warn && verdict(-300) == .fail)
    }

    @Test func aDoctorFailsWithItsFindings() throws {
        let fine = try conclude([.ok("a", "good"), .warn("b", .diskLow, "hm", "look")])
        #expect(fine["checks"]?.elements?.count == 2)
        do throws(CommandFailure) {
            _ = try conclude([.ok("a", "good"), .fail("b", .diskFull, "bad", "mend it")])
            Issue.record("a failed check passed")
        } catch {
            #expect(error.status == .failed && error.message.contains("b"))
            let last = error.details?["checks"]?.elements?.last
            #expect(last?["remedy"] == "mend it" && last?["code"] == "disk_full" && error.details?["checks"]?.elements?.first?["code"] == "ok")
        }
    }

    @Test func anOpenFolderIsTold() throws {
        let path = NSTemporaryDirectory() + "tutti-mode-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        defer { try? FileManager.default.removeItem(atPath: path) }
        func closed(_ path: String) -> Finding { .closed("folder", path, FileLook(path), missing: "make it") }
        #expect(closed(path).code == .folderExposed && closed(path).remedy == "chmod 700 '\(path)'")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        #expect(closed(path).verdict == .ok)
        #expect(closed(path + "/none").code == .fileMissing && closed(path + "/none").remedy == "make it")
    }
}
