/// The headers of a tar archive (POSIX.1-1988 ustar, pax of POSIX.1-2001, GNU's long names), block by block as they come.
struct TarScan {
    private(set) var problems = Problems()
    private(set) var count = 0
    private(set) var isEnded = false
    /// Entries that were too large, or too many, to be looked into.
    private(set) var skipped: [String] = []
    private var names = ArchiveNames()
    private var block: [UInt8] = []
    /// Of the entry that is being read.
    private var left: UInt64 = 0
    private var name: [UInt8] = []
    private var kept: [UInt8] = []
    private var keeps = Keep.nothing
    private var given: [UInt8]?
    private let look: (_ name: ArraySlice<UInt8>, _ content: ArraySlice<UInt8>) -> Void

    private enum Keep { case nothing, content, path, records }

    /// - Parameter look: gets each plain entry that may be looked into.
    init(look: @escaping (_ name: ArraySlice<UInt8>, _ content: ArraySlice<UInt8>) -> Void) { self.look = look }

    static func begins(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count >= 512 && bytes.dropFirst(257).prefix(5).elementsEqual("ustar".utf8) && isSummed(bytes.prefix(512))
    }

    /// - Returns: whether more is wanted.
    mutating func take(_ part: ArraySlice<UInt8>) -> Bool {
        var part = part
        while !part.isEmpty, !isEnded, problems.told.count < ScanLimits.told {
            let missing = 512 - block.count
            block += part.prefix(missing)
            part = part.dropFirst(missing)
            guard block.count == 512 else { return true }
            if left > 0 { content() } else { header() }
            block.removeAll(keepingCapacity: true)
        }
        return !isEnded && problems.told.count < ScanLimits.told
    }

    mutating func end() {
        if !isEnded, left > 0 || !block.isEmpty { problems.add("it breaks off") }
        problems.add(names.problems)
    }

    private mutating func content() {
        let size = min(left, 512)
        if keeps != .nothing { kept += block.prefix(Int(size)) }
        left -= size
        if left == 0 { finish() }
    }

    private mutating func finish() {
        switch keeps {
        case .nothing: break
        case .content: look(name[...], kept[...])
        case .path: given = Array(kept.prefix { $0 != 0 })
        case .records: records()
        }
        (keeps, kept) = (.nothing, [])
    }

    private mutating func header() {
        guard block.contains(where: { $0 != 0 }) else { return isEnded = true }
        guard Self.isSummed(block[...]) else {
            problems.add("a header does not have the sum that it says")
            return isEnded = true
        }
        count += 1
        guard count <= ScanLimits.archiveEntries else {
            problems.add("it has more than \(ScanLimits.archiveEntries) entries")
            return isEnded = true
        }
        guard let size = Self.octal(block[124..<136]), size <= ScanLimits.archiveBytes else {
            problems.add("an entry's size cannot be used")
            return isEnded = true
        }
        let kind = block[156]
        if kind != UInt8(ascii: "x"), kind != UInt8(ascii: "L") { name = given ?? path() }
        left = size
        switch kind {
        case UInt8(ascii: "0"), 0, UInt8(ascii: "7"):
            names.add(name[...])
            (keeps, given) = (mayLook(size) ? .content : .nothing, nil)
        case UInt8(ascii: "5"):
            names.add(name[...])
            given = nil
            if size > 0 { problems.add("\(shown(name)) is a folder with a content") }
        case UInt8(ascii: "x"), UInt8(ascii: "L"), UInt8(ascii: "g"):
            keeps = kind == UInt8(ascii: "L") ? .path : .records
            if size > 1 << 16 {
                problems.add("a header has \(size) bytes of further headers")
                isEnded = true
            }
        case UInt8(ascii: "1"), UInt8(ascii: "2"), UInt8(ascii: "K"):
            problems.add("\(shown(name)) is a link")
            given = nil
        default:
            problems.add("\(shown(name)) is of a kind (\(shown([kind]))) that is not taken")
            given = nil
        }
        if left == 0 { finish() }
    }

    private mutating func mayLook(_ size: UInt64) -> Bool {
        guard size <= UInt64(ScanLimits.entryBytes), count <= ScanLimits.entriesRead else {
            if skipped.count < ScanLimits.told { skipped.append(shown(name)) }
            return false
        }
        return true
    }

    private func path() -> [UInt8] {
        let (name, prefix) = (block[0..<100].prefix { $0 != 0 }, block[345..<500].prefix { $0 != 0 })
        return prefix.isEmpty || block[257 + 5] != 0 ? Array(name) : Array(prefix) + [UInt8(ascii: "/")] + name
    }

    /// pax: `length key=value\n`, one after the other.
    private mutating func records() {
        var rest = kept[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: " ") }
            guard let length = Int(String(decoding: digits.prefix(8), as: UTF8.self)), length > digits.count + 2, length <= rest.count else {
                return problems.add("a pax header cannot be read")
            }
            let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
            rest = rest.dropFirst(length)
            let key = record.prefix { $0 != UInt8(ascii: "=") }
            switch String(decoding: key, as: UTF8.self) {
            case "path": given = Array(record.dropFirst(key.count + 1))
            case "linkpath": problems.add("it has a link")
            // Would say another size than the header: two readers would find different entries.
            case "size": problems.add("a pax header says another size")
            case let name where name.hasPrefix("GNU.sparse"): problems.add("it has sparse entries")
            default: break
            }
        }
    }

    /// Base 8 with blanks or zeros around; the binary form of GNU is for entries larger than any that is taken.
    private static func octal(_ field: ArraySlice<UInt8>) -> UInt64? {
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        guard digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
        return digits.reduce(UInt64(0)) { $0 << 3 | UInt64($1 - 0x30) }
    }

    /// The sum of all bytes with blanks in the place of the sum.
    private static func isSummed(_ block: ArraySlice<UInt8>) -> Bool {
        let at = block.startIndex
        guard let told = octal(block[at + 148..<at + 156]) else { return false }
        return block.enumerated().reduce(UInt64(0)) { $0 + ((148..<156).contains($1.offset) ? 0x20 : UInt64($1.element)) } == told
    }
}
