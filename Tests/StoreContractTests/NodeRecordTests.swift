import Federation
import Foundation
import Storage
import Testing

@Suite struct NodeRecordTests {
    private func certificate(_ number: UInt8, used: Bool = false) -> NodeCertificate {
        NodeCertificate(
            fingerprint: [number], issuedAt: Instant(milliseconds: 1), expiresAt: Instant(milliseconds: 2), usedAt: used ? Instant(milliseconds: 1) : nil)
    }

    private var node: NodeRecord {
        NodeRecord(tenant: "t", name: "a", certificate: certificate(1, used: true), enrolledAt: Instant(milliseconds: 1))
    }

    @Test func theCertificateThatWasShownStaysGoodBesideTheNewOne() {
        var record = node
        for number in 2..<20 as Range<UInt8> {
            record = record.renewed(with: certificate(number), shown: [number - 1])
            #expect(record.certificates.map(\.fingerprint) == [[number - 1], [number]])
            #expect(record.certificateFingerprint == [number])
            #expect(record.held.fingerprint == [number - 1], "nobody has been seen with the new one")
            record = record.used([number], at: Instant(milliseconds: 5)) ?? record
            #expect(record.held.fingerprint == [number])
        }
    }

    @Test func aLostReplyLeavesBothGoodAndAFewAtMost() {
        var record = node
        for number in 2..<20 as Range<UInt8> { record = record.renewed(with: certificate(number), shown: [1]) }
        #expect(record.certificates.map(\.fingerprint) == [[1], [17], [18], [19]])
    }

    @Test func ofTwoThatShareAKeyTheLaterEndsTheOther() {
        var record = node.renewed(with: certificate(2), shown: [1])
        record = record.used([2], at: Instant(milliseconds: 5)) ?? record
        record = record.renewed(with: certificate(3), shown: [1])
        #expect(record.certificate([2]) == nil && record.certificate([1]) != nil && record.certificate([3]) != nil)
    }

    @Test func aForeignFingerprintChangesNothing() {
        #expect(node.renewed(with: certificate(2), shown: [7]) == node)
        #expect(node.used([7], at: Instant(milliseconds: 9)) == nil)
        #expect(node.used([1], at: Instant(milliseconds: 9)) == nil, "it was known")
    }

    @Test func aRecordOfBeforeRenewalsIsRead() throws {
        let old =
            #"{"tenant":"t","name":"a","certificateFingerprint":[7],"enrolledAt":{"milliseconds":5},"certificateExpiresAt":{"milliseconds":9},"revokedAt":{"milliseconds":6}}"#
        let record = try JSONDecoder().decode(NodeRecord.self, from: Data(old.utf8))
        #expect(record.certificateFingerprint == [7] && record.certificateExpiresAt.milliseconds == 9 && record.revokedAt?.milliseconds == 6)
        #expect(record.held.fingerprint == [7] && record.held.authority == nil && record.newest.issuedAt.milliseconds == 5)
        let again = try JSONDecoder().decode(NodeRecord.self, from: JSONEncoder().encode(record))
        #expect(again == record)
        let none = #"{"tenant":"t","name":"a","enrolledAt":{"milliseconds":5},"certificates":[]}"#
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(NodeRecord.self, from: Data(none.utf8)) }
    }
}
