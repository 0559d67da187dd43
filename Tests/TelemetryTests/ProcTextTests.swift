import Telemetry
import Testing

/// Texts as a kernel wrote them, and as none does.
@Suite struct ProcTextTests {
    private static let stat = """
        cpu  179380 2 7803 48783 1915 0 110 245 0 0
        cpu0 89056 0 3655 26137 176 0 9 115 0 0
        intr 12 3
        """
    private static let meminfo = "MemTotal:        8131004 kB\nMemFree:          522604 kB\nMemAvailable:    4065502 kB\nBuffers:  1 kB\n"
    private static let net = """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:    3493      35    0    0    0     0          0         0     3493      35    0    0    0     0       0          0
          eth0: 9793932     311    0    0    0     0          0         0    16007     195    0    0    0     0       0          0
        eth1:7 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0
        """
    private static let snmp = """
        Ip: Forwarding DefaultTTL
        Ip: 2 64
        Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts
        Tcp: 1 200 120000 -1 14 2 3 0 0 321 198 4 0 3
        """
    private static let disks = """
           7       0 loop0 9 0 9 0 0 0 0 0 0 0 0
         254       0 vda 129634 22791 3959354 62542 14240 77687 2916944 16638 0 37180 80021
         254       1 vda1 129634 22791 3959354 62542 14240 77687 2916944 16638 0 37180 80021
         259       0 nvme0n1 1 0 10 0 1 0 20 0 0 0 0
         259       1 nvme0n1p1 1 0 10 0 1 0 20 0 0 0 0
         179       0 mmcblk0 1 0 1 0 1 0 1 0 0 0 0
         179       1 mmcblk0p1 1 0 1 0 1 0 1 0 0 0 0
         253       0 dm-0 1 0 10 0 1 0 20 0 0 0 0
        """
    private static let load = "0.61 0.42 0.30 2/311 4242\n"
    private static let status = "Name:\ttutti\nVmPeak:\t  999 kB\nVmRSS:\t   23456 kB\nThreads:\t4\n"

    @Test func whatAKernelWroteIsRead() throws {
        let processor = try #require(ProcText.processor(Self.stat))
        #expect(processor.total == 179380 + 2 + 7803 + 48783 + 1915 + 110 + 245 && processor.total - processor.busy == 48783 + 1915)
        #expect(try #require(ProcText.memory(Self.meminfo)) == (8_131_004 * 1024, 4_065_502 * 1024))
        #expect(try #require(ProcText.network(Self.net)) == (9_793_939, 16_012))
        #expect(try #require(ProcText.segments(Self.snmp)) == (198, 4))
        #expect(try #require(ProcText.disks(Self.disks)) == ((3_959_354 + 11) * 512, (2_916_944 + 21) * 512))
        #expect(try #require(ProcText.load(Self.load)) == (0.61, 0.42, 0.30))
        #expect(ProcText.resident(Self.status) == 23_456 * 1024)
    }

