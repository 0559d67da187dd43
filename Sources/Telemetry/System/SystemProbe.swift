import Foundation

/// Looks at the machine. Each look is a few small reads, and none of them waits for a disk but the data folder's.
package struct SystemProbe: Sendable {
    private let proc: String
    private let folder: String

    /// - Parameters:
    ///   - folder: the data folder, of whose disk is told.
    ///   - proc: where the kernel's texts are.
    package init(folder: String, proc: String = "/proc") {
        self.folder = folder
        self.proc = proc
    }

    package func counters() -> SystemCounters {
        var counters = SystemCounters()
        if let processor = text("stat").flatMap(ProcText.processor) { (counters.processorBusyTicks, counters.processorTicks) = processor }
        if let memory = text("meminfo").flatMap(ProcText.memory) { (counters.memoryTotalBytes, counters.memoryAvailableBytes) = memory }
        if let disks = text("diskstats").flatMap(ProcText.disks) { (counters.diskReadBytes, counters.diskWrittenBytes) = disks }
        if let network = text("net/dev").flatMap(ProcText.network) { (counters.networkReceivedBytes, counters.networkSentBytes) = network }
        if let segments = text("net/snmp").flatMap(ProcText.segments) { (counters.segmentsSent, counters.segmentsSentAgain) = segments }
        counters.residentBytes = text("self/status").flatMap(ProcText.resident)
        counters.load = text("loadavg").flatMap(ProcText.load)?.one
        counters.descriptors = descriptors()
        if let disk = disk() { (counters.diskTotalBytes, counters.diskAvailableBytes) = disk }
        return counters
    }

    /// Files below /proc say that they are empty and come a page at a time: they are read until there is no more.
    private func text(_ name: String) -> String? {
        let file = open("\(proc)/\(name)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var page = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < Limits.procBytes {
            let count = page.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += page.prefix(count)
        }
        return nil
    }

    private func descriptors() -> Int? {
        guard let listing = opendir("\(proc)/self/fd") else { return nil }
        defer { closedir(listing) }
        var count = 0
        while let entry = readdir(listing), count < Limits.descriptors {
            // Not `.` and `..`; all others are numbers.
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        // One of them is this listing's.
        return max(0, count - 1)
    }

    /// Bytes of the folder's disk that there are for others than root, and those that are left.
    private func disk() -> (total: UInt64, available: UInt64)? {
        var facts = statvfs()
        guard statvfs(folder, &facts) == 0, facts.f_blocks >= facts.f_bfree else { return nil }
        let used = UInt64(facts.f_blocks - facts.f_bfree)
        let (blocks, wraps) = used.addingReportingOverflow(UInt64(facts.f_bavail))
        let (total, tooMuch) = blocks.multipliedReportingOverflow(by: UInt64(facts.f_frsize))
        let (available, overflow) = UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize))
        return wraps || tooMuch || overflow ? nil : (total, available)
    }
}
