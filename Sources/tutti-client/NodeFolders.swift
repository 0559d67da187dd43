import ClientNode
import CommandKit
import Foundation

/// The folders of the clients that one process runs.
enum NodeFolders {
    static func list(data: [String], nodes: String?) throws(CommandFailure) -> [String] {
        let folders: [String]
        switch (data.isEmpty, nodes) {
        case (false, nil): folders = data
        case (true, let place?): folders = try identities(in: place)
        case (false, _?):
            throw CommandFailure(.usage, "--data and --nodes are both given.", remedy: "Give --data for each node, or --nodes for all in a folder.")
        case (true, nil): throw CommandFailure(.usage, "Neither --data nor --nodes is given.", remedy: "Give the folder that 'tutti-client join' made.")
        }
        try allowConnections(of: folders.count)
        return folders
    }

    private static func identities(in place: String) throws(CommandFailure) -> [String] {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: place) } catch {
            throw CommandFailure(.configuration, "\(place) cannot be read: \(error).", remedy: "Give the folder that 'tutti-client join --nodes' made.")
        }
        let folders = names.sorted().map { place + "/" + $0 }.filter(NodeIdentity.exists)
        guard !folders.isEmpty else {
            throw CommandFailure(
                .configuration, "\(place) has no folder with an identity.",
                remedy: "Enrol first: tutti-client join URL --tokens DIR --ca-pin PIN --nodes \(place)")
        }
        return folders
    }

    /// A node has a control channel and, while it fetches or sends, another connection; files come on top.
    private static func allowConnections(of nodes: Int) throws(CommandFailure) {
        let wanted = rlim_t(4 * nodes + 128)
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0, limits.rlim_cur < wanted else { return }
        limits.rlim_cur = min(wanted, limits.rlim_max)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        guard limits.rlim_cur < wanted else { return }
        throw CommandFailure(
            .configuration, "\(nodes) nodes need up to \(wanted) open files; this process may have \(limits.rlim_max).",
            remedy: "Raise the limit (ulimit -n \(wanted)), or run fewer nodes in one process.")
    }
}