    @Test func whatIsNotSoIsNil() {
        let big = "18446744073709551615"
        for text in ["", "\n", "cpu", "cpu  1 2", "cpu x y z w", "cpu -1 2 3 4", "cpu \(big) \(big) 1 1", "cpu0 1 2 3 4", "cpux 1 2 3 4"] {
            #expect(ProcText.processor(text) == nil, "\(text)")
        }
        for text in ["MemTotal: 1 kB", "MemTotal: 1 kB\nMemAvailable: 2 kB", "MemTotal: \(big) kB\nMemAvailable: 2 kB", "MemTotal: 1 MB\nMemAvailable: 1 MB"] {
            #expect(ProcText.memory(text) == nil, "\(text)")
        }
        for text in ["", "eth0: 1", "x|bytes\n eth0: 1 2 3", "x|bytes\neth0: \(big) 0 0 0 0 0 0 0 1 0\neth1: 1 0 0 0 0 0 0 0 1 0"] {
            #expect(ProcText.network(text) == nil, "\(text)")
        }
        for text in ["", "Tcp: OutSegs", "Tcp: OutSegs RetransSegs\nTcp: 1", "Tcp: OutSegs RetransSegs\nTcp: 1 x", "Tcp: A B\nTcp: 1 2"] {
            #expect(ProcText.segments(text) == nil, "\(text)")
        }
        for text in ["", "8 0 sda 1 2 3", "8 0 sda 1 2 x 4 5 6 7 8", "8 0 sda 1 2 \(big) 4 5 6 7 8", "8 0 sda1 1 2 3 4 5 6 7 8", "8 0 nvme0 1 2 3 4 5 6 7"] {
            #expect(ProcText.disks(text) == nil, "\(text)")
        }
        for text in ["", "1 2", "nan 1 2", "inf 1 2", "-1 1 2", "a b c"] { #expect(ProcText.load(text) == nil, "\(text)") }
        for text in ["", "VmRSS:", "VmRSS: x kB", "VmRSS: \(big) kB"] { #expect(ProcText.resident(text) == nil, "\(text)") }
    }

    /// Cut anywhere, with bytes changed anywhere: an answer or none.
    @Test(arguments: 1...20)
    func noTextTraps(_ seed: Int) {
        var chance = Chance(seed)
        for text in [Self.stat, Self.meminfo, Self.net, Self.snmp, Self.disks, Self.load, Self.status] {
            for _ in 0..<50 {
                var bytes = Array(text.utf8)
                for _ in 0..<chance.below(8) { bytes[chance.below(bytes.count)] = UInt8(truncatingIfNeeded: chance.next()) }
                let cut = String(decoding: bytes.prefix(chance.below(bytes.count + 1)), as: UTF8.self)
                _ = (ProcText.processor(cut), ProcText.memory(cut), ProcText.network(cut), ProcText.segments(cut))
                _ = (ProcText.disks(cut), ProcText.load(cut), ProcText.resident(cut))
            }
        }
    }

    @Test func readingsAreDifferences() {
        var (before, now) = (SystemCounters(), SystemCounters())
        (before.processorBusyTicks, before.processorTicks, now.processorBusyTicks, now.processorTicks) = (100, 1000, 150, 1200)
        (before.networkReceivedBytes, now.networkReceivedBytes) = (5000, 1000)
        (before.networkSentBytes, now.networkSentBytes) = (5000, 5400)
        (now.memoryTotalBytes, now.memoryAvailableBytes, now.diskTotalBytes, now.diskAvailableBytes) = (1000, 250, 0, 0)
        let reading = SystemReading(now, since: before)
        #expect(reading.processorPercent == 25 && reading.memoryPercent == 75 && reading.diskPercent == nil)
        #expect(reading.networkReceivedBytes == nil && reading.networkSentBytes == 400 && reading.networkReceivedBytesTotal == 1000)
        #expect(SystemReading(now, since: nil).processorPercent == nil && SystemReading(SystemCounters(), since: nil).samples.isEmpty)
        #expect(reading.samples.map(\.key.metric) == ["system.cpu_percent", "system.memory_percent", "system.network_sent_bytes"])
        #expect(reading.samples.map(\.point.average) == [25, 75, 400])
    }

    /// Every number that was read stands in its series as it was read.
    @Test func samplesHaveTheNumbersThatWereRead() {
        var (before, now) = (SystemCounters(), SystemCounters())
        (before.diskReadBytes, before.diskWrittenBytes, before.networkReceivedBytes, before.networkSentBytes) = (1, 2, 3, 4)
        (now.diskReadBytes, now.diskWrittenBytes, now.networkReceivedBytes, now.networkSentBytes) = (11, 22, 33, 44)
        (before.segmentsSent, before.segmentsSentAgain, now.segmentsSent, now.segmentsSentAgain) = (5, 6, 105, 8)
        (now.residentBytes, now.descriptors, now.load) = (1 << 30, 17, 0.5)
        let values = Dictionary(uniqueKeysWithValues: SystemReading(now, since: before).samples.map { ($0.key.metric, $0.point.average) })
        #expect(
            values == [
                SeriesName.diskRead: 10, SeriesName.diskWritten: 20, SeriesName.received: 30, SeriesName.sent: 40, SeriesName.segments: 100,
                SeriesName.segmentsAgain: 2, SeriesName.resident: 1_073_741_824, SeriesName.descriptors: 17, SeriesName.load: 0.5,
            ])
    }

    /// This machine is Linux, whatever else it is.
    @Test func thisMachineIsRead() {
        let counters = SystemProbe(folder: "/").counters()
        #expect(counters.processorTicks ?? 0 > 0 && counters.residentBytes ?? 0 > 1 << 20 && counters.descriptors ?? 0 >= 3)
        #expect(counters.memoryTotalBytes ?? 0 > 0 && counters.diskTotalBytes ?? 0 > 0 && counters.load != nil)
        let nothing = SystemProbe(folder: "/nowhere", proc: "/nowhere").counters()
        #expect(nothing == SystemCounters())
    }
}
