/// What the kernel has counted up to a moment. nil: it cannot be read here.
package struct SystemCounters: Sendable, Equatable {
    package var processorBusyTicks: UInt64?
    package var processorTicks: UInt64?
    package var memoryTotalBytes: UInt64?
    package var memoryAvailableBytes: UInt64?
    package var diskTotalBytes: UInt64?
    /// What may still be written by who is not root.
    package var diskAvailableBytes: UInt64?
    package var diskReadBytes: UInt64?
    package var diskWrittenBytes: UInt64?
    package var networkReceivedBytes: UInt64?
    package var networkSentBytes: UInt64?
    package var segmentsSent: UInt64?
    package var segmentsSentAgain: UInt64?
    package var residentBytes: UInt64?
    package var descriptors: Int?
    package var load: Double?
    package init() {}
}

/// The machine and this process as they were between two looks. nil: it could not be read, or there was no look before.
package struct SystemReading: Sendable, Equatable {
    package internal(set) var processorPercent: Double?
    package internal(set) var memoryPercent: Double?
    package internal(set) var memoryTotalBytes: UInt64?
    /// Of the disk of the data folder, of what may be written by who is not root.
    package internal(set) var diskPercent: Double?
    package internal(set) var diskAvailableBytes: UInt64?
    package internal(set) var diskReadBytes: UInt64?
    package internal(set) var diskWrittenBytes: UInt64?
    /// Since the look before. A counter that is smaller than it was began anew, and is nil this once.
    package internal(set) var networkReceivedBytes: UInt64?
    package internal(set) var networkSentBytes: UInt64?
    /// Since the machine began.
    package internal(set) var networkReceivedBytesTotal: UInt64?
    package internal(set) var networkSentBytesTotal: UInt64?
    package internal(set) var segmentsSent: UInt64?
    package internal(set) var segmentsSentAgain: UInt64?
    package internal(set) var residentBytes: UInt64?
    package internal(set) var descriptors: Int?
    /// Mean number of tasks that ran or waited in the last minute.
    package internal(set) var load: Double?

    package init() {}

    package init(_ now: SystemCounters, since before: SystemCounters?) {
        if let busy = Self.grown(now.processorBusyTicks, before?.processorBusyTicks),
            let all = Self.grown(now.processorTicks, before?.processorTicks), all > 0, busy <= all
        {
            processorPercent = 100 * Double(busy) / Double(all)
        }
        memoryTotalBytes = now.memoryTotalBytes
        memoryPercent = Self.percent(now.memoryTotalBytes, now.memoryAvailableBytes)
        diskPercent = Self.percent(now.diskTotalBytes, now.diskAvailableBytes)
        diskAvailableBytes = now.diskAvailableBytes
        diskReadBytes = Self.grown(now.diskReadBytes, before?.diskReadBytes)
        diskWrittenBytes = Self.grown(now.diskWrittenBytes, before?.diskWrittenBytes)
        networkReceivedBytes = Self.grown(now.networkReceivedBytes, before?.networkReceivedBytes)
        networkSentBytes = Self.grown(now.networkSentBytes, before?.networkSentBytes)
        networkReceivedBytesTotal = now.networkReceivedBytes
        networkSentBytesTotal = now.networkSentBytes
        segmentsSent = Self.grown(now.segmentsSent, before?.segmentsSent)
        segmentsSentAgain = Self.grown(now.segmentsSentAgain, before?.segmentsSentAgain)
        residentBytes = now.residentBytes
        descriptors = now.descriptors
        load = now.load
    }

    private static func grown(_ now: UInt64?, _ before: UInt64?) -> UInt64? {
        guard let now, let before, now >= before else { return nil }
        return now - before
    }

    private static func percent(_ total: UInt64?, _ available: UInt64?) -> Double? {
        guard let total, let available, total > 0, available <= total else { return nil }
        return 100 * Double(total - available) / Double(total)
    }

    /// As time series.
    package var samples: [(key: SeriesKey, point: Point)] {
        // Written out: `map(Double.init)` takes a whole number for the bits of a double.
        func real(_ whole: UInt64?) -> Double? { whole.map { Double($0) } }
        let values: [(String, Double?)] = [
            (SeriesName.processor, processorPercent), (SeriesName.memory, memoryPercent), (SeriesName.disk, diskPercent),
            (SeriesName.diskRead, real(diskReadBytes)), (SeriesName.diskWritten, real(diskWrittenBytes)),
            (SeriesName.received, real(networkReceivedBytes)), (SeriesName.sent, real(networkSentBytes)),
            (SeriesName.segments, real(segmentsSent)), (SeriesName.segmentsAgain, real(segmentsSentAgain)),
            (SeriesName.resident, real(residentBytes)), (SeriesName.descriptors, descriptors.map { Double($0) }), (SeriesName.load, load),
        ]
        return values.compactMap { name, value in value.flatMap { Point($0) }.map { (SeriesKey(name), $0) } }
    }
}
