import FaultHarness
import Foundation
import Testing

extension EndToEndTests {
    /// A running coordinator's folder is left alone; a stopped one's gets a new master key, and serves with it.
    @Test func secretsHangOnANewMasterKey() throws {
        let cluster = try Cluster()
        for command in ["status", "rotate"] {
            let refused = try Programs.coordinator("secrets", command, cluster.data, "--json")
            #expect(refused.status == 1 && refused.out.contains("in use by a running coordinator"), "\(refused.out)")
        }
        #expect(cluster.end(SIGTERM) == 0)
        let before = try Programs.coordinator("secrets", "status", cluster.data, "--json")
        #expect(before.status == 0 && (before.data["master_keys"] as? [Int]) == [1], "\(before.out)\(before.err)")
        let rotated = try Programs.coordinator("secrets", "rotate", cluster.data, "--json")
        #expect(rotated.status == 0 && (rotated.data["master_keys"] as? [Int]) == [2], "\(rotated.out)\(rotated.err)")
        let checked = try Programs.coordinator("check", cluster.data)
        #expect(checked.status == 0, "\(checked.err)")
        let key = cluster.data + "/master.key"
        try Data("damaged".utf8).write(to: URL(fileURLWithPath: key))
        let damaged = try Programs.coordinator("secrets", "rotate", cluster.data, "--json")
        #expect(damaged.status == 9 && damaged.out.contains("master.key"), "\(damaged.out)")
    }
}
