/// The directory of a ZIP archive (PKWARE APPNOTE 6.3.10), held to rules before anybody unpacks it.
package struct ZipScan {
    package struct Entry {
        var name: ArraySlice<UInt8>
        var method: UInt64
        var packed: UInt64
        var size: UInt64
        /// Of its local header, from the archive's beginning.
        var offset: UInt64
        /// Where its content lies, once its local header was read.
        var content: Range<Int> = 0..<0
    }

    package private(set) var entries: [Entry] = []
    package private(set) var problems = Problems()
    private let bytes: ArraySlice<UInt8>

    private static let endBytes = 22
    private static let commentMax = 65_535

    /// Whether an end record lies where one would be looked for.
    package static func endRecord(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= endBytes else { return nil }
        let last = bytes.endIndex - endBytes
        // The one whose comment ends with the file: that is the one that readers take.
        for at in stride(from: last, through: max(bytes.startIndex, last - commentMax), by: -1) where bytes[at] == 0x50 {
            guard little(bytes, at, 4) == 0x0605_4B50, let comment = little(bytes, at + 20, 2) else { continue }
            if Int(comment) == bytes.endIndex - at - endBytes { return at }
        }
        return nil
    }

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        read()
    }

    private mutating func read() {
        guard let end = Self.endRecord(bytes), var count = little(bytes, end + 10, 2), var size = little(bytes, end + 12, 4),
            var start = little(bytes, end + 16, 4), let disk = little(bytes, end + 4, 4)
        else { return problems.add("it has no end record") }
        var directoryEnd = end
        if disk != 0, disk != 0xFFFF_FFFF { problems.add("it has several parts") }
        // ZIP64: a locator in front of the end record says where the larger one lies.
        if let locator = little(bytes, end - 20, 4), locator == 0x0706_4B50 {
            guard let at = little(bytes, end - 12, 8).flatMap({ Int(exactly: $0) }).flatMap({ offset($0) }), little(bytes, at, 4) == 0x0606_4B50,
                let longCount = little(bytes, at + 32, 8), let longSize = little(bytes, at + 40, 8), let longStart = little(bytes, at + 48, 8), at < end
            else { return problems.add("its ZIP64 record cannot be read") }
            guard count == 0xFFFF || count == longCount, size == 0xFFFF_FFFF || size == longSize, start == 0xFFFF_FFFF || start == longStart else {
                return problems.add("its two end records disagree")
            }
            (count, size, start, directoryEnd) = (longCount, longSize, longStart, at)
        }
        guard count <= UInt64(ScanLimits.archiveEntries) else { return problems.add("it has \(count) entries, at most \(ScanLimits.archiveEntries) are taken") }
        // What lies in front of an archive, readers skip: then it is two things at once.
        guard let first = Int(exactly: start).flatMap({ offset($0) }), let length = Int(exactly: size), length <= directoryEnd - first,
            first + length == directoryEnd
        else {
            return problems.add("its directory does not lie where its end record says")
        }
        readDirectory(bytes[first..<first + length], count: Int(count))
        checkContents(directory: first)
    }

    private func offset(_ offset: Int) -> Int? { offset >= 0 && offset <= bytes.count ? bytes.startIndex + offset : nil }

    private mutating func readDirectory(_ directory: ArraySlice<UInt8>, count: Int) {
        var cursor = ByteCursor(directory)
        var (names, total) = (ArchiveNames(), UInt64(0))
        for _ in 0..<count {
            guard let header = cursor.take(46), little(header, header.startIndex, 4) == 0x0201_4B50,
                let entry = entry(header, &cursor)
            else { return problems.add("its directory cannot be read") }
            names.add(entry.name)
            let sum = total.addingReportingOverflow(entry.size)
            total = sum.overflow ? .max : sum.partialValue
            entries.append(entry)
        }
        if cursor.left > 0 { problems.add("its directory has more than its end record says") }
        if total > ScanLimits.archiveBytes { problems.add("it would be \(total) bytes unpacked, at most \(ScanLimits.archiveBytes) are taken") }
        problems.add(names.problems)
    }

    private mutating func entry(_ header: ArraySlice<UInt8>, _ cursor: inout ByteCursor) -> Entry? {
        let at = header.startIndex
        guard let system = little(header, at + 5, 1), let flags = little(header, at + 8, 2), let method = little(header, at + 10, 2),
            var packed = little(header, at + 20, 4), var size = little(header, at + 24, 4), let nameBytes = little(header, at + 28, 2),
            let extraBytes = little(header, at + 30, 2), let commentBytes = little(header, at + 32, 2), let attributes = little(header, at + 38, 4),
            var place = little(header, at + 42, 4), let name = cursor.take(nameBytes), let extra = cursor.take(extraBytes), cursor.take(commentBytes) != nil
        else { return nil }
        var fields = ByteCursor(extra)
        while fields.left >= 4 {
            guard let id = fields.little(2), let content = fields.take(fields.little(2)) else { return nil }
            guard id == 1 else { continue }
            var long = ByteCursor(content)
            for path in [\Wide.size, \Wide.packed, \Wide.place] {
                var wide = Wide(size: size, packed: packed, place: place)
                guard wide[keyPath: path] == 0xFFFF_FFFF else { continue }
                guard let value = long.little(8) else { return nil }
                wide[keyPath: path] = value
                (size, packed, place) = (wide.size, wide.packed, wide.place)
            }
        }
        if flags & 0x41 != 0 { problems.add("\(shown(name)) is encrypted") }
        let kind = attributes >> 16 & 0xF000
        if system == 3, kind != 0, kind != 0x8000, kind != 0x4000 { problems.add("\(shown(name)) is a link or a device") }
        if method != 0, method != 8 { problems.add("\(shown(name)) is packed in a way (\(method)) that is not looked into") }
        if method == 0, size != packed { problems.add("\(shown(name)) says two sizes") }
        if size > 1 << 20, size / ScanLimits.ratio > packed { problems.add("\(shown(name)) would become \(size) bytes out of \(packed)") }
        return Entry(name: name, method: method, packed: packed, size: size, offset: place)
    }

    private struct Wide {
        var (size, packed, place): (UInt64, UInt64, UInt64)
        init(size: UInt64, packed: UInt64, place: UInt64) { (self.size, self.packed, self.place) = (size, packed, place) }
    }

    /// Every content lies by itself: bombs are made of entries that share theirs (Fifield 2019, "A better zip bomb").
    private mutating func checkContents(directory: Int) {
        for i in entries.indices {
            let entry = entries[i]
            guard let at = Int(exactly: entry.offset).flatMap({ offset($0) }), little(bytes, at, 4) == 0x0403_4B50, let nameBytes = little(bytes, at + 26, 2),
                let extraBytes = little(bytes, at + 28, 2)
            else {
                problems.add("\(shown(entry.name)) does not lie where the directory says")
                continue
            }
            let name = at + 30
            let content = name + Int(nameBytes) + Int(extraBytes)
            guard content <= directory, let packed = Int(exactly: entry.packed), packed <= directory - content else {
                problems.add("\(shown(entry.name)) does not lie where the directory says")
                continue
            }
            if !bytes[name..<name + Int(nameBytes)].elementsEqual(entry.name) { problems.add("\(shown(entry.name)) has two names") }
            entries[i].content = content..<content + packed
        }
        let placed = entries.filter { !$0.content.isEmpty }.sorted { $0.offset < $1.offset }
        for (one, next) in zip(placed, placed.dropFirst()) where one.content.upperBound > bytes.startIndex + Int(next.offset) {
            problems.add("\(shown(one.name)) and \(shown(next.name)) share bytes")
        }
    }

    /// What an entry has in it; nil: it is too large to be looked into, or cannot be unpacked.
    package func content(_ entry: Entry) -> ArraySlice<UInt8>? {
        guard entry.size <= UInt64(ScanLimits.entryBytes) || entry.method == 0 else { return nil }
        let packed = bytes[entry.content]
        if entry.method == 0 { return packed }
        guard entry.method == 8, let whole = Inflate.whole(packed, limit: Int(entry.size)), UInt64(whole.count) == entry.size else { return nil }
        return whole[...]
    }
}

extension Problems {
    package mutating func add(_ others: Problems) { for problem in others.told { add(problem) } }
}
