import Foundation

/// A folder as a power cut leaves it.
struct CutImage {
    private struct Content {
        var durable: [UInt8] = []
        /// Since the last sync, in order.
        var pending: [CutWorld.Event] = []
    }
    private struct Names {
        var durable: [String: UInt64] = [:]
        var current: [String: UInt64] = [:]
    }
    private static let sector = 512

    private var contents: [UInt64: Content] = [:]
    private var folders: [String: Names] = [:]
    private var indexes: [[UInt8]] = []
    /// Steps that were acknowledged before the cut.
    private(set) var acknowledged = 0

    /// - Parameter events: up to the cut.
    init(_ events: some Sequence<CutWorld.Event>) { for event in events { follow(event) } }

    private mutating func follow(_ event: CutWorld.Event) {
        switch event {
        case .created(let inode): contents[inode] = Content()
        case .write(let inode, _, _), .truncate(let inode, _): contents[inode, default: Content()].pending.append(event)
        case .synced(let inode):
            var content = contents[inode] ?? Content()
            for event in content.pending { Self.apply(event, &content.durable) { _ in true } }
            content.pending = []
            contents[inode] = content
        case .names(let place, let found): folders[place, default: Names()].current = found
        case .syncedNames(let place, let found): folders[place] = Names(durable: found, current: found)
        case .index(let bytes): if indexes.last != bytes { indexes.append(bytes) }
        case .acknowledged(let step): acknowledged = step
        }
    }

    /// - Parameter survives: whether what lies in this sector of the write is on the disk.
    private static func apply(_ event: CutWorld.Event, _ content: inout [UInt8], _ survives: (_ sector: Int) -> Bool) {
        switch event {
        case .write(_, let offset, let bytes):
            if content.count < offset + bytes.count { content += [UInt8](repeating: 0, count: offset + bytes.count - content.count) }
            var at = 0
            while at < bytes.count {
                let end = min(bytes.count, ((offset + at) / sector + 1) * sector - offset)
                if survives((offset + at) / sector) { content.replaceSubrange((offset + at)..<(offset + end), with: bytes[at..<end]) }
                at = end
            }
        case .truncate(_, let size):
            if survives(0) { content = content.count > size ? Array(content.prefix(size)) : content + [UInt8](repeating: 0, count: size - content.count) }
        default: break
        }
    }

    /// Makes the folder.
    /// - Parameter chance: decides for every unsynced sector and name whether it survived; nil: none did.
    func make(in folder: String, _ chance: inout Chance?) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (place, names) in folders.sorted(by: { $0.key < $1.key }) {
            let parent = place.isEmpty ? folder : "\(folder)/\(place)"
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            for name in Set(names.durable.keys).union(names.current.keys).sorted() {
                let isNew = names.durable[name] != names.current[name] && chance?.coin() ?? false
                guard let inode = isNew ? names.current[name] : names.durable[name] else { continue }
                let content = surviving(contents[inode] ?? Content(), &chance)
                try Data(content).write(to: URL(fileURLWithPath: "\(parent)/\(name)"))
            }
        }
        if !indexes.isEmpty, let index = chance?.one(of: [[]] + indexes.suffix(3)), !index.isEmpty {
            try Data(index).write(to: URL(fileURLWithPath: "\(folder)/tutti.sqlite-shm"))
        }
    }

    private func surviving(_ content: Content, _ chance: inout Chance?) -> [UInt8] {
        guard var coins = chance else { return content.durable }
        var bytes = content.durable
        for event in content.pending where coins.below(4) > 0 { Self.apply(event, &bytes) { _ in coins.below(3) > 0 } }
        chance = coins
        return bytes
    }
}
