/// Reads the kernel's texts (proc(5)). What is not there, is no number or does not fit is nil, whatever else the text says.
package enum ProcText {
    /// /proc/stat: ticks since the machine began. Waiting for a disk counts as idle; guests are in `user` already.
    package static func processor(_ text: String) -> (busy: UInt64, total: UInt64)? {
        guard let words = line(text, "cpu"), words.count >= 4, let ticks = numbers(words.prefix(8)) else { return nil }
        guard let total = sum(ticks), let idle = sum([ticks[3], ticks.count > 4 ? ticks[4] : 0]) else { return nil }
        return (total - idle, total)
    }

    /// /proc/meminfo, in bytes. `available` is what programs could still get without swapping.
    package static func memory(_ text: String) -> (total: UInt64, available: UInt64)? {
        guard let total = kibibytes(text, "MemTotal:"), let available = kibibytes(text, "MemAvailable:"), total > 0, available <= total else { return nil }
        return (total, available)
    }

    /// /proc/net/dev: bytes over all interfaces but the loopback.
    package static func network(_ text: String) -> (received: UInt64, sent: UInt64)? {
        var (received, sent): ([UInt64], [UInt64]) = ([], [])
        for line in text.split(separator: "\n") {
            guard let colon = line.lastIndex(of: ":") else { continue }
            let name = line[..<colon].split(separator: " ").last ?? ""
            guard name != "lo" else { continue }
            let words = line[line.index(after: colon)...].split(separator: " ")
            guard words.count >= 9, let into = UInt64(words[0]), let out = UInt64(words[8]) else { return nil }
            received.append(into)
            sent.append(out)
        }
        guard let into = sum(received), let out = sum(sent), text.contains("|bytes") else { return nil }
        return (into, out)
    }

    /// /proc/net/snmp: TCP segments sent, and of them those that were sent again.
    package static func segments(_ text: String) -> (sent: UInt64, again: UInt64)? {
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("Tcp:") }.map { $0.split(separator: " ") }
        guard lines.count == 2, lines[0].count == lines[1].count else { return nil }
        guard let sent = lines[0].firstIndex(of: "OutSegs"), let again = lines[0].firstIndex(of: "RetransSegs") else { return nil }
        guard let all = UInt64(lines[1][sent]), let repeated = UInt64(lines[1][again]) else { return nil }
        return (all, repeated)
    }

    /// /proc/diskstats: bytes read and written over all whole disks; a partition is part of its disk. Sectors are 512 bytes there.
    package static func disks(_ text: String) -> (read: UInt64, written: UInt64)? {
        var (read, written): ([UInt64], [UInt64]) = ([], [])
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 10, isDisk(words[2]) else { continue }
            guard let into = bytes(sectors: words[5]), let out = bytes(sectors: words[9]) else { return nil }
            read.append(into)
            written.append(out)
        }
        guard !read.isEmpty, let into = sum(read), let out = sum(written) else { return nil }
        return (into, out)
    }

    /// /proc/loadavg: the mean number of tasks that run or wait, over 1, 5 and 15 minutes.
    package static func load(_ text: String) -> (one: Double, five: Double, fifteen: Double)? {
        let words = text.split { $0 == " " || $0 == "\n" }.prefix(3).compactMap { Double($0) }
        guard words.count == 3, words.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
        return (words[0], words[1], words[2])
    }

    /// /proc/self/status: bytes of the process that are in memory.
    package static func resident(_ text: String) -> UInt64? { kibibytes(text, "VmRSS:") }

    // MARK: Parts

    private static func line(_ text: String, _ name: String) -> [Substring]? {
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            if let first = words.first, first == name { return Array(words.dropFirst()) }
        }
        return nil
    }

    private static func kibibytes(_ text: String, _ name: String) -> UInt64? {
        guard let words = line(text, name), words.count == 2, words[1] == "kB", let number = UInt64(words[0]) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1024)
        return overflow ? nil : bytes
    }

    private static func bytes(sectors: Substring) -> UInt64? {
        guard let number = UInt64(sectors) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 512)
        return overflow ? nil : bytes
    }

    private static func numbers(_ words: ArraySlice<Substring>) -> [UInt64]? {
        let numbers = words.compactMap { UInt64($0) }
        return numbers.count == words.count ? numbers : nil
    }

    private static func sum(_ numbers: [UInt64]) -> UInt64? {
        var total: UInt64 = 0
        for number in numbers {
            let (next, overflow) = total.addingReportingOverflow(number)
            if overflow { return nil }
            total = next
        }
        return total
    }

    /// sda, vda, xvda, hda; nvme0n1; mmcblk0. What stands on other disks (dm-0, md0, loop0, zram0) would be counted twice or is none.
    private static func isDisk(_ name: Substring) -> Bool {
        for kind in ["sd", "vd", "hd", "xvd"] where name.hasPrefix(kind) {
            let rest = name.dropFirst(kind.count)
            return !rest.isEmpty && rest.allSatisfy { $0.isASCII && $0.isLetter }
        }
        func isNumber(_ text: Substring) -> Bool { !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isNumber } }
        if name.hasPrefix("mmcblk") { return isNumber(name.dropFirst("mmcblk".count)) }
        guard name.hasPrefix("nvme") else { return false }
        let parts = name.dropFirst("nvme".count).split(separator: "n", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy(isNumber)
    }
}
